"""The cells of a marker as the picture shows them: which of its four turns was printed."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from inference.measure.scale import homography
from inference.measure.scale.families import Pattern

Cells = npt.NDArray[np.intp]


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
