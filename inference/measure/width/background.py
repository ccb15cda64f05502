"""The concrete beside a crack: turns brightness profiles into relative darkness."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

# Tuning constant of Huber's weights, in standard deviations (95 % efficient on clean normals).
HUBER_K = 1.345
# How much of the concrete beside the crack sets its level.
LEVEL_PX = 14.0


def relative_darkness(
    profiles: npt.NDArray[np.float32], offsets_px: npt.NDArray[np.float64], core_px: float
) -> npt.NDArray[np.float64]:
    """1 - I / I_concrete, with a robust line through both sides as the concrete; 1 = no light.

    Args:
        profiles: (runs, samples) linear luminance.
        offsets_px: (samples,) signed distance from the crack, evenly spaced.
        core_px: samples closer than this belong to the crack and are not used.
    """
    distance = np.abs(offsets_px)
    beside = (distance > core_px) & (distance <= core_px + LEVEL_PX)
    x = offsets_px / float(distance.max())
    intercept, slope = _robust_lines(x[beside], profiles[:, beside].astype(np.float64))
    level = intercept[:, None] + slope[:, None] * x
    # A line that falls to nothing within the window is no concrete: keep the division finite.
    level = np.maximum(level, 0.05 * np.maximum(intercept, 1e-4)[:, None])
    return np.asarray(1.0 - profiles / level)


def _robust_lines(
    x: npt.NDArray[np.float64], values: npt.NDArray[np.float64]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Huber lines through every row by reweighted least squares: intercept and slope."""
    weights = np.ones_like(values)
    for _ in range(4):
        total = weights.sum(axis=1)
        mean_x = (weights * x).sum(axis=1) / total
        mean_v = (weights * values).sum(axis=1) / total
        spread = (weights * (x - mean_x[:, None]) ** 2).sum(axis=1)
        slope = (weights * (x - mean_x[:, None]) * values).sum(axis=1) / np.maximum(spread, 1e-9)
        intercept = mean_v - slope * mean_x
        residual = np.abs(values - intercept[:, None] - slope[:, None] * x)
        scale = 1.4826 * np.median(residual, axis=1, keepdims=True) + 1e-6
        weights = np.minimum(1.0, HUBER_K * scale / np.maximum(residual, 1e-12))
    return intercept, slope
