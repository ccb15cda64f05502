"""What is known of cracks and cameras before a picture is looked at."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

# Reflectance inside a crack relative to the concrete beside it: light that enters is mostly lost.
# Normal prior 0.13 ± 0.065 (so nearly all cracks within 0 to 0.26), and one crack in twelve that
# is filled, shallow or shaded otherwise: anything from 0 to 0.85. An engineering judgement until a
# set with widths measured on structures says better; it rules the uncertainty of thin cracks.
FLOOR_MEAN, FLOOR_SD = 0.13, 0.065
UNUSUAL_SHARE, UNUSUAL_FLOOR_MAX = 0.04, 0.7
# Along one crack the contrast wanders by this much from run to run, and one run in fifty lies on
# a pore, a stone or a filled stretch and has any contrast.
CONTRAST_RUN_SD, ODD_RUN_SHARE = 0.04, 0.02
# Blur of lens, demosaicing and pixel aperture together: median 1.1 px, nearly all in 0.45 to 2.7.
BLUR_MEDIAN_PX, BLUR_LOG_SD = 1.2, 0.55


def log_crack_contrast(contrast: Array) -> Array:
    """Log density of the contrast c = 1 - floor of a crack, times c.

    The factor c is the step from a density over contrasts to one over log widths at a given dark
    area: w = A / c.
    """
    usual = _normal(contrast, 1.0 - FLOOR_MEAN, FLOOR_SD)
    unusual = (contrast > 1.0 - UNUSUAL_FLOOR_MAX) / UNUSUAL_FLOOR_MAX
    return _log_density((1.0 - UNUSUAL_SHARE) * usual + UNUSUAL_SHARE * unusual, contrast)


def log_run_contrast(contrast: Array, of_crack: Array | float) -> Array:
    """Log density of the contrast of one run, given that of its crack; times c as above."""
    usual = _normal(contrast, of_crack, CONTRAST_RUN_SD)
    odd = (contrast > 0.1) & (contrast <= 1.0)
    return _log_density((1.0 - ODD_RUN_SHARE) * usual + ODD_RUN_SHARE * odd, contrast)


def log_blur(blur_px: Array) -> Array:
    """Log density of the blur over log σ, without its constant."""
    return np.asarray(-0.5 * (np.log(blur_px / BLUR_MEDIAN_PX) / BLUR_LOG_SD) ** 2)


def _normal(value: Array, mean: Array | float, sd: float) -> Array:
    return np.asarray(np.exp(-0.5 * ((value - mean) / sd) ** 2) / (sd * np.sqrt(2.0 * np.pi)))


def _log_density(density: Array, contrast: Array) -> Array:
    # Darker than no light at all happens only through noise.
    beyond = np.maximum(contrast - 1.0, 0.0) / 0.03
    density = density * np.exp(-(beyond**2)) * np.minimum(contrast, 1.0)
    return np.asarray(np.log(np.maximum(density, 1e-30)))
