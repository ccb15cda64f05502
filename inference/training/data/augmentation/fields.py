"""Smooth random fields, for the irregular outlines of patches and shadows."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt


def smooth_field(
    height: int, width: int, grain_px: float, rng: np.random.Generator
) -> npt.NDArray[np.float32]:
    """(H, W) float32, mean 0 and deviation 1, varying over about ``grain_px`` pixels."""
    # Drawn small and enlarged: a blur of that width would cost more than the whole sample.
    rows, columns = (max(2, round(size / grain_px) + 2) for size in (height, width))
    coarse = rng.standard_normal((rows, columns), dtype=np.float32)
    field = np.asarray(cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC))
    deviation = float(field.std())
    return np.asarray((field - field.mean()) / max(deviation, 1e-6), np.float32)


def irregular_field(
    height: int, width: int, grain_px: float, rng: np.random.Generator
) -> npt.NDArray[np.float32]:
    """The sum of four smooth fields, each half as coarse and half as strong as the one before."""
    total = np.zeros((height, width), np.float32)
    for octave in range(4):
        total += smooth_field(height, width, max(2.0, grain_px / 2**octave), rng) / 2**octave
    return total / float(total.std() or 1.0)
