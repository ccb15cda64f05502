"""Linear light: undoes the sRGB curve and weighs colours as the eye does."""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np
import numpy.typing as npt

from inference.types import RgbImage

# Relative luminance of linear sRGB (IEC 61966-2-1).
LUMINANCE_OF_RGB = (0.2126, 0.7152, 0.0722)


def linear_luminance(pixels: RgbImage) -> npt.NDArray[np.float32]:
    """Relative luminance of sRGB pixels in linear light, (H, W) float32, 0..1."""
    weighted = cv2.LUT(np.ascontiguousarray(pixels), _weighted_linear_table())
    return np.asarray(cv2.transform(weighted, np.ones((1, 3), np.float32)), np.float32)


def linear_of_srgb(value: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """sRGB values, 0..1, to linear light."""
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)


def srgb_of_linear(light: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Linear light, 0..1, to sRGB values."""
    curved = 1.055 * np.maximum(light, 1e-9) ** (1 / 2.4) - 0.055
    return np.where(light <= 0.0031308, 12.92 * light, curved)


@cache
def _weighted_linear_table() -> npt.NDArray[np.float32]:
    """(1, 256, 3): sRGB value -> its share of the relative luminance, by channel."""
    linear = linear_of_srgb(np.arange(256) / 255.0)
    return (linear[:, None] * np.array(LUMINANCE_OF_RGB)).astype(np.float32)[None]
