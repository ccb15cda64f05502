"""The runs of a crack brought to one width and one place before they are averaged.

Along a crack the opening wanders and the traced line is not quite in its middle. A mean over runs
of different widths has softer flanks than any of them, which a fit takes for blur and a lighter
inside. So each run is moved to the mean of all by the difference of the two boxes (one step of
Gauss and Newton towards fitting all runs at once), and the mean is fitted again.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from inference.measure.blur import blurred_boxes
from inference.measure.estimators import CrackFit, RunWidths

Array = npt.NDArray[np.float64]

# A spread of the true widths below this many blurs only makes the mean's flanks as much softer as
# the spacing of the line spreads that are compared.
ALIGNED_FROM = 0.3


def spread_px(runs: RunWidths) -> float:
    """Standard deviation of the width along the crack without what noise adds, pixels."""
    variance = float(np.var(runs.width_px)) - float(np.mean(runs.u_px**2))
    return float(np.sqrt(max(0.0, variance)))


def needs_alignment(crack: CrackFit, runs: RunWidths) -> bool:
    """Whether the runs' widths differ enough to blur their mean."""
    return spread_px(runs) >= ALIGNED_FROM * crack.blur_px


def aligned(dark: Array, offsets_px: Array, crack: CrackFit, runs: RunWidths) -> Array:
    """Profiles of the runs as if each had their mean width and lay at offset 0.

    Args:
        dark: (runs, samples) darkness relative to the concrete.
        offsets_px: (samples,) distance from the line.
        crack: what the runs share. runs: their widths and places; what of the widths' differences
            is noise is left in the profiles.
    """
    middle_px = float(np.mean(runs.width_px))
    variance = float(np.var(runs.width_px))
    true_share = spread_px(runs) ** 2 / variance if variance > 0 else 0.0
    family, sigma = np.array([crack.family]), np.array([crack.sigma])
    usual = blurred_boxes(offsets_px, np.array([middle_px]), family, sigma).shape[0]
    moved = np.empty_like(dark)
    for number, (width_px, centre_px) in enumerate(zip(runs.width_px, runs.centre_px, strict=True)):
        width_px = np.array([middle_px + true_share * (width_px - middle_px)])
        own = blurred_boxes(offsets_px - centre_px, width_px, family, sigma).shape[0]
        moved[number] = dark[number] - crack.contrast * (own - usual)
    return moved
