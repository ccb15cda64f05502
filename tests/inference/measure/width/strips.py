"""Strips of concrete with one crack of known width, drawn without the renderer's code.

A crack is drawn six times too large, its area coverage averaged, blurred in linear light,
turned into sRGB and roughened by texture and noise: another way than the instrument's model.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

FINER = 6


@dataclass(frozen=True)
class Strip:
    """A picture, and the true centreline in it, (N, 2) float32."""

    pixels: npt.NDArray[np.uint8]
    line: npt.NDArray[np.float32]


def draw_strip(
    width_px: float,
    *,
    blur_px: float = 1.0,
    floor: float = 0.13,
    texture: float = 0.03,
    seed: int = 0,
    size: tuple[int, int] = (210, 140),
    brightness: float = 0.4,
    shading: float = 0.0,
) -> Strip:
    """A gently waving crack through the middle of a picture.

    Args:
        blur_px: standard deviation of the blur. floor: light inside the crack, share of outside.
        texture: standard deviation of the concrete's brightness, share of it.
        shading: relative change of the light across the picture.
    """
    rng = np.random.default_rng(seed)
    columns, rows = size
    angle = rng.uniform(0, np.pi)
    middle = (np.array([columns / 2, rows / 2]) + rng.uniform(-3, 3, 2)).astype(np.float32)
    direction = np.array([np.cos(angle), np.sin(angle)], np.float32)
    normal = np.array([-direction[1], direction[0]])
    x = ((np.arange(columns * FINER, dtype=np.float32) + 0.5) / FINER - 0.5 - middle[0])[None, :]
    y = ((np.arange(rows * FINER, dtype=np.float32) + 0.5) / FINER - 0.5 - middle[1])[:, None]
    along, across = x * direction[0] + y * direction[1], x * normal[0] + y * normal[1]
    slope = np.float32(3.0 / 40) * np.cos(along / 40)
    inside = np.abs(across - 3.0 * np.sin(along / 40)) <= width_px / 2 * np.sqrt(1 + slope**2)
    coverage = inside.reshape(rows, FINER, columns, FINER).mean(axis=(1, 3), dtype=np.float32)
    grain = cv2.GaussianBlur(rng.normal(0, 1, (rows, columns)).astype(np.float32), (0, 0), 1.2)
    light = brightness * (1 + texture * grain / grain.std())
    light = light * (1 + shading * np.linspace(-0.5, 0.5, columns))
    light = cv2.GaussianBlur(light * (1 - (1 - floor) * coverage), (0, 0), blur_px)
    light = np.clip(light + rng.normal(0, 0.01 * brightness, light.shape), 0, 1)
    srgb = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
    grey = np.round(srgb * 255).astype(np.uint8)
    t = np.arange(-150.0, 150.0, 2.0)[:, None]
    line = middle + t * direction + 3.0 * np.sin(t / 40) * normal
    seen = ((line > 3) & (line < np.array(size) - 4)).all(axis=1)
    return Strip(np.repeat(grey[:, :, None], 3, axis=2), line[seen].astype(np.float32))
