"""Measures crack widths in pixels, with their uncertainty, in the untouched picture.

The mask only says where a crack is. How wide it is, the brightness across it says: short runs
along the centreline are averaged and the concrete on both sides gives the background and the grain
(:mod:`inference.measure.width.runs`), a blurred dark box is fitted
(:mod:`inference.measure.width.crack_fit`), and the runs of a crack are put together here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
from scipy.ndimage import binary_dilation, median_filter
from skimage.filters import apply_hysteresis_threshold

from assets.budget import BROKEN_EDGE, FILLED
from inference.imaging.jpeg_rounding import JpegRounding
from inference.measure.line import centreline
from inference.measure.width.blur import GAUSSIAN, SIGMAS_PX
from inference.measure.width.crack_fit import CrackFit, fit_crack
from inference.measure.width.rounded_away import BESIDE_PX, ExpectedCrack, RoundedCrack
from inference.measure.width.run_fit import RunWidths, fit_runs, run_heights
from inference.measure.width.runs import RUN_PX, RUNS_A_LENGTH, Runs, collect_runs
from inference.measure.width.statistics import statistics_of
from inference.types import NotMeasurable, Polyline, RgbImage, WidthProfile, WidthStatistics

Array = npt.NDArray[np.float64]

# A run whose dark area is below this share of the crack's is filled; one whose width is above
# this many times the median around it is chipped or has a pore.
FILLED_BELOW, CHIPPED_ABOVE = 0.62, 1.4
# The area must lie below by at least this many of its standard uncertainties.
FILLED_SURE = 2.0
# A run is left out, too, if its misfit is above MISFIT_ABOVE times the usual one; so are the runs
# beside it whose misfit is above MISFIT_BESIDE times.
MISFIT_BESIDE, MISFIT_ABOVE = 2.0, 3.5
# Wider cracks, which are measured in a picture reduced further, lose next to nothing by JPEG.
ROUNDED_UP_TO_REDUCTION = 2
# Each pass finds some half of what is missing: longer steps do the work of more passes.
ROUNDING_PASSES, ROUNDING_STEP = 2, 1.6
EXPECTED_STEP_PX = 0.05
# In the mean over the runs, samples are limited to this many robust standard deviations.
HELD_AT = 1.5
# Dark area of the crack in standard uncertainties of itself: on plain concrete along a line it is
# up to 4, since the line goes where it is dark.
MIN_SIGNAL = 6.0
# Below this width, or with a standard uncertainty above this share of it, it is no measurement.
MIN_WIDTH_PX, MAX_U_SHARE = 0.15, 0.45
# What cannot be measured is too thin below this, and hidden by the concrete's grain above.
HARD_TO_SEE_PX = 1.5


def measure_widths(
    pixels: RgbImage,
    line: Polyline,
    others: Sequence[Polyline] = (),
    blur_px: float | None = None,
    rounding: JpegRounding | None = None,
) -> tuple[WidthStatistics | None, WidthProfile, NotMeasurable | None]:
    """Width along one crack.

    Args:
        pixels: (H, W, 3) uint8 sRGB, upright, untouched.
        line: (N, 2) float32 centreline on the darkest line
            (:func:`inference.measure.line.ridge.follow_darkness`).
        others: centrelines of the other cracks: near them the background is no concrete.
        blur_px: standard deviation of the point spread as measured at a marker's edges in the same
            picture; None where there is none: then the crack's own edges tell it.
        rounding: of the JPEG that the pixels were decoded from; None where they come from none, or
            were changed since.

    Returns:
        Statistics in pixels, or None with the reason; the profile, nan where left out.
    """
    points = np.asarray(line, np.float64)
    if centreline.length_px(points) < RUN_PX:
        return None, _empty_profile(), TOO_SHORT
    runs = collect_runs(pixels, points, others)
    profile = _blank_profile(runs)
    # Runs that overlap see the same stretch: a width needs one that the profile can show.
    if not runs.usable[::RUNS_A_LENGTH].any():
        return None, profile, NO_CLEAR_STRETCH
    reduced_blur_px = _reduced_blur(blur_px, runs.reduction)
    crack, kept, widths = _fit(runs, reduced_blur_px)
    given_back_px = 0.0
    if rounding is not None and runs.reduction <= ROUNDED_UP_TO_REDUCTION and not rounding.is_fine:
        hidden = _rounded_away(pixels, rounding, runs, crack, kept, reduced_blur_px)
        runs = replace(runs, dark=runs.dark + hidden)
        blind_px = crack.width_px
        crack, kept, widths = _fit(runs, reduced_blur_px, (crack, kept))
        given_back_px = crack.width_px - blind_px
    profile = _blank_profile(runs)  # the fit has left out more
    reduction = float(runs.reduction)
    statistics = statistics_of(
        crack,
        widths,
        runs.position_px[kept],
        independent=runs.independent,
        runs_a_length=RUNS_A_LENGTH,
        reduction=reduction,
        given_back_px=given_back_px,
    )
    alone = kept % RUNS_A_LENGTH == 0
    shown, widths = kept[alone] // RUNS_A_LENGTH, widths.at(alone)
    profile.width_px[shown] = np.maximum(widths.width_px, 0.0) * reduction
    profile.u_px[shown] = np.hypot(
        widths.u_px * reduction, statistics.u * widths.width_px * reduction / statistics.p95
    )
    if crack.signal < MIN_SIGNAL:
        return None, profile, LOW_CONTRAST
    too_unsure = statistics.u > MAX_U_SHARE * statistics.p95
    if statistics.p50 < MIN_WIDTH_PX or too_unsure:
        return None, profile, TOO_THIN if statistics.p50 < HARD_TO_SEE_PX else ROUGH_BACKGROUND
    return statistics, profile, None


def _fit(
    runs: Runs,
    blur_px: float | None = None,
    before: tuple[CrackFit, npt.NDArray[np.intp]] | None = None,
) -> tuple[CrackFit, npt.NDArray[np.intp], RunWidths]:
    """Fits crack and runs; runs that are filled, chipped or have a pore are left out, and said.

    Args:
        before: a fit of nearly the same runs, and which of them it kept.
    """
    usable = np.flatnonzero(runs.usable)
    dark = runs.dark[usable]
    if before is None:
        like, keep = None, _not_filled(runs, dark)
    else:
        like, keep = before[0], np.isin(usable, before[1])
    for _ in range(3):
        keep = keep if keep.any() else np.ones_like(keep)
        noise = _noise_of_mean(runs, int(keep.sum()))
        crack = fit_crack(_mean_profile(dark[keep]), runs.offsets_px, noise, blur_px, like)
        widths = fit_runs(dark, runs.offsets_px, runs.covariance, crack)
        now = _plain(widths, keep)
        if (now == keep).all():
            break
        keep = now if now.any() else keep
    kept = usable[keep]
    filled, _ = _filled_and_chipped(widths, keep)
    for place, run in enumerate(usable):
        why_not = FILLED if filled[place] else BROKEN_EDGE
        runs.left_out[run] = "" if keep[place] else why_not
    return crack, kept, widths.at(keep)


def _not_filled(runs: Runs, dark: Array) -> npt.NDArray[np.bool_]:
    """Runs that look no lighter than the others do before anything is fitted, (runs,)."""
    sigma = int(np.searchsorted(SIGMAS_PX, 1.2))
    first = run_heights(dark, runs.offsets_px, runs.covariance, runs.coarse_px, GAUSSIAN, sigma)
    usual = float(np.median(first.height))
    return ~_grown(first.height + FILLED_SURE * first.u < FILLED_BELOW * usual)


def _rounded_away(
    pixels: RgbImage,
    rounding: JpegRounding,
    runs: Runs,
    crack: CrackFit,
    kept: npt.NDArray[np.intp],
    blur_px: float | None,
) -> Array:
    """What JPEG took of the darkness of every run, (samples,), from a crack as first fitted."""
    reduction = runs.reduction
    rounded = RoundedCrack(
        pixels,
        rounding,
        runs.stations,
        runs.stations_of(kept),
        runs.offsets_px * reduction,
        crack.width_px * reduction,
        reduction,
    )
    mean, noise = _mean_profile(runs.dark[kept]), _noise_of_mean(runs, len(kept))
    distance_px = np.arange(0.0, 0.5 * crack.width_px + BESIDE_PX, EXPECTED_STEP_PX)
    hidden = np.zeros(len(runs.offsets_px))
    for number in range(ROUNDING_PASSES):
        if number:
            crack = fit_crack(mean + hidden, runs.offsets_px, noise, blur_px, crack)
        expected = ExpectedCrack(distance_px * reduction, crack.profile(distance_px))
        hidden += ROUNDING_STEP * (rounded.darkness(expected) - hidden)
    return hidden


def _noise_of_mean(runs: Runs, count: int) -> Array:
    """Covariance of the mean over this many runs."""
    return np.asarray(runs.covariance / max(1.0, count * runs.independent))


def _reduced_blur(blur_px: float | None, reduction: int) -> float | None:
    """The blur in reduced pixels, with what averaging over them adds."""
    if blur_px is None:
        return None
    return float(np.sqrt(blur_px**2 + (reduction**2 - 1) / 12.0)) / reduction


def _mean_profile(dark: Array) -> Array:
    """Mean over the runs, in which a pore or a light stone at one place counts as grain does."""
    middle = np.median(dark, axis=0)
    usual = 1.4826 * np.median(np.abs(dark - middle), axis=0)
    return np.asarray(
        np.clip(dark, middle - HELD_AT * usual, middle + HELD_AT * usual).mean(axis=0)
    )


def _plain(widths: RunWidths, keep: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Runs that are neither filled nor chipped and look like their neighbours."""
    filled, chipped = _filled_and_chipped(widths, keep)
    return ~(filled | chipped)


def _filled_and_chipped(
    widths: RunWidths, keep: npt.NDArray[np.bool_]
) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    usual_height = float(np.median(widths.contrast[keep]))
    filled = widths.contrast + FILLED_SURE * widths.contrast_u < FILLED_BELOW * usual_height
    length = min(8 * RUNS_A_LENGTH + 1, len(widths.width_px))
    around = median_filter(widths.width_px, size=length, mode="nearest")
    chipped = widths.width_px > CHIPPED_ABOVE * around + 3.0 * widths.u_px
    usual = float(np.median(widths.misfit[keep]))
    odd = apply_hysteresis_threshold(widths.misfit, MISFIT_BESIDE * usual, MISFIT_ABOVE * usual)
    return _grown(filled), _grown(chipped) | odd


def _grown(flags: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """With the neighbours, which lie in the transition."""
    return np.asarray(binary_dilation(flags, np.ones(2 * RUNS_A_LENGTH + 1, bool)), bool)


def _blank_profile(runs: Runs) -> WidthProfile:
    """Of the runs that stand side by side: those between them would show the same twice."""
    position_px = runs.position_px[::RUNS_A_LENGTH].astype(np.float32)
    blank = np.full(len(position_px), np.nan, np.float32)
    return WidthProfile(position_px, blank, blank.copy(), tuple(runs.left_out[::RUNS_A_LENGTH]))


def _empty_profile() -> WidthProfile:
    nothing = np.zeros(0, np.float32)
    return WidthProfile(nothing, nothing.copy(), nothing.copy())


TOO_SHORT = NotMeasurable("too_short")
NO_CLEAR_STRETCH = NotMeasurable("no_clear_stretch")
LOW_CONTRAST = NotMeasurable("low_contrast", {"case": "crack"})
TOO_THIN = NotMeasurable("too_thin")
ROUGH_BACKGROUND = NotMeasurable("rough_background")
