"""Where the cracks of a picture are: mask files of any convention, and outlines drawn on reading.

Outlines are kept as plain numbers, so that a data set is read once and sent to the processes
that prepare samples. Coordinates are as the annotation tools write them: x to the right and
y down, in pixels, (0, 0) is the *corner* of the top-left pixel.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image, UnidentifiedImageError

from inference.types import Mask

Point = tuple[float, float]
Colour = tuple[int, int, int]

_SHIFT = 4  # outlines are drawn to a sixteenth of a pixel
_LOSSY = frozenset({".jpg", ".jpeg"})
_LOSSY_THRESHOLD = 127  # the ringing of JPEG around a drawn line stays below
# Colours of smoothed edges and lossy files lie between those of the classes: each goes to the
# nearest, and a mask with more than a few that are far from all was made by another list.
COLOUR_TOLERANCE = 64  # in the channel that differs most
STRANGE_SHARE = 0.01

# A strip that is narrower than this may pass between pixel centres and come out as dashes.
SLIVER_PX = 1.0


@dataclass(frozen=True, slots=True)
class MaskValues:
    """Which values of a mask file mean crack.

    The first of these that is given decides:

    Attributes:
        mat_key: a MATLAB file: the array at this path of struct fields (``a.b``) holds class
            ids, of which ``ids`` are crack.
        colours: RGB colours that mean crack; ``known_colours`` are the others.
        ids: class ids that mean crack (palette indices, or grey values); ``known_ids`` are all
            that may occur. 255 is "not labelled" as in Pascal VOC and counts as no crack,
            unless a grey mask holds nothing but 0 and 255.
        threshold: grey values above it are crack. None: above 0, in JPEG files above 127.
    """

    threshold: int | None = None
    ids: tuple[int, ...] | None = None
    known_ids: tuple[int, ...] | None = None
    colours: tuple[Colour, ...] | None = None
    known_colours: tuple[Colour, ...] | None = None
    mat_key: str | None = None


NOT_BLACK = MaskValues()


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


def read_mask(mask: Path | Outlines, values: MaskValues = NOT_BLACK) -> Mask:
    """(H, W) of 0 and 255.

    Raises:
        ValueError: if it cannot be read, or holds a class id or colour that is not known.
    """
    if isinstance(mask, Outlines):
        return draw(mask)
    if values.mat_key is not None:
        return _of_ids(mask, _mat_array(mask, values.mat_key), values, grey=False)
    if values.colours is not None:
        return _of_colours(mask, values)
    if values.ids is not None:
        levels, grey = _indices(mask)
        return _of_ids(mask, levels, values, grey=grey)
    grey_levels = cv2.imread(str(mask), cv2.IMREAD_GRAYSCALE | cv2.IMREAD_IGNORE_ORIENTATION)
    if grey_levels is None:
        raise _unreadable(mask)
    threshold = values.threshold
    if threshold is None:
        threshold = _LOSSY_THRESHOLD if mask.suffix.lower() in _LOSSY else 0
    return _white_where(np.asarray(grey_levels) > threshold)


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
        filled = np.count_nonzero(inside)
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


def _indices(path: Path) -> tuple[npt.NDArray[np.int64], bool]:
    """Palette indices or grey values as they are stored, and whether there is no palette."""
    try:
        with Image.open(path) as image:
            mode = image.mode
            stored = np.asarray(image)
    except (OSError, SyntaxError, ValueError, UnidentifiedImageError) as error:
        raise _unreadable(path) from error
    if mode not in {"P", "L", "1", "I", "I;16"}:
        raise ValueError(
            f"{path} is a colour picture ({mode}) where a mask of class ids was expected. "
            "Export the masks as indexed PNG, or with the file of their colours (labelmap.txt)."
        )
    if mode == "1":
        stored = stored.astype(np.uint8) * 255
    return stored.astype(np.int64), mode != "P"


def _of_ids(path: Path, ids: npt.NDArray[np.int64], values: MaskValues, *, grey: bool) -> Mask:
    found = np.unique(ids)
    wanted = values.ids or ()
    if grey and set(found.tolist()) <= {0, 255}:
        return _white_where(ids == 255)
    if values.known_ids is not None:
        strange = sorted(set(found.tolist()) - set(values.known_ids) - {0, 255})
        if strange:
            raise ValueError(
                f"{path} holds the class id {strange[0]}, but only "
                f"{', '.join(str(each) for each in sorted(values.known_ids))} are known. "
                "Correct the mask or the list of classes, or say which ids are cracks (classes)."
            )
    return _white_where(np.isin(ids, wanted))


def _of_colours(path: Path, values: MaskValues) -> Mask:
    bgr = cv2.imread(str(path), cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION)
    if bgr is None:
        raise _unreadable(path)
    wanted = values.colours or ()
    known = np.array([*wanted, *(values.known_colours or ())], np.int32)
    codes = np.asarray(bgr).astype(np.int32) @ np.array([1, 256, 65536], np.int32)
    used, inverse, counts = np.unique(codes, return_inverse=True, return_counts=True)
    used_rgb = np.stack([used >> 16, used >> 8 & 255, used & 255], axis=1)
    distance = np.abs(used_rgb[:, None] - known[None]).max(axis=2)
    strange = distance.min(axis=1) > COLOUR_TOLERANCE
    if counts[strange].sum() > STRANGE_SHARE * codes.size:
        worst = used_rgb[strange][counts[strange].argmax()].tolist()
        raise ValueError(
            f"{path} holds the colour {tuple(worst)}, which stands for no class. "
            "Save the mask without loss or smoothing (PNG), or correct the list of colours."
        )
    crack = distance.argmin(axis=1) < len(wanted)
    return _white_where(crack[inverse.reshape(codes.shape)])


def _mat_array(path: Path, key: str) -> npt.NDArray[np.int64]:
    """The array at a path of struct fields of a MATLAB file (version 5 to 7.2)."""
    from scipy.io import loadmat  # here, because only one layout needs it
    from scipy.io.matlab import MatReadError

    try:
        content = loadmat(str(path), squeeze_me=True, struct_as_record=False)
        value = content[key.split(".")[0]]
        for name in key.split(".")[1:]:
            value = getattr(value, name)
        array = np.asarray(value)
        if array.ndim != 2:
            raise ValueError(f"{array.ndim} dimensions")
        return array.astype(np.int64)
    except (
        MatReadError,
        OSError,
        LookupError,
        ValueError,
        TypeError,
        AttributeError,
        NotImplementedError,
    ) as error:
        raise ValueError(
            f"{path} cannot be read as a MATLAB file with the array {key}; remove it, "
            "or save it again in version 7."
        ) from error


def _white_where(crack: npt.NDArray[np.bool_]) -> Mask:
    return np.where(crack, np.uint8(255), np.uint8(0))


def _unreadable(path: Path) -> ValueError:
    return ValueError(f"{path} cannot be read as a mask; remove it or replace it.")
