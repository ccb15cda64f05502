"""Reads the cells of a marker in a picture: whether it is printed, and which way round."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from inference.imaging.linear_light import linear_luminance
from inference.measure.scale import homography
from inference.measure.scale.families import Pattern, pattern
from inference.measure.scale.markers import FoundMarker
from inference.types import RgbImage

Cells = npt.NDArray[np.intp]

MIN_CONTRAST = 3.0  # the darkest white cell over the lightest black one, as luminance
SMALLEST_WHITE = 0.1


def middles_of_cells(
    corners_px: npt.NDArray[np.float64], count: int, picture_shape: tuple[int, int]
) -> tuple[Cells, Cells]:
    """(count, count) rows and columns of the pixels in the middle of a marker's cells.

    Args:
        corners_px: (4, 2) of the black square, clockwise.
        count: cells a side, border included.
        picture_shape: (height, width); cells beyond it get the pixel at its rim.
    """
    square = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], np.float64) * count
    to_px = homography.from_four_points(square, corners_px)
    row, column = np.mgrid[0:count, 0:count] + 0.5
    middles = homography.through(to_px, np.column_stack([column.ravel(), row.ravel()]))
    height, width = picture_shape
    x = np.clip(np.round(middles[:, 0]), 0, width - 1).astype(np.intp)
    y = np.clip(np.round(middles[:, 1]), 0, height - 1).astype(np.intp)
    return y.reshape(count, count), x.reshape(count, count)


def four_turns(cells: Pattern) -> list[Pattern]:
    """A pattern and its quarter turns: makers of one family differ in which corner is the first."""
    return [np.rot90(cells, turn) for turn in range(4)]


def as_printed(cells: Pattern, seen: npt.NDArray[np.float32]) -> Pattern:
    """The turn of a pattern that agrees best with the (count, count) luminance of its cells."""
    turns = four_turns(cells)
    contrast = [float(seen[turned].mean() - seen[~turned].mean()) for turned in turns]
    return turns[int(np.argmax(contrast))]


def is_printed(pixels: RgbImage, marker: FoundMarker) -> bool:
    """Whether every white cell is clearly lighter than every black one, as ink on paper is.

    Rough concrete is now and then taken for a marker of a small family, and so is a marker of
    another family of which a part is covered: a code corrects errors, this does not.
    """
    cells = pattern(marker.family, marker.marker_id)
    height, width = pixels.shape[:2]
    rows, columns = middles_of_cells(marker.corners_px, len(cells), (height, width))
    seen = linear_luminance(pixels[rows, columns])
    for white in four_turns(cells):
        dark, light = float(np.max(seen[~white])), float(np.min(seen[white]))
        if light >= SMALLEST_WHITE and light >= MIN_CONTRAST * dark:
            return True
    return False
