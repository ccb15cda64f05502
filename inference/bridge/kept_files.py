"""Files that a worker makes from a photo and stores: thumbnail, viewer tiles, mask.

Each analysis writes into a new folder, so that nobody ever reads a half-written set of files. The
original is never changed.
"""

from __future__ import annotations

import tempfile
import uuid
from dataclasses import dataclass
from pathlib import Path

import cv2
from django.core.files.base import ContentFile, File
from django.core.files.storage import default_storage

from inference.imaging.derivatives import write_thumbnail, write_viewer_tiles
from inference.types import Mask, RgbImage

FOLDER = "derived"
THUMBNAIL = "thumbnail.webp"
TILES = "tiles"
MASK = "mask.png"


@dataclass(frozen=True, slots=True)
class Views:
    """Storage names of the pictures that a browser shows."""

    thumbnail: str
    tiles_folder: str
    tiles_max_zoom: int


def new_folder() -> str:
    """A storage name for a folder that does not exist yet."""
    key = uuid.uuid4().hex
    return f"{FOLDER}/{key[:2]}/{key}"


def write_views(pixels: RgbImage, folder: str) -> Views:
    """Writes thumbnail and viewer tiles of an upright sRGB picture below ``folder``."""
    try:
        place = Path(default_storage.path(folder))
    except NotImplementedError:  # a storage elsewhere, such as S3
        with tempfile.TemporaryDirectory() as made:
            max_zoom = _write(pixels, Path(made))
            _upload(Path(made), folder)
    else:
        place.mkdir(parents=True, exist_ok=True)
        max_zoom = _write(pixels, place)
    return Views(f"{folder}/{THUMBNAIL}", f"{folder}/{TILES}", max_zoom)


def _write(pixels: RgbImage, place: Path) -> int:
    write_thumbnail(pixels, place / THUMBNAIL)
    return write_viewer_tiles(pixels, place / TILES)


def _upload(place: Path, folder: str) -> None:
    for path in sorted(place.rglob("*")):
        if path.is_file():
            with path.open("rb") as file:
                default_storage.save(f"{folder}/{path.relative_to(place)}", File(file))


def write_mask(mask: Mask, folder: str) -> str:
    """Writes a mask, 0 or 255, in the picture's own size; returns its storage name."""
    fine, encoded = cv2.imencode(".png", mask)
    if not fine:
        raise OSError("The mask could not be written as PNG.")
    return default_storage.save(f"{folder}/{MASK}", ContentFile(encoded.tobytes()))


def remove_folder(folder: str) -> None:
    """Deletes the files of an analysis that was not recorded."""
    folders, files = _listed(folder)
    for name in files:
        default_storage.delete(f"{folder}/{name}")
    for name in folders:
        remove_folder(f"{folder}/{name}")
    default_storage.delete(folder)


def _listed(folder: str) -> tuple[list[str], list[str]]:
    try:
        return default_storage.listdir(folder)
    except FileNotFoundError:
        return [], []
