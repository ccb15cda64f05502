"""Draws outlines, lines and run lengths of cracks to masks.

They are kept as plain numbers, so that a data set is read once and sent to the processes that
prepare samples. Coordinates are as the annotation tools write them: x to the right and y down,
in pixels, (0, 0) is the *corner* of the top-left pixel.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from inference.types import Mask

Point = tuple[float, float]

# A strip that is narrower than this may pass between pixel centres and come out as dashes.
SLIVER_PX = 1.0

_SHIFT = 4  # outlines are drawn to a sixteenth of a pixel


@dataclass(frozen=True, slots=True)
class Polygon:
    """A filled outline."""

    points: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class Line:
    """A crack that was drawn as an open line, and how wide to draw it."""

    points: tuple[Point, ...]
    width_px: float


@dataclass(frozen=True, slots=True)
class Runs:
    """Run lengths of background and crack in turn, background first.

    Attributes:
        box: left, top, width and height in pixels of the area that they fill.
        by_column: down the columns as COCO does, else along the rows as CVAT does.
    """

    counts: tuple[int, ...]
    box: tuple[int, int, int, int]
    by_column: bool


Shape = Polygon | Line | Runs


@dataclass(frozen=True, slots=True)
class Outlines:
    """The cracks of one picture as shapes.

    Attributes:
        file: the annotation file that they come from, for messages.
        size_px: width and height of the picture as that file says.
    """

    file: Path
    size_px: tuple[int, int]
    shapes: tuple[Shape, ...] = ()


def draw(outlines: Outlines) -> Mask:
    """(H, W) of 0 and 255 with every shape drawn.

    Raises:
        ValueError: if run lengths do not fill their box.
    """
    width, height = outlines.size_px
    mask = np.zeros((height, width), np.uint8)
    for shape in outlines.shapes:
        if isinstance(shape, Polygon):
            _fill(mask, np.asarray(shape.points, np.float64))
        elif isinstance(shape, Line):
            _draw_line(mask, shape)
        else:
            _draw_runs(mask, shape, outlines.file)
    return mask


def _fill(mask: Mask, points: npt.NDArray[np.float64]) -> None:
    """Pixels whose centre is inside, by the even-odd rule; slivers get their outline as well.

    cv2.fillPoly adds the pixels that the outline touches: one pixel too wide, which is a lot
    for a crack of three.
    """
    height, width = mask.shape
    x0, y0 = points[:, 0], points[:, 1]
    x1, y1 = np.roll(x0, -1), np.roll(y0, -1)
    # An edge crosses the rows whose centre line, row + 0.5, lies between its ends.
    top, bottom = np.minimum(y0, y1), np.maximum(y0, y1)
    first = np.clip(np.ceil(top - 0.5), 0, height).astype(np.int64)
    last = np.clip(np.ceil(bottom - 0.5), 0, height).astype(np.int64)
    crossings = last - first
    edge = np.repeat(np.arange(len(points)), crossings)
    filled = 0
    if len(edge):
        step = np.arange(len(edge)) - np.repeat(np.cumsum(crossings) - crossings, crossings)
        row = first[edge] + step
        share = (row + 0.5 - y0[edge]) / (y1[edge] - y0[edge])
        column = np.clip(np.ceil(x0[edge] + share * (x1[edge] - x0[edge]) - 0.5), 0, width).astype(
            np.int64
        )
        left, upper = column.min(), row.min()
        # Right of an odd number of crossings is inside.
        toggles = np.zeros((row.max() - upper + 1, width - left + 1), np.uint8)
        np.bitwise_xor.at(toggles, (row - upper, column - left), 1)
        inside = np.bitwise_xor.accumulate(toggles, axis=1)[:, :-1]
        mask[upper : upper + len(inside), left:][inside == 1] = 255
        filled = int(np.count_nonzero(inside))
    # The formula knows no overlaps, the count nothing outside of the picture.
    area = max(filled, abs(float(np.sum(x0 * y1 - x1 * y0))) / 2)
    around = float(np.hypot(x1 - x0, y1 - y0).sum())
    if area < SLIVER_PX * around / 2:
        cv2.polylines(mask, [_fixed(points)], True, 255, 1, cv2.LINE_8, _SHIFT)


def _fixed(points: npt.ArrayLike) -> npt.NDArray[np.int32]:
    # OpenCV's whole numbers are pixel centres, the tools' are pixel corners.
    return ((np.asarray(points, np.float64) - 0.5) * (1 << _SHIFT)).round().astype(np.int32)


def _draw_line(mask: Mask, line: Line) -> None:
    """Each segment as a strip of the line's width, with round joints and ends."""
    if line.width_px < 1.5:
        cv2.polylines(mask, [_fixed(line.points)], False, 255, 1, cv2.LINE_8, _SHIFT)
        return
    # cv2.polylines draws two pixels more than its thickness between whole pixels.
    points = np.asarray(line.points, np.float64)
    radius = line.width_px / 2
    for start, end in itertools.pairwise(points):
        along = end - start
        length = float(np.hypot(*along))
        if length > 0:
            across = np.array([-along[1], along[0]]) * (radius / length)
            _fill(mask, np.stack([start + across, end + across, end - across, start - across]))
    angles = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    disc = radius * np.stack([np.cos(angles), np.sin(angles)], axis=1)
    for joint in points:
        _fill(mask, joint + disc)


def _draw_runs(mask: Mask, runs: Runs, file: Path) -> None:
    left, top, width, height = runs.box
    counts = np.asarray(runs.counts, np.int64)
    if (counts < 0).any() or counts.sum() != width * height:
        raise ValueError(
            f"{file}: the run lengths of a mask add up to {counts.sum()} px, but its area has "
            f"{width}x{height} px. Export the annotations again."
        )
    filled = np.repeat(np.arange(len(counts)) % 2 == 1, counts)
    area = filled.reshape(width, height).T if runs.by_column else filled.reshape(height, width)
    x0, y0 = max(0, left), max(0, top)
    x1, y1 = min(mask.shape[1], left + width), min(mask.shape[0], top + height)
    if x0 < x1 and y0 < y1:
        mask[y0:y1, x0:x1][area[y0 - top : y1 - top, x0 - left : x1 - left]] = 255
