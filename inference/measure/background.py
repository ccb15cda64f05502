"""The concrete beside a crack: a robust line through both sides of each profile."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

# Tuning constant of Huber's weights, in standard deviations (95 % efficient on clean normals).
HUBER_K = 1.345


@dataclass(frozen=True, slots=True)
class Darkness:
    """How much darker than the concrete each sample is, and how well that is known.

    Attributes:
        dark: (runs, samples) 1 - I / I_background; 0 = concrete, 1 = no light at all.
        noise: (runs,) standard deviation of ``dark`` beside the crack.
        correlation: samples that share one independent value; the variance of a mean of n
            samples is ``noise² · correlation / n``.
        level_u: (runs,) standard uncertainty of the background level, relative to it.
        unevenness: (runs,) relative difference between the two sides beyond a straight line.
    """

    dark: npt.NDArray[np.float64]
    noise: npt.NDArray[np.float64]
    correlation: float
    level_u: npt.NDArray[np.float64]
    unevenness: npt.NDArray[np.float64]


def remove_background(
    profiles: npt.NDArray[np.float32], offsets_px: npt.NDArray[np.float64], core_px: float
) -> Darkness:
    """Divides profiles by the line through the concrete on both sides.

    Args:
        profiles: (runs, samples) linear luminance.
        offsets_px: (samples,) signed distance from the crack, evenly spaced.
        core_px: samples closer than this belong to the crack and are not used.
    """
    beside = np.abs(offsets_px) > core_px
    x = offsets_px[beside] / float(np.abs(offsets_px).max())
    values = profiles[:, beside].astype(np.float64)
    intercept, slope, weights = _robust_lines(x, values)
    level = intercept[:, None] + slope[:, None] * (offsets_px / float(np.abs(offsets_px).max()))
    # A line that falls to nothing within the window is no concrete: keep the division finite.
    level = np.maximum(level, 0.05 * np.maximum(intercept, 1e-4)[:, None])
    dark = 1.0 - profiles / level
    residual = dark[:, beside]
    noise = np.sqrt((weights * residual**2).sum(axis=1) / np.maximum(weights.sum(axis=1) - 2, 1))
    correlation = _correlation(residual[:, x > 0], residual[:, x < 0])
    independent = np.maximum(weights.sum(axis=1) / correlation, 2.0)
    sides = residual[:, x > 0].mean(axis=1), residual[:, x < 0].mean(axis=1)
    return Darkness(
        dark=dark,
        noise=np.maximum(noise, 1e-4),
        correlation=correlation,
        level_u=noise / np.sqrt(independent),
        unevenness=np.abs(sides[0] + sides[1]),
    )


def _robust_lines(
    x: npt.NDArray[np.float64], values: npt.NDArray[np.float64]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Huber lines through every row by reweighted least squares: intercept, slope, weights."""
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
    return intercept, slope, weights


def _correlation(*sides: npt.NDArray[np.float64]) -> float:
    """1 + 2 Σ ρ_k over the lags up to the first without correlation, pooled over all runs."""
    total = 1.0
    variance = sum(float((side**2).sum()) for side in sides)
    if variance <= 0:
        return total
    for lag in range(1, sides[0].shape[1] // 2):
        product = sum(float((side[:, lag:] * side[:, :-lag]).sum()) for side in sides)
        rho = product / variance
        if rho < 0.05:
            break
        total += 2.0 * rho
    return total
