"""Changes by a camera: blur, noise, compression, white balance, exposure."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from inference.types import RgbImage


def change_light(pixels: RgbImage, rng: np.random.Generator) -> RgbImage:
    """Brightness, contrast and gamma by one lookup table."""
    level = np.arange(256) / 255
    level = level ** float(np.exp(rng.uniform(-0.45, 0.45)))
    contrast = float(rng.uniform(0.55, 1.4))
    middle = float(pixels.mean()) / 255
    level = (level - middle) * contrast + middle + float(rng.uniform(-0.15, 0.15))
    return np.asarray(cv2.LUT(pixels, _table(level)), dtype=np.uint8)


def change_colour(pixels: RgbImage, rng: np.random.Generator) -> RgbImage:
    """White balance and saturation."""
    gains = rng.uniform(0.85, 1.15, 3)
    tables = np.stack([_table(np.arange(256) / 255 * gain) for gain in gains], axis=-1)
    balanced = cv2.LUT(pixels, tables[None])
    grey = cv2.cvtColor(cv2.cvtColor(balanced, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
    saturation = float(rng.uniform(0.3, 1.4))
    return np.asarray(cv2.addWeighted(balanced, saturation, grey, 1 - saturation, 0), np.uint8)


def blur(pixels: RgbImage, rng: np.random.Generator) -> RgbImage:
    """Out of focus, or moved."""
    if rng.random() < 0.7:
        return np.asarray(cv2.GaussianBlur(pixels, (0, 0), float(rng.uniform(0.4, 1.6))), np.uint8)
    length_px = int(rng.integers(3, 8))
    kernel = np.zeros((length_px, length_px), np.float32)
    kernel[length_px // 2] = 1 / length_px
    middle = (length_px - 1) / 2
    rotation = cv2.getRotationMatrix2D((middle, middle), float(rng.uniform(0, 180)), 1.0)
    turned = cv2.warpAffine(kernel, rotation, (length_px, length_px)).astype(np.float32)
    return np.asarray(cv2.filter2D(pixels, -1, turned / max(float(turned.sum()), 1e-6)), np.uint8)


def add_noise(pixels: RgbImage, rng: np.random.Generator) -> RgbImage:
    """Sensor noise, grey or per channel, fine or with the grain of a small sensor."""
    height, width = pixels.shape[:2]
    channels = 1 if rng.random() < 0.5 else 3
    noise = rng.standard_normal((height, width, channels), dtype=np.float32)
    if rng.random() < 0.3:
        noise = cv2.GaussianBlur(noise, (0, 0), 0.8).reshape(height, width, channels) * 2.5
    noise *= float(rng.uniform(2, 14))
    return np.asarray(np.clip(pixels + noise, 0, 255), dtype=np.uint8)


def compress(pixels: RgbImage, rng: np.random.Generator) -> RgbImage:
    """JPEG and back."""
    quality = int(rng.integers(35, 95))
    _, data = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), dtype=np.uint8)


def _table(level: npt.NDArray[np.floating]) -> npt.NDArray[np.uint8]:
    return np.clip(level * 255 + 0.5, 0, 255).astype(np.uint8)
