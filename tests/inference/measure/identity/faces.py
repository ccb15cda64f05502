"""Concrete faces and second photos of them: another place, turn, distance and light."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

Pixels = npt.NDArray[np.uint8]


def draw_face(seed: int, size: tuple[int, int] = (800, 600)) -> Pixels:
    """A wall with grain, pores and stains, (H, W, 3)."""
    rng = np.random.default_rng(seed)
    width, height = size
    light = np.full((height, width), 0.55)
    for sigma_px, depth in ((1.0, 0.03), (4.0, 0.03), (25.0, 0.05)):
        grain = cv2.GaussianBlur(rng.normal(0, 1, (height, width)), (0, 0), sigma_px)
        light += depth * grain / grain.std()
    for x, y in rng.uniform((0, 0), (width, height), (150, 2)):
        radius = int(rng.integers(1, 5))
        cv2.circle(light, (int(x), int(y)), radius, float(rng.uniform(0.2, 0.4)), -1, cv2.LINE_AA)
    grey = np.clip(light * 255, 0, 255).astype(np.uint8)
    return np.repeat(grey[:, :, None], 3, axis=2)


def photograph_again(
    face: Pixels,
    seed: int,
    *,
    turn_deg: float = 0.0,
    zoom: float = 1.0,
    shift: tuple[float, float] = (0.0, 0.0),
) -> tuple[Pixels, npt.NDArray[np.float64]]:
    """Another photo of a face, and the true homography from the first to it."""
    rng = np.random.default_rng(seed)
    height, width = face.shape[:2]
    turned = cv2.getRotationMatrix2D((width / 2, height / 2), turn_deg, zoom)
    turned[:, 2] += np.array(shift) * (width, height)
    seen = cv2.warpAffine(face, turned, (width, height), borderValue=(140, 140, 140)) / 255.0
    gamma = rng.uniform(0.75, 1.35)
    falloff = 1 + rng.uniform(-0.3, 0.3) * np.linspace(-1, 1, width)[None, :, None]
    seen = np.clip(seen**gamma * falloff * rng.uniform(0.8, 1.15), 0, 1)
    seen = cv2.GaussianBlur(seen, (0, 0), rng.uniform(0.4, 0.9)) * 255
    seen = np.clip(seen + rng.normal(0, 3, seen.shape), 0, 255).astype(np.uint8)
    return seen, np.vstack([turned, [0, 0, 1]])
