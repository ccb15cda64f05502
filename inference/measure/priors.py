"""What is known of cracks and cameras before a picture is looked at."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

# Reflectance inside a crack relative to the concrete beside it: light that enters is mostly lost.
# Beta distribution: median 0.10, nine in ten between 0.03 and 0.24. An engineering judgement until
# a set with widths measured on structures says better; it rules the uncertainty of thin cracks.
FLOOR_BETA = (2.4, 18.5)
# Along one crack the contrast wanders by this much from run to run.
CONTRAST_RUN_SD = 0.035
# Blur of lens, demosaicing and pixel aperture together: median 1.2 px, nearly all in 0.5 to 3.
BLUR_MEDIAN_PX, BLUR_LOG_SD = 1.2, 0.5
# An exponent between the camera's curve and the one assumed, sRGB.
CURVE_SD = 0.02


def log_contrast(contrast: Array) -> Array:
    """Log density of the contrast 1 - floor of a crack, without its constant."""
    a, b = FLOOR_BETA
    floor = np.clip(1.0 - contrast, 1e-4, 1.0 - 1e-4)
    return np.asarray((a - 1.0) * np.log(floor) + (b - 1.0) * np.log1p(-floor))


def log_blur(blur_px: Array) -> Array:
    """Log density of the blur over log σ, without its constant."""
    return np.asarray(-0.5 * (np.log(blur_px / BLUR_MEDIAN_PX) / BLUR_LOG_SD) ** 2)
