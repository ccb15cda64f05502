"""Decodes a picture file to upright sRGB pixels, or says why it cannot.

Everything is refused from the header where it can be: bytes, kind by content, pixels x
frames. Only then is memory taken for pixels. Damaged files are refused whole, because half
a picture would be analysed as a wall without cracks.
"""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import pillow_heif
from PIL import Image, ImageCms, UnidentifiedImageError

from assets.findings import Finding, Value, say
from assets.picture_memory import most_pixels, working_bytes
from assets.pictures import MAX_BYTES, MAX_FRAMES, MAX_PIXELS, MPO, READERS, kind_read_by
from inference.imaging.exif import BROKEN_EXIF, PhotoMetadata, read_metadata
from inference.imaging.jpeg_rounding import JpegRounding, rounding_of
from inference.types import RgbImage

_STRIP_ROWS = 256

# What the decoders raise on damaged data, beyond what broken EXIF does.
_DAMAGED = (*BROKEN_EXIF, EOFError, RuntimeError)

# How files begin that people send by mistake, and the word for each in the catalogue of findings.
_OTHER_KINDS = (
    (rb"GIF8", "gif"),
    (rb"BM", "bmp"),
    (rb"%PDF", "pdf"),
    (rb"8BPS", "psd"),
    (rb"PK\x03\x04", "archive"),
    (rb".{4}ftypavi[fs]", "avif"),
    (rb".{4}ftypcrx", "raw"),
    (rb".{4}ftyp", "video"),
    (rb"RIFF.{4}AVI ", "video"),
    (rb"\xff\x4f\xff\x51|\x00\x00\x00\x0cjP  ", "jpeg2000"),
    (rb"(?i)\s*<(\?xml|svg|!doctype|html)", "web_page"),
)


@dataclass(frozen=True, slots=True)
class PictureLimits:
    """What a picture may weigh: bytes of the file, pixels times frames, and bytes of memory that
    its analysis takes (None: as many as it takes)."""

    max_bytes: int = MAX_BYTES
    max_pixels: int = MAX_PIXELS
    memory_bytes: int | None = None


class PictureError(Exception):
    """A file that cannot become a picture; its text is the finding in English.

    Attributes:
        finding: empty_file, not_a_picture, unsupported_format, truncated, too_many_pixels,
            too_many_bytes or file_missing, with its values.
    """

    def __init__(self, code: str, values: Mapping[str, Value] | None = None) -> None:
        self.finding = Finding(code, values or {})
        told = say(self.finding)
        super().__init__(f"{told.sentence} {told.remedy}")


@dataclass(frozen=True, slots=True)
class DecodedPicture:
    """Pixels as a person sees them.

    Attributes:
        pixels: (H, W, 3) uint8, upright, sRGB.
        format: JPEG, PNG, TIFF, WEBP or HEIF.
        frames: how many pictures the file holds; ``pixels`` is the first.
        rounding: how a JPEG's pixels were rounded; None for other files, and where a colour
            profile has changed them since.
    """

    pixels: RgbImage
    metadata: PhotoMetadata
    format: str
    frames: int
    rounding: JpegRounding | None = None


def decode_picture(
    data: bytes | Path,
    limits: PictureLimits = PictureLimits(),
) -> DecodedPicture:
    """Decode the first frame of a picture file.

    Alpha is laid over white; 16-bit, grey, CMYK and palette pictures become 8-bit RGB; an
    embedded colour profile is converted to sRGB.

    Args:
        data: the file's bytes, or where it lies.

    Raises:
        PictureError: for what is no picture, is damaged, or is beyond ``limits``.
    """
    _check_bytes(data.stat().st_size if isinstance(data, Path) else len(data), limits)
    if isinstance(data, Path):
        # Never by its path: Pillow maps an uncompressed file into memory and then cuts the rows of
        # a turned TIFF at the wrong length, without a word.
        data = data.read_bytes()
    if "HEIF" not in Image.OPEN:
        pillow_heif.register_heif_opener()
    # Pillow warns between its pixel limit and twice that, where _check_frames refuses, and
    # about odd EXIF, which read_metadata reports.
    with warnings.catch_warnings(action="ignore"), _open(data, limits) as image:
        frames = _check_frames(image, limits)
        metadata = read_metadata(image)
        kind = kind_read_by(str(image.format)).reader
        try:
            image.load()
        except _DAMAGED as error:
            raise _damaged() from error
        if kind == "JPEG" and not _reaches_its_end(data):
            raise _damaged()
        rounding = rounding_of(image, metadata.orientation) if kind == "JPEG" else None
        pixels, recoloured = _to_rgb(image)
    del image  # as large as the pixels, which are turned next
    if kind not in {"HEIF", "TIFF"}:  # their decoders have turned the pixels already
        pixels = turn_upright(pixels, metadata.orientation)
    return DecodedPicture(
        pixels=pixels,
        metadata=metadata,
        format=kind,
        frames=frames,
        rounding=None if recoloured else rounding,
    )


def _check_bytes(count: int, limits: PictureLimits) -> None:
    if count == 0:
        raise PictureError("empty_file")
    if count > limits.max_bytes:
        raise PictureError(
            "too_many_bytes", {"size_mb": count / 1e6, "most_mb": limits.max_bytes / 1e6}
        )


def _open(data: bytes, limits: PictureLimits) -> Image.Image:
    """Read the header only."""
    Image.MAX_IMAGE_PIXELS = limits.max_pixels
    try:
        return Image.open(io.BytesIO(data), formats=READERS)
    except Image.DecompressionBombError as error:
        pixels = re.search(r"\d+", str(error))
        raise _too_many_pixels(int(pixels[0]) if pixels else 0, 1, limits) from error
    except UnidentifiedImageError as error:
        raise _not_accepted(data[:64]) from error
    except _DAMAGED as error:
        raise _damaged() from error


def _not_accepted(head: bytes) -> PictureError:
    """Pillow did not know the file: a damaged picture, another kind, or no picture at all."""
    if re.match(rb"\xff\xd8\xff|\x89PNG|RIFF.{4}WEBP|II\*\0|MM\0\*|.{4}ftyp(hei|mif)", head, re.S):
        return _damaged()
    for beginning, name in _OTHER_KINDS:
        if re.match(beginning, head, re.S):
            return PictureError("unsupported_format", {"case": "other_kind", "kind": name})
    return PictureError("not_a_picture")


def _reaches_its_end(content: bytes) -> bool:
    """Whether a JPEG has an end marker after its pixels begin.

    A copy that stopped on a full or failing card often has its full length, the rest being
    zeros, which the decoder may take for pixels.
    """
    position = 2
    while content[position : position + 1] == b"\xff":
        marker = content[position + 1]
        if marker == 0xDA:  # start of scan
            break
        # A fill byte stands alone, any other segment gives its length.
        position += (
            1 if marker == 0xFF else 2 + int.from_bytes(content[position + 2 : position + 4])
        )
    return content.find(b"\xff\xd9", position) >= 0


def _damaged() -> PictureError:
    return PictureError("truncated")


def _too_many_pixels(pixels: int, frames: int, limits: PictureLimits) -> PictureError:
    size_mp, most_mp = pixels / 1e6, limits.max_pixels / 1e6
    if frames > 1:
        return PictureError(
            "too_many_pixels",
            {"case": "frames", "size_mp": size_mp, "most_mp": most_mp, "frames": frames},
        )
    return PictureError(
        "too_many_pixels", {"case": "one_frame", "size_mp": size_mp, "most_mp": most_mp}
    )


def _too_little_memory(pixels: int, memory_bytes: int) -> PictureError:
    return PictureError(
        "too_many_pixels",
        {
            "case": "memory",
            "size_mp": pixels / 1e6,
            "needed_gb": working_bytes(pixels) / 1e9,
            "given_gb": memory_bytes / 1e9,
            "most_mp": most_pixels(memory_bytes) // 1_000_000,
        },
    )


def _check_frames(image: Image.Image, limits: PictureLimits) -> int:
    """Number of frames, after checking pixels x frames and that the first is the photo itself."""
    pixels = image.width * image.height
    if pixels > limits.max_pixels:
        raise _too_many_pixels(pixels, 1, limits)
    if limits.memory_bytes is not None and working_bytes(pixels) > limits.memory_bytes:
        raise _too_little_memory(pixels, limits.memory_bytes)
    if image.format == MPO:
        return 1  # previews behind the photo, which nothing here reads
    if image.format == "TIFF":
        tags = getattr(image, "tag_v2", {})
        # Raw files are TIFFs too: DNGVersion, or a first frame that is a reduced preview.
        if 50706 in tags or tags.get(254, 0) == 1:
            raise PictureError("unsupported_format", {"case": "raw"})
        frames = _tiff_frames(image, min(MAX_FRAMES, limits.max_pixels // max(1, pixels)) + 1)
    else:
        frames = int(getattr(image, "n_frames", 1))
    if pixels * frames > limits.max_pixels or frames > MAX_FRAMES:
        raise _too_many_pixels(pixels, frames, limits)
    return frames


def _tiff_frames(image: Image.Image, at_most: int) -> int:
    """Count frames by walking their headers, never further than ``at_most``."""
    frames = 1
    try:
        while frames < at_most:
            image.seek(frames)
            frames += 1
    except EOFError:
        pass
    except _DAMAGED as error:
        raise _damaged() from error
    image.seek(0)
    return frames


def _to_rgb(image: Image.Image) -> tuple[RgbImage, bool]:
    """Pixels of a loaded picture as (H, W, 3) uint8 sRGB, not yet turned; whether a colour profile
    has changed them."""
    if image.mode in {"F", "LAB"}:
        raise PictureError("unsupported_format", {"case": "pixels"})
    if image.mode.startswith("I"):
        return _in_strips(image, lambda strip: _from_16_bit(np.asarray(strip))), False
    to_srgb = _transform_to_srgb(_without_alpha(image.crop((0, 0, 1, 1))))
    if to_srgb is not None:
        try:
            return _in_strips(image, lambda strip: _rgb_of(strip, to_srgb)), True
        except (ImageCms.PyCMSError, *_DAMAGED):
            pass  # a useless profile counts as none
    return _in_strips(image, lambda strip: _rgb_of(strip, None)), False


def _in_strips(image: Image.Image, rgb_of: Callable[[Image.Image], RgbImage]) -> RgbImage:
    """Converts some rows at a time: whole copies in between would need twice the memory."""
    pixels = np.empty((image.height, image.width, 3), np.uint8)
    for top in range(0, image.height, _STRIP_ROWS):
        bottom = min(top + _STRIP_ROWS, image.height)
        pixels[top:bottom] = rgb_of(image.crop((0, top, image.width, bottom)))
    return pixels


def _rgb_of(strip: Image.Image, to_srgb: ImageCms.ImageCmsTransform | None) -> RgbImage:
    strip = _without_alpha(strip)
    if to_srgb is not None:
        strip = ImageCms.applyTransform(strip, to_srgb) or strip
    return np.asarray(strip if strip.mode == "RGB" else strip.convert("RGB"))


def _from_16_bit(levels: npt.NDArray[np.generic]) -> RgbImage:
    """Grey of 16 bits (or 32 that hold no more) to RGB of 8."""
    grey = (np.clip(levels, 0, 65535).astype(np.uint16) >> 8).astype(np.uint8)
    return np.asarray(cv2.cvtColor(grey, cv2.COLOR_GRAY2RGB), dtype=np.uint8)


def _without_alpha(image: Image.Image) -> Image.Image:
    """Alpha laid over white, palettes as colours; the colour profile stays with the result."""
    has_alpha = image.mode in {"RGBA", "LA", "PA", "La", "RGBa"} or "transparency" in image.info
    if not has_alpha:
        return image.convert("RGB") if image.mode in {"P", "1"} else image
    rgba = image.convert("RGBA")
    white = Image.new("RGB", rgba.size, "white")
    white.paste(rgba, mask=rgba.getchannel("A"))
    white.info["icc_profile"] = image.info.get("icc_profile") if image.mode != "LA" else None
    return white


def _transform_to_srgb(image: Image.Image) -> ImageCms.ImageCmsTransform | None:
    """From an embedded colour profile to sRGB; None where there is none of use."""
    data = image.info.get("icc_profile")
    if not data:
        return None
    try:
        profile = ImageCms.ImageCmsProfile(io.BytesIO(data))
        if "srgb" in ImageCms.getProfileDescription(profile).lower():
            return None
        srgb = ImageCms.createProfile("sRGB")
        return ImageCms.buildTransform(profile, srgb, image.mode, "RGB")
    except (ImageCms.PyCMSError, *_DAMAGED):
        return None


def turn_upright(pixels: RgbImage, orientation: int) -> RgbImage:
    """Turn and mirror as EXIF says; 1 is upright."""
    if orientation in (2, 5, 7):  # 5 and 7 are mirrored first, then turned
        pixels = np.asarray(cv2.flip(pixels, 1), dtype=np.uint8)
    elif orientation == 4:
        pixels = np.asarray(cv2.flip(pixels, 0), dtype=np.uint8)
    turn = {
        3: cv2.ROTATE_180,
        5: cv2.ROTATE_90_COUNTERCLOCKWISE,
        6: cv2.ROTATE_90_CLOCKWISE,
        7: cv2.ROTATE_90_CLOCKWISE,
        8: cv2.ROTATE_90_COUNTERCLOCKWISE,
    }.get(orientation)
    return pixels if turn is None else np.asarray(cv2.rotate(pixels, turn), dtype=np.uint8)
