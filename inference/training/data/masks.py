"""Reads mask files of any convention (grey, indexed, coloured, MATLAB) as 0 and 255."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image, UnidentifiedImageError

from inference.training.data.outlines import Outlines, draw
from inference.types import Mask

Colour = tuple[int, int, int]

_LOSSY = frozenset({".jpg", ".jpeg"})
_LOSSY_THRESHOLD = 127  # the ringing of JPEG around a drawn line stays below
# Colours of smoothed edges and lossy files lie between those of the classes: each goes to the
# nearest, and a mask with more than a few that are far from all was made by another list.
COLOUR_TOLERANCE = 64  # in the channel that differs most
STRANGE_SHARE = 0.01


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
    grey_levels = _decoded(mask, cv2.IMREAD_GRAYSCALE)
    threshold = values.threshold
    if threshold is None:
        threshold = _LOSSY_THRESHOLD if mask.suffix.lower() in _LOSSY else 0
    return _white_where(grey_levels > threshold)


def _bytes_of(path: Path) -> bytes:
    """Both decoders get bytes: by its path, Pillow scrambles a turned uncompressed TIFF, and OpenCV
    reads no turned TIFF that is not square."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise _unreadable(path) from error


def _decoded(path: Path, flags: int) -> npt.NDArray[np.uint8]:
    content = np.frombuffer(_bytes_of(path), np.uint8)
    levels = cv2.imdecode(content, flags | cv2.IMREAD_IGNORE_ORIENTATION) if content.size else None
    if levels is None:
        raise _unreadable(path)
    return np.asarray(levels, dtype=np.uint8)


def _indices(path: Path) -> tuple[npt.NDArray[np.int64], bool]:
    """Palette indices or grey values as they are stored, and whether there is no palette."""
    try:
        with Image.open(io.BytesIO(_bytes_of(path))) as image:
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
    bgr = _decoded(path, cv2.IMREAD_COLOR)
    wanted = values.colours or ()
    known = np.array([*wanted, *(values.known_colours or ())], np.int32)
    codes = bgr.astype(np.int32) @ np.array([1, 256, 65536], np.int32)
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
