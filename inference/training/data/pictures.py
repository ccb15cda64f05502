"""Reads training pictures as upright 8-bit RGB, whatever their format.

The everyday file, an 8-bit JPEG, PNG or BMP without colour profile, is decoded by OpenCV,
because training reads it thousands of times. Everything else goes the way of a photo that is
uploaded (:mod:`inference.imaging.decode`): CMYK and other colour spaces by Pillow, through
their profile where they have one; alpha over white; grey repeated.

16 bits are brought to 8 by their *true* range, because cameras and scanners store 10, 12 or
14 bits in files of 16: by what the file says (PNG ``sBIT``, TIFF ``MaxSampleValue``), else by
the smallest of 8, 10, 12, 14 and 16 bits that holds the brightest value.
"""

from __future__ import annotations

import io
import struct
import warnings
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
from PIL import ExifTags, Image, UnidentifiedImageError

from assets.findings import say
from assets.pictures import SUFFIXES
from inference.imaging.decode import PictureError, decode_picture, turn_upright
from inference.imaging.exif import BROKEN_EXIF
from inference.types import RgbImage

PICTURE_SUFFIXES = SUFFIXES | {".bmp"}  # data sets have it, cameras do not
_BIT_DEPTHS = (8, 10, 12, 14, 16)
_MAX_SAMPLE_VALUE_TAG = 281
_PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"


@dataclass(frozen=True, slots=True)
class Picture:
    """Upright pixels, (H, W, 3) uint8 RGB, and the EXIF orientation that they were turned by."""

    pixels: RgbImage
    orientation: int


def read_picture(path: Path) -> RgbImage:
    """(H, W, 3) uint8 RGB, upright.

    Raises:
        ValueError: if the file is no picture, or is damaged.
    """
    return read_upright(path).pixels


def read_upright(path: Path) -> Picture:
    """The picture with the turn that made it upright (1 = none).

    Raises:
        ValueError: if the file is no picture, or is damaged.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ValueError(f"{path} cannot be read ({error.strerror}).") from error
    try:
        with warnings.catch_warnings(action="ignore"), Image.open(io.BytesIO(data)) as header:
            way = _way_of(header, data)
            orientation = _orientation(header, data)
            stated = _stated_maximum(header, data) if way == "16 bits" else None
    except (UnidentifiedImageError, Image.DecompressionBombError, *BROKEN_EXIF):
        return _as_uploaded(path)
    if way == "photo":
        return _as_uploaded(path)
    flags = cv2.IMREAD_UNCHANGED if way == "16 bits" else cv2.IMREAD_COLOR
    levels = cv2.imdecode(np.frombuffer(data, np.uint8), flags | cv2.IMREAD_IGNORE_ORIENTATION)
    if levels is None:
        return _as_uploaded(path)
    bgr = np.asarray(levels) if levels.dtype == np.uint8 else _to_8_bits(levels, stated)
    pixels = np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB), dtype=np.uint8)
    return Picture(turn_upright(pixels, orientation), orientation)


def upright_size(path: Path) -> tuple[int, int]:
    """Width and height in pixels once the picture is turned upright; reads the header only.

    Raises:
        ValueError: if the file is no picture.
    """
    try:
        data = path.read_bytes()
        with warnings.catch_warnings(action="ignore"), Image.open(io.BytesIO(data)) as header:
            width, height = header.size
            # Pillow says a TIFF's size as it will be once turned.
            turned = header.format != "TIFF" and _orientation(header, data) >= 5
            return (height, width) if turned else (width, height)
    except (UnidentifiedImageError, Image.DecompressionBombError, *BROKEN_EXIF):
        return _size(read_upright(path))


def _size(picture: Picture) -> tuple[int, int]:
    height, width = picture.pixels.shape[:2]
    return width, height


def _way_of(header: Image.Image, data: bytes) -> str:
    """``plain`` and ``16 bits`` are decoded by OpenCV, ``photo`` as an uploaded photo is."""
    if header.format == "BMP":
        return "plain"
    if header.mode not in {"RGB", "RGBA", "L", "LA", "I;16", "I;16B", "I"}:
        return "photo"
    if header.format in {"PNG", "TIFF"} and _bits(header, data) == 16:
        return "16 bits"
    if header.mode not in {"RGB", "L"} or {"transparency", "icc_profile"} & set(header.info):
        return "photo"
    # A JPEG that breaks off would decode to a picture with a grey lower half.
    whole = header.format == "PNG" or data.endswith(b"\xff\xd9")
    return "plain" if whole and header.format in {"PNG", "JPEG"} else "photo"


def _orientation(header: Image.Image, data: bytes) -> int:
    # Pillow decodes the whole of a PNG to look for EXIF behind its pixels.
    if header.format == "PNG" and b"eXIf" not in data:
        return 1
    stored = header.getexif().get(ExifTags.Base.Orientation)
    return stored if isinstance(stored, int) and 1 <= stored <= 8 else 1


def _bits(header: Image.Image, data: bytes) -> int:
    """Bits of one sample, as the file's header says."""
    if header.format == "PNG":
        return data[24]  # IHDR: bit depth
    stated = getattr(header, "tag_v2", {}).get(258, (8,))
    return int(max(stated) if isinstance(stated, tuple) else stated)


def _stated_maximum(header: Image.Image, data: bytes) -> int | None:
    """The brightest value that the samples can have, where the file says it."""
    if header.format == "TIFF":
        stated = getattr(header, "tag_v2", {}).get(_MAX_SAMPLE_VALUE_TAG)
        largest = max(stated) if isinstance(stated, tuple) else stated
        return int(largest) if largest else None
    bits = _png_significant_bits(data)
    # PNG samples are scaled to the full range, sBIT or not (PNG specification, 11.3.2.3).
    return 65535 if bits else None


def _png_significant_bits(data: bytes) -> int | None:
    position = len(_PNG_SIGNATURE)
    while position + 8 <= len(data):
        length, kind = struct.unpack(">I4s", data[position : position + 8])
        if kind == b"sBIT":
            return max(data[position + 8 : position + 8 + length], default=0) or None
        if kind in {b"IDAT", b"IEND"}:
            return None
        position += 12 + length
    return None


def _to_8_bits(levels: npt.NDArray[np.generic], stated: int | None) -> npt.NDArray[np.uint8]:
    """(H, W), (H, W, 3) or (H, W, 4) of 16 bits to (H, W, 3) of 8, alpha over white."""
    samples = levels.astype(np.float32)
    samples = samples[..., None] if samples.ndim == 2 else samples
    alpha = samples[..., 3:] / 65535.0 if samples.shape[2] == 4 else None
    colours = samples[..., :3]
    largest = float(colours.max())
    if not stated or stated < largest:
        stated = next((1 << bits) - 1 for bits in _BIT_DEPTHS if largest < 1 << bits)
    colours = colours * (255.0 / stated)
    if alpha is not None:
        colours = colours * alpha + 255.0 * (1.0 - alpha)
    return np.repeat(colours, 3 // colours.shape[2], axis=2).round().astype(np.uint8)


def _as_uploaded(path: Path) -> Picture:
    try:
        decoded = decode_picture(path)
    except PictureError as error:
        raise ValueError(
            f"{path} cannot be read as a picture; remove it or replace it. "
            f"{say(error.finding).sentence}"
        ) from error
    return Picture(decoded.pixels, decoded.metadata.orientation)
