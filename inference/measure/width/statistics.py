"""Computes a crack's width statistics from its runs: the numbers that are shown and graded."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from assets.coverage import expanded
from inference.measure.width.crack_fit import CrackFit
from inference.measure.width.run_fit import RunWidths
from inference.types import UncertaintyTerms, WidthStatistics

Array = npt.NDArray[np.float64]

# What another photo changes: the phase of the pixels, the line's place (rendered pairs).
REPEAT_PX, REPEAT_RELATIVE = 0.015, 0.008
# Neighbouring runs may differ by this many times what the grain predicts, and it is still noise.
MOST_NOISE = 1.6
# What is left of that for noise: the opening itself changes by this share from one run to the next.
ROUGHNESS = 0.04
# Of what JPEG added to cracks of 0.7 to 9 px at quality 65 and 85, a third is left on average after
# the correction (rendered pairs with and without JPEG).
GIVEN_BACK_U = 0.35
# A 95th percentile rests on about a tenth of the runs.
SHARE_OF_P95 = 0.1


def statistics_of(
    crack: CrackFit,
    runs: RunWidths,
    position_px: Array,
    *,
    independent: float,
    runs_a_length: int,
    reduction: float,
    given_back_px: float = 0.0,
) -> WidthStatistics:
    """Percentiles along the crack without the spread that noise alone makes.

    Noise widens the distribution of single runs, so a 95th percentile of raw values is too wide.
    The deviations from the mean are shrunk until their variance is what the crack itself has
    (total minus noise).

    Args:
        crack, runs: in reduced pixels. position_px: (runs,) along the crack.
        independent: share of the runs that are independent of their neighbours.
        runs_a_length: number of runs that begin within the length of one run.
        reduction: pixels of the picture per reduced pixel.
        given_back_px: how far the width was corrected for the rounding of a JPEG.
    """
    middle = float(np.mean(runs.width_px))
    total = float(np.mean((runs.width_px - middle) ** 2))
    noise = _noise(runs, runs_a_length)
    shrink = np.sqrt(max(0.0, total - noise) / total) if total > 0 else 0.0
    steady = np.maximum(middle + shrink * (runs.width_px - middle), 0.0)
    p50, p95 = (float(value) for value in np.percentile(steady, [50, 95]))
    p95 = max(p95, 1e-6)
    # One run alone, on a chipped edge or a pore, is not the widest place of a crack.
    smooth = _median_of_three(steady, runs_a_length)
    scatter = shrink * float(np.sqrt(noise / max(1.0, SHARE_OF_P95 * len(steady) * independent)))
    share = p95 / max(crack.width_px, 1e-6)
    terms = UncertaintyTerms(
        fit=float(np.hypot(crack.u_fit_px, scatter)) * reduction,
        floor=crack.u_floor_px * share * reduction,
        blur=crack.u_blur_px * share * reduction,
        curve=crack.u_curve_px * share * reduction,
        repeatability=float(np.hypot(REPEAT_PX, REPEAT_RELATIVE * p95)) * reduction,
        rounding=GIVEN_BACK_U * abs(given_back_px) * reduction,
    )
    return WidthStatistics(
        p50=p50 * reduction,
        p95=p95 * reduction,
        max=max(float(smooth.max()), p95) * reduction,
        u=terms.combined,
        max_at_px=float(position_px[int(smooth.argmax())]),
        terms=terms,
        interval=_interval(crack, terms, p95 * reduction, scatter * reduction),
    )


def _noise(runs: RunWidths, runs_a_length: int) -> float:
    """Variance of a run's width from noise alone.

    The grain tells it, up to what grain that is no Gaussian adds; how much neighbours differ tells
    it too, together with the roughness of the edges: so that is heard less a usual roughness, and
    up to a limit.
    """
    predicted = float(np.mean(runs.u_px**2))
    if len(runs.width_px) < 4 * runs_a_length:
        return predicted
    steps = np.abs(runs.width_px[runs_a_length:] - runs.width_px[:-runs_a_length])
    seen = 0.5 * (1.4826 * float(np.median(steps))) ** 2
    seen -= (ROUGHNESS * float(np.mean(runs.width_px))) ** 2
    return float(np.clip(seen, predicted, MOST_NOISE**2 * predicted))


def _interval(
    crack: CrackFit, terms: UncertaintyTerms, p95: float, scatter: float
) -> tuple[float, float]:
    """The posterior of the crack's width, carried to its p95 and widened by the other terms."""
    also = terms.curve**2 + terms.repeatability**2 + terms.rounding**2
    other = expanded(float(np.sqrt(also + scatter**2)))
    low = p95 * (1.0 - crack.low_px / crack.width_px)
    high = p95 * (crack.high_px / crack.width_px - 1.0)
    return max(0.0, p95 - float(np.hypot(low, other))), p95 + float(np.hypot(high, other))


def _median_of_three(values: Array, apart: int) -> npt.NDArray[np.float64]:
    """The median of each value and its neighbours ``apart`` away: one wild run is no maximum."""
    if len(values) <= 2 * apart:
        return values
    padded = np.pad(values, apart, mode="reflect")
    return np.asarray(np.median([padded[: -2 * apart], values, padded[2 * apart :]], axis=0))
