"""The rules for picture files: kinds, sizes, limits.

Intake checks them before it stores a file, the instrument when it reads one. Pure facts.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PictureKind:
    """A kind of file that is taken.

    Attributes:
        format: our name, kept with a photo.
        reader: Pillow's name, of the reader that opens it.
        extension: of files that we store.
        media_types: what browsers call it; the first is ours.
        suffixes: of files that people have.
    """

    format: str
    reader: str
    extension: str
    media_types: tuple[str, ...]
    suffixes: tuple[str, ...]


KINDS = (
    PictureKind("jpeg", "JPEG", "jpg", ("image/jpeg",), (".jpg", ".jpeg")),
    PictureKind("png", "PNG", "png", ("image/png",), (".png",)),
    PictureKind("tiff", "TIFF", "tif", ("image/tiff",), (".tif", ".tiff")),
    PictureKind("webp", "WEBP", "webp", ("image/webp",), (".webp",)),
    PictureKind("heic", "HEIF", "heic", ("image/heic", "image/heif"), (".heic", ".heif")),
)
READERS = tuple(kind.reader for kind in KINDS)
SUFFIXES = frozenset(suffix for kind in KINDS for suffix in kind.suffixes)
# For a form's file field; by suffix too, because not every system knows HEIC and TIFF.
ACCEPT = ",".join(
    [name for kind in KINDS for name in kind.media_types]
    + [suffix for kind in KINDS for suffix in kind.suffixes]
)

# A JPEG with previews behind it, as drones write: Pillow's reader of JPEG finds it, and says so.
MPO = "MPO"

# What a file may weigh where nobody says otherwise; the settings PHOTO_MAX_… do.
MAX_BYTES = 100 * 1024 * 1024
MAX_PIXELS = 150_000_000  # pixels × frames
MAX_FRAMES = 1000

# The least short side in which cracks are looked for: one patch of the networks.
MIN_SHORT_SIDE_PX = 128


def media_type_of(name: str) -> str:
    """What a browser calls a file of the format that we call ``name``."""
    found = (kind.media_types[0] for kind in KINDS if kind.format == name)
    return next(found, "application/octet-stream")


def kind_read_by(reader: str) -> PictureKind:
    """The kind of a file that Pillow opened as ``reader``, MPO included.

    Raises:
        KeyError: no kind of :data:`KINDS`.
    """
    wanted = "JPEG" if reader == MPO else reader
    for kind in KINDS:
        if kind.reader == wanted:
            return kind
    raise KeyError(reader)
