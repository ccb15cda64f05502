"""The grain of the concrete beside a crack, as the noise of the measurement.

Half the mean squared difference between two places, by their distance, is the semivariogram. Fitted
with a sum of covariance functions it says how far the concrete *under* the crack may differ from
that beside it, stains and pores included (kriging: Cressie, *Statistics for Spatial Data*, 1993).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.optimize import nnls

Array = npt.NDArray[np.float64]

# Ranges of the covariance functions, pixels: Gaussian ones are smooth as blurred grain is,
# exponential ones rough as stains are.
GAUSSIAN_RANGES_PX = (0.6, 1.0, 1.6, 2.6, 4.2)
EXPONENTIAL_RANGES_PX = (3.0, 8.0, 24.0)
# Differences are limited to this many robust standard deviations, because a pore is no grain.
WINSORISED_AT = 4.0
# Least standard deviation of one sample: rounding to 8 bits, in shares of mid grey.
LEAST_SD = 0.002


def grain_covariance(sides: list[Array], step_px: float, samples: int) -> Array:
    """Covariance of evenly spaced samples across concrete, (samples, samples).

    Args:
        sides: (runs, samples) relative darkness of stretches without a crack.
        step_px: between samples.
        samples: how many the covariance is wanted for; beyond what the sides reach it is what the
            fitted functions say.
    """
    lags = np.arange(1, max(2, min(side.shape[1] for side in sides) * 2 // 3))
    values = np.array([_semivariance(sides, int(lag)) for lag in lags])
    distance = (lags * step_px).astype(np.float64)
    basis = 1.0 - _correlations(distance)
    # Near distances matter most and are known best.
    weight = 1.0 / (np.maximum(values, 1e-9) * np.sqrt(lags))
    shares, _ = nnls(basis * weight[:, None], values * weight)
    apart = np.abs(np.subtract.outer(np.arange(samples), np.arange(samples))) * step_px
    table = _correlations((np.arange(samples) * step_px).astype(np.float64)) @ shares
    covariance = table[np.rint(apart / step_px).astype(np.intp)]
    least = LEAST_SD**2 + 0.02 * float(shares.sum())
    return np.asarray(covariance + least * np.eye(samples))


def _semivariance(sides: list[Array], lag: int) -> float:
    differences = np.concatenate([(side[:, lag:] - side[:, :-lag]).ravel() for side in sides])
    usual = 1.4826 * float(np.median(np.abs(differences))) + 1e-9
    held = np.clip(differences, -WINSORISED_AT * usual, WINSORISED_AT * usual)
    return 0.5 * float(np.mean(held**2))


def _correlations(distance_px: Array) -> Array:
    """(distances, functions)."""
    x = distance_px[:, None]
    smooth = np.exp(-((x / np.array(GAUSSIAN_RANGES_PX)) ** 2))
    rough = np.exp(-x / np.array(EXPONENTIAL_RANGES_PX))
    return np.concatenate([smooth, rough], axis=1)


def independent_share(sequences: Array) -> float:
    """Share of neighbouring runs that are independent of each other, 0..1.

    Args:
        sequences: (sequences, runs) of the same quantity on concrete without a crack.
    """
    centred = sequences - np.median(sequences, axis=1, keepdims=True)
    usual = 1.4826 * float(np.median(np.abs(centred))) + 1e-12
    centred = np.clip(centred, -3.0 * usual, 3.0 * usual)
    variance = float(np.mean(centred**2))
    total = 1.0
    for lag in range(1, min(6, sequences.shape[1] // 2)):
        rho = float(np.mean(centred[:, lag:] * centred[:, :-lag])) / variance
        if rho < 0.08:
            break
        total += 2.0 * rho
    return 1.0 / total
