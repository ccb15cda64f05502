"""Makes the pictures that a browser shows: thumbnail and viewer tiles. Upright, sRGB, no EXIF.

Browsers show no TIFF and little HEIC, and nobody wants 100 megapixels at once. The files are
encoded from pixels, so nothing of the original's metadata (place, owner, serial number) is
in them.
"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from inference.types import RgbImage

VIEWER_TILE_PX = 256
THUMBNAIL_LONG_SIDE_PX = 480

_JPEG = [cv2.IMWRITE_JPEG_QUALITY, 88]
_WEBP = [cv2.IMWRITE_WEBP_QUALITY, 80]

# --viewer of the design: the frame around pictures, the same in both themes. Leaflet draws
# every tile in full size, so those at the right and bottom are filled up with it.
_FRAME_RGB = (0x22, 0x28, 0x2A)


def write_thumbnail(
    pixels: RgbImage, path: Path, long_side_px: int = THUMBNAIL_LONG_SIDE_PX
) -> None:
    """Write a small copy, ``long_side_px`` at most and never enlarged.

    Args:
        pixels: (H, W, 3) uint8 RGB.
        path: ends in ``.webp`` or ``.jpg``, which chooses the format.

    Raises:
        OSError: if it cannot be written, for example on a full disk.
    """
    height, width = pixels.shape[:2]
    reduction = min(1.0, long_side_px / max(height, width))
    size = (max(1, round(width * reduction)), max(1, round(height * reduction)))
    _write(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), path)


def write_viewer_tiles(pixels: RgbImage, folder: Path, tile_px: int = VIEWER_TILE_PX) -> int:
    """Write ``folder/{z}/{x}/{y}.jpg`` for Leaflet's ``CRS.Simple``.

    At the greatest z a pixel is a pixel; each level below has half the size, exactly, so that
    lines drawn in pixels of the picture stay on the crack; z = 0 is one tile.

    Args:
        pixels: (H, W, 3) uint8 RGB of any size.

    Returns:
        The greatest z.

    Raises:
        OSError: if a tile cannot be written, for example on a full disk.
    """
    max_zoom = _max_zoom(pixels.shape[1], pixels.shape[0], tile_px)
    level = pixels
    for zoom in range(max_zoom, -1, -1):
        _write_level(level, folder / str(zoom), tile_px)
        if zoom:
            level = _halved(level)
    return max_zoom


def _max_zoom(width: int, height: int, tile_px: int) -> int:
    """How often the picture must be halved to fit one tile."""
    tiles_across = -(-max(width, height) // tile_px)
    return (tiles_across - 1).bit_length()


def _write_level(level: RgbImage, folder: Path, tile_px: int) -> None:
    height, width = level.shape[:2]
    for x in range(-(-width // tile_px)):
        column = folder / str(x)
        column.mkdir(parents=True, exist_ok=True)
        for y in range(-(-height // tile_px)):
            tile = level[y * tile_px : (y + 1) * tile_px, x * tile_px : (x + 1) * tile_px]
            below, right = tile_px - tile.shape[0], tile_px - tile.shape[1]
            framed = cv2.copyMakeBorder(
                tile, 0, below, 0, right, cv2.BORDER_CONSTANT, value=_FRAME_RGB
            )
            _write(framed, column / f"{y}.jpg")


def _halved(level: RgbImage) -> RgbImage:
    """Half the size, odd sides rounded up; each pixel the mean of four."""
    height, width = level.shape[:2]
    if height % 2 or width % 2:
        level = np.asarray(
            cv2.copyMakeBorder(level, 0, height % 2, 0, width % 2, cv2.BORDER_REPLICATE), np.uint8
        )
    size = (-(-width // 2), -(-height // 2))
    return np.asarray(cv2.resize(level, size, interpolation=cv2.INTER_AREA), np.uint8)


def _write(pixels: cv2.typing.MatLike, path: Path) -> None:
    options = _WEBP if path.suffix == ".webp" else _JPEG
    done, encoded = cv2.imencode(path.suffix, cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR), options)
    if not done:
        raise OSError(f"The picture could not be encoded as {path.name}.")
    path.write_bytes(encoded.tobytes())
