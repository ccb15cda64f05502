"""Size, turn and place of the square that a sample is cut from."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from inference.training.fit.recipe import Augmentation
from inference.types import Mask, RgbImage

# After shrinking, a pixel of which this share was crack is crack: less than half, so that
# thin cracks stay connected.
SHRUNK_CRACK_SHARE = 0.4

# A small picture is not shrunk further than to this part of the crop's side; the rest would
# be reflections.
COVERED_BY_PICTURE = 0.8


def crop_scaled(
    pixels: RgbImage,
    mask: Mask,
    crop_px: int,
    settings: Augmentation,
    rng: np.random.Generator,
) -> tuple[RgbImage, Mask]:
    """A square crop at a random size, sometimes rotated; reflected where the picture ends.

    Where a picture has cracks, three of four crops are centred near one.
    """
    height, width = mask.shape
    angle = float(rng.uniform(-30, 30)) if rng.random() < settings.rotate else 0.0
    smallest = COVERED_BY_PICTURE * crop_px / min(height, width)
    low, high = (max(bound, smallest) for bound in settings.scale_range)
    scale = float(np.exp(rng.uniform(np.log(low), np.log(high))))
    half_px = crop_px / 2 / scale
    centre_x = _centre(width, half_px, rng)
    centre_y = _centre(height, half_px, rng)
    crack_y, crack_x = np.nonzero(mask)
    if len(crack_x) and rng.random() < 0.75:
        pick = rng.integers(len(crack_x))
        centre_x = crack_x[pick] + rng.uniform(-0.7, 0.7) * half_px
        centre_y = crack_y[pick] + rng.uniform(-0.7, 0.7) * half_px
        centre_x = float(
            np.clip(centre_x, min(half_px, width / 2), max(width - half_px, width / 2))
        )
        centre_y = float(
            np.clip(centre_y, min(half_px, height / 2), max(height - half_px, height / 2))
        )
    matrix = cv2.getRotationMatrix2D((centre_x, centre_y), angle, scale).astype(np.float64)
    matrix[:, 2] += (crop_px / 2 - centre_x, crop_px / 2 - centre_y)
    shrunk = scale < 0.8
    share = SHRUNK_CRACK_SHARE if shrunk else 0.5
    cut_mask = _warped(mask, matrix, crop_px, scale if shrunk else 1.0)
    return (
        _warped(pixels, matrix, crop_px, scale if shrunk else 1.0),
        np.where(cut_mask >= share * 255, np.uint8(255), np.uint8(0)),
    )


def turn(pixels: RgbImage, mask: Mask, rng: np.random.Generator) -> tuple[RgbImage, Mask]:
    """One of the eight quarter turns and mirrorings."""
    quarter = int(rng.integers(4))
    pixels, mask = np.rot90(pixels, quarter), np.rot90(mask, quarter)
    if rng.random() < 0.5:
        pixels, mask = pixels[:, ::-1], mask[:, ::-1]
    return np.ascontiguousarray(pixels), np.ascontiguousarray(mask)


def _warped(
    pixels: npt.NDArray[np.uint8], matrix: npt.NDArray[np.float64], crop_px: int, shrink: float
) -> npt.NDArray[np.uint8]:
    """An affine cut. It samples points, so what shrinks is blurred first, or it would alias."""
    if shrink < 1:
        pixels = np.asarray(cv2.GaussianBlur(pixels, (0, 0), 0.4 / shrink), dtype=np.uint8)
    cut = cv2.warpAffine(
        pixels,
        matrix,
        (crop_px, crop_px),
        flags=cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REFLECT_101,
    )
    return np.asarray(cut, dtype=np.uint8)


def _centre(size: int, half_px: float, rng: np.random.Generator) -> float:
    if 2 * half_px >= size:
        return size / 2
    return float(rng.uniform(half_px, size - half_px))
