"""Tells from a file's headers whether it is a picture that Hairline takes; decodes no pixels."""

from __future__ import annotations

import struct

from django.conf import settings
from django.core.files.base import File
from django.utils.translation import gettext as _
from PIL import Image, UnidentifiedImageError
from pillow_heif import register_heif_opener

from assets.errors import DomainError
from assets.picture_memory import most_pixels, working_bytes
from assets.pictures import (
    MAX_FRAMES,
    MIN_SHORT_SIDE_PX,
    MPO,
    READERS,
    PictureKind,
    kind_read_by,
)

CHUNK = 1024 * 1024


def identify_picture(file: File) -> PictureKind:
    """The kind of a picture file, or a refusal with its remedy; leaves the file at its start.

    Raises:
        DomainError: ``empty_file``, ``too_large``, ``not_a_picture``, ``unsupported_format``,
            ``truncated``, ``too_many_pixels``, ``too_small``.
    """
    if not file.size:
        raise DomainError(
            "empty_file",
            _("The file is empty (0 bytes)."),
            _("Send the original from the camera or phone again."),
            field="file",
        )
    if file.size > settings.PHOTO_MAX_BYTES:
        raise too_large(file.size)
    register_heif_opener()
    # Above twice this Pillow itself refuses; our own limit counts frames too and speaks plainly.
    Image.MAX_IMAGE_PIXELS = settings.PHOTO_MAX_PIXELS
    file.seek(0)
    try:
        with Image.open(file, formats=READERS) as image:
            found = image.format or ""
            _check_pixels(image)
            _check_complete(image, found, file)
            _check_short_side(image)
    except DomainError:
        raise
    except Image.DecompressionBombError:
        raise _too_many_pixels(None) from None
    except UnidentifiedImageError:
        raise _not_a_picture(file) from None
    except (OSError, SyntaxError, ValueError, struct.error, EOFError, RuntimeError):
        # Pillow's parsers say "broken" in all these ways.
        raise _truncated() from None
    finally:
        file.seek(0)
    return kind_read_by(found)


def too_large(size_bytes: int) -> DomainError:
    """The refusal of a file with too many bytes; the site's outer layer says the same."""
    megabyte = 1024 * 1024
    return DomainError(
        "too_large",
        _("The file has %(size)d MB; the limit is %(limit)d MB.")
        % {"size": -(-size_bytes // megabyte), "limit": settings.PHOTO_MAX_BYTES // megabyte},
        _("Export it as JPEG, or ask the operator to raise PHOTO_MAX_BYTES."),
        field="file",
    )


def _check_pixels(image: Image.Image) -> None:
    """Pixels × frames against the limit; a TIFF's pages may differ in size, so each is asked."""
    _check_memory(image.width * image.height)
    frames = getattr(image, "n_frames", 1) if image.format != MPO else 1
    pixels = image.width * image.height
    if frames > 1 and image.format == "TIFF":
        pixels = 0
        for frame in range(min(frames, MAX_FRAMES)):
            image.seek(frame)
            pixels += image.width * image.height
        image.seek(0)
    elif frames > 1:
        pixels *= frames
    if pixels > settings.PHOTO_MAX_PIXELS or frames > MAX_FRAMES:
        raise _too_many_pixels(pixels)


def _check_short_side(image: Image.Image) -> None:
    """A picture in which nothing can be found is no photo of a structure: refused, not kept."""
    if min(image.size) < MIN_SHORT_SIDE_PX:
        raise DomainError(
            "too_small",
            _("The picture has %(width)d × %(height)d px; its short side needs %(least)d px.")
            % {"width": image.width, "height": image.height, "least": MIN_SHORT_SIDE_PX},
            _("Send the original photo, not a preview or a strip of it."),
            field="file",
        )


def _too_many_pixels(pixels: int | None) -> DomainError:
    limit = settings.PHOTO_MAX_PIXELS // 1_000_000
    sentence = (
        _("The picture has far more than %(limit)d megapixels, the limit.") % {"limit": limit}
        if pixels is None
        else _("The picture has %(size)d megapixels (all frames); the limit is %(limit)d.")
        % {"size": -(-pixels // 1_000_000), "limit": limit}
    )
    return DomainError(
        "too_many_pixels",
        sentence,
        _("Export it smaller or cut it, or ask the operator to raise PHOTO_MAX_PIXELS."),
        field="file",
    )


def _check_memory(pixels: int) -> None:
    """Refuses what a worker could not hold; only the first frame is analysed."""
    needed_bytes = working_bytes(pixels)
    if needed_bytes <= settings.WORKER_MEMORY_BYTES or pixels > settings.PHOTO_MAX_PIXELS:
        return
    raise DomainError(
        "too_many_pixels",
        _(
            "The picture has %(size)d megapixels; to analyse it takes %(needed).1f GB of memory, "
            "and %(given).1f GB are there for it."
        )
        % {
            "size": -(-pixels // 1_000_000),
            "needed": needed_bytes / 1e9,
            "given": settings.WORKER_MEMORY_BYTES / 1e9,
        },
        _(
            "Export it with at most %(most)d megapixels or cut it, or ask the operator to raise "
            "WORKER_MEMORY_BYTES."
        )
        % {"most": most_pixels(settings.WORKER_MEMORY_BYTES) // 1_000_000},
        field="file",
    )


def _not_a_picture(file: File) -> DomainError:
    file.seek(0)
    head = file.read(512)
    if head.startswith((b"GIF8", b"BM", b"8BPS", b"%PDF", b"II*\x00", b"MM\x00*")) or (
        head[4:8] == b"ftyp"
    ):
        return DomainError(
            "unsupported_format",
            _("This kind of file is not taken."),
            _("Send JPEG, PNG, TIFF, WebP or HEIC."),
            field="file",
        )
    if head.startswith((b"\xff\xd8\xff", b"\x89PNG", b"RIFF")):
        return _truncated()
    return DomainError(
        "not_a_picture",
        _("This file is no picture, whatever its name says."),
        _("Send the photo itself as JPEG, PNG, TIFF, WebP or HEIC."),
        field="file",
    )


def _truncated() -> DomainError:
    return DomainError(
        "truncated",
        _("The picture is damaged or incomplete: part of the file is missing."),
        _("Copy it from the camera or phone again and send that."),
        field="file",
    )


def _check_complete(image: Image.Image, found: str, file: File) -> None:
    """Refuses a file that ends too early, where its headers say so."""
    size = file.size or 0
    if found in {"JPEG", MPO}:
        complete = _jpeg_has_end(file)
    elif found == "PNG":
        image.verify()  # reads every chunk and its checksum
        complete = True
    elif found == "WEBP":
        file.seek(4)
        complete = struct.unpack("<I", file.read(4))[0] + 8 <= size
    elif found == "TIFF":
        complete = _tiff_data_lies_inside(image, size)
    else:
        complete = _boxes_lie_inside(file, size)
    if not complete:
        raise _truncated()


def _jpeg_has_end(file: File) -> bool:
    """Whether an end marker follows the picture's own data (thumbnails in headers are skipped)."""
    file.seek(2)
    while True:
        marker = file.read(2)
        if len(marker) < 2 or marker[0] != 0xFF:
            return False
        if marker[1] == 0xFF:  # fill byte
            file.seek(-1, 1)
            continue
        length = file.read(2)
        if len(length) < 2:
            return False
        file.seek(struct.unpack(">H", length)[0] - 2, 1)
        if marker[1] == 0xDA:
            break
    # In coded data 0xFF is followed by 0x00 or a restart marker, so this pair is the end.
    last = b""
    while chunk := file.read(CHUNK):
        if b"\xff\xd9" in last + chunk:
            return True
        last = chunk[-1:]
    return False


def _tiff_data_lies_inside(image: Image.Image, size: int) -> bool:
    tags = getattr(image, "tag_v2", {})
    for offsets, counts in ((273, 279), (324, 325)):  # strips, tiles
        ends = [o + c for o, c in zip(tags.get(offsets, ()), tags.get(counts, ()), strict=False)]
        if ends and max(ends) > size:
            return False
    return True


def _boxes_lie_inside(file: File, size: int) -> bool:
    """Whether the top-level boxes of an ISO base media file (HEIC) end within the file."""
    position = 0
    while position + 8 <= size:
        file.seek(position)
        header = file.read(16)
        length = struct.unpack(">I", header[:4])[0]
        if length == 0:  # to the end of the file
            return True
        if length == 1:
            length = struct.unpack(">Q", header[8:16])[0]
        if length < 8:
            return False
        position += length
    return position <= size
