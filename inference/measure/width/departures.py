"""How a crack's profile may depart from a blurred box: in level, slope and shape."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.ndimage import maximum_filter1d

Array = npt.NDArray[np.float64]

# The concrete's level and slope under the crack are what the sides say: no prior knowledge.
FLAT_SD = 0.6
# No crack is a perfect box: departures of this share of the depth, of short and of long reach.
# They could pass for another width where the box is not much wider than its blur; where it is, its
# flanks are what they are.
ODD_SHARE, ODD_REACH_PX, RINGING_PX = (0.035, 0.028), (0.8, 3.0), 1.5
FLANKS_APART = 2.5  # widths in blurs


def flat(offsets_px: Array) -> Array:
    """Covariance of an unknown level and slope."""
    x = offsets_px / float(np.abs(offsets_px).max())
    return np.asarray(FLAT_SD**2 * (1.0 + np.outer(x, x)))


def how_odd(width_px: float, blur_px: float) -> float:
    """Share of the usual departures from a box that could pass for another width, 0..1."""
    apart = width_px / blur_px / FLANKS_APART
    return 1.0 / (1.0 + apart**3)


def oddness(mean: Array, offsets_px: Array) -> Array:
    """Covariance of what makes a crack no perfect box, in and right beside it.

    JPEG and demosaicing ring around a dark line, edges are rough, floors uneven.
    """
    step_px = float(offsets_px[1] - offsets_px[0])
    around = maximum_filter1d(np.maximum(mean, 0.0), 2 * round(RINGING_PX / step_px) + 1)
    apart = np.subtract.outer(offsets_px, offsets_px)
    kernel = sum(
        share**2 * np.exp(-((apart / reach) ** 2))
        for share, reach in zip(ODD_SHARE, ODD_REACH_PX, strict=True)
    )
    return np.asarray(np.outer(around, around) * kernel)
