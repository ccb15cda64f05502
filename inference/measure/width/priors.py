"""Prior knowledge of cracks and cameras."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.special import betaln

Array = npt.NDArray[np.float64]

# Reflectance inside a crack relative to the concrete beside it: light that enters is mostly lost.
# Beta distribution: median 0.09, nine in ten between 0.02 and 0.22. An engineering judgement until
# a set with widths measured on structures says better; it rules the uncertainty of thin cracks.
FLOOR_BETA = (2.3, 19.5)
# The interval of a width allows for cracks that are filled, shallow or lit inside as well: one in
# four with any floor of this range.
UNUSUAL_SHARE, UNUSUAL_FLOOR = 0.25, (0.02, 0.40)
# Along one crack the contrast wanders by this much from run to run.
CONTRAST_RUN_SD = 0.035
# Blur of lens, demosaicing and pixel aperture together: median 1.1 px, nearly all in 0.5 to 2.5.
BLUR_MEDIAN_PX, BLUR_LOG_SD = 1.1, 0.4
# Where a marker's edges tell it: lenses blur unevenly over a picture, and cracks lie deeper.
KNOWN_BLUR_LOG_SD = 0.12
# An exponent between the camera's curve and the one assumed, sRGB.
CURVE_SD = 0.02


def log_contrast(contrast: Array) -> Array:
    """Log density of the contrast 1 - floor of a crack, without its constant."""
    a, b = FLOOR_BETA
    floor = np.clip(1.0 - contrast, 1e-4, 1.0 - 1e-4)
    return np.asarray((a - 1.0) * np.log(floor) + (b - 1.0) * np.log1p(-floor))


def caution(contrast: Array) -> Array:
    """The ratio of a contrast's likelihood with unusual floors allowed to the one without."""
    usual = np.exp(log_contrast(contrast) - betaln(*FLOOR_BETA))
    low, high = UNUSUAL_FLOOR
    floor = 1.0 - contrast
    unusual = ((floor >= low) & (floor <= high)) / (high - low)
    mixed = (1.0 - UNUSUAL_SHARE) * usual + UNUSUAL_SHARE * unusual
    return np.asarray(mixed / np.maximum(usual, 1e-12))


def log_blur(blur_px: Array, known_px: float | None = None) -> Array:
    """Log density of the blur over log σ, without its constant.

    Args:
        blur_px: σ of the line spread. known_px: as measured at the edges of a marker in the same
            picture; None where there is none.
    """
    middle, spread = (
        (BLUR_MEDIAN_PX, BLUR_LOG_SD) if known_px is None else (known_px, KNOWN_BLUR_LOG_SD)
    )
    return np.asarray(-0.5 * (np.log(blur_px / middle) / spread) ** 2)
