"""Crack widths in pixels, with their uncertainty, from the untouched picture.

The mask only says where a crack is. How wide it is, the brightness across it says: short runs
along the centreline are averaged, the concrete on both sides gives the background, a blurred dark
box is fitted (:mod:`inference.measure.estimators`), and the runs of a crack are put together here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.ndimage import median_filter
from scipy.spatial import cKDTree

from inference.measure import centreline
from inference.measure.background import remove_background
from inference.measure.estimators import FittedWidths, fit_blurred_box
from inference.measure.profiles import (
    Profiles,
    average_runs,
    centred,
    coarse_width_px,
    inside_picture,
    sample_across,
)
from inference.measure.ridge import reduction_for
from inference.types import (
    NotMeasurable,
    Polyline,
    RgbImage,
    WidthProfile,
    WidthStatistics,
)

# Length of a run along the crack, and how far beside the crack the concrete is looked at, in
# pixels of the picture after reduction.
RUN_PX = 8
BESIDE_PX = 10.0
STEP_PX = 0.5
# What the model of a straight, evenly dark box leaves open, checked on rendered strips.
MODEL_U_PX, MODEL_U_RELATIVE = 0.04, 0.025
# Dark area of a run in standard deviations of its own noise, median along the crack. Along a line
# on plain concrete it is 1 to 3, since the fit takes what is dark; along cracks of 0.6 px 6 to 16.
MIN_SIGNAL, MIN_SIGNAL_OF_WIDTH = 3.5, 5.0
# Below this width, or with a standard uncertainty above this share of it, it is no measurement.
MIN_WIDTH_PX, MAX_U_SHARE = 0.35, 0.45
# What cannot be measured is too thin below this, and hidden by the concrete's grain above.
HARD_TO_SEE_PX = 1.5


@dataclass(frozen=True, slots=True)
class _Runs:
    """Profiles of one crack, ready to fit; lengths in pixels of the picture."""

    position_px: npt.NDArray[np.float64]
    profiles: Profiles
    usable: npt.NDArray[np.bool_]
    offsets_px: npt.NDArray[np.float64]  # in reduced pixels
    core_px: float  # in reduced pixels
    reduction: int


def measure_widths(
    pixels: RgbImage, line: Polyline, others: Sequence[Polyline] = ()
) -> tuple[WidthStatistics | None, WidthProfile, NotMeasurable | None]:
    """Width along one crack.

    Args:
        pixels: (H, W, 3) uint8 sRGB, upright, untouched.
        line: (N, 2) float32 centreline on the darkest line
            (:func:`inference.measure.ridge.follow_darkness`).
        others: centrelines of the other cracks: near them the background is no concrete.

    Returns:
        Statistics in pixels, or None with the reason; the profile, nan where left out.
    """
    points = np.asarray(line, np.float64)
    if centreline.length_px(points) < RUN_PX:
        return None, _empty_profile(), TOO_SHORT
    runs = _collect_runs(pixels, points, others)
    if not runs.usable.any():
        return None, _blank_profile(runs), NO_CLEAR_STRETCH
    fitted, kept = _fit(runs)
    like = _like_their_neighbours(fitted.width_px, fitted.u_random_px)
    kept = kept[like]
    width_px = fitted.width_px[like] * runs.reduction
    u_random_px = fitted.u_random_px[like] * runs.reduction
    u_common_px = np.hypot(
        fitted.u_common_px[like] * runs.reduction, MODEL_U_PX + MODEL_U_RELATIVE * width_px
    )
    profile = _blank_profile(runs)
    profile.width_px[kept] = width_px
    profile.u_px[kept] = np.hypot(u_random_px, u_common_px)
    signal = float(np.median(fitted.signal[like]))
    statistics = _statistics(width_px, u_random_px, u_common_px)
    if signal < MIN_SIGNAL:
        return None, profile, LOW_CONTRAST
    too_unsure = statistics.u > MAX_U_SHARE * statistics.p95
    if signal < MIN_SIGNAL_OF_WIDTH or statistics.p50 < MIN_WIDTH_PX or too_unsure:
        return None, profile, TOO_THIN if statistics.p50 < HARD_TO_SEE_PX else ROUGH_BACKGROUND
    return statistics, profile, None


def _collect_runs(pixels: RgbImage, points: centreline.Points, others: Sequence[Polyline]) -> _Runs:
    """Averages profiles over short runs and marks the runs that see the crack alone."""
    coarse_px = coarse_width_px(pixels, points)
    reduction = reduction_for(coarse_px)
    # Whole pixels, so that the tables of the fit are shared between cracks.
    core_px = float(np.ceil(0.75 * coarse_px / reduction + 4.0))
    reach_px = core_px + BESIDE_PX
    offsets_px = np.arange(-reach_px, reach_px + STEP_PX / 2, STEP_PX)
    stations = centreline.resample(points, float(reduction))
    profiles = sample_across(pixels, stations, offsets_px * reduction, reduction)
    clear = inside_picture(pixels, stations, core_px * reduction)
    clear &= ~_near_others(stations, others, 0.5 * coarse_px + 4.0 * reduction)
    along = centreline.distance_along(stations)
    end_px = 0.5 * coarse_px + 2.0 * reduction
    clear &= (along >= end_px) & (along <= along[-1] - end_px)
    usable = average_runs(clear[:, None].astype(np.float32), RUN_PX)[:, 0] > 0.99
    return _Runs(
        position_px=average_runs(along[:, None].astype(np.float32), RUN_PX)[:, 0].astype(float),
        profiles=average_runs(profiles, RUN_PX),
        usable=usable,
        offsets_px=offsets_px,
        core_px=core_px,
        reduction=reduction,
    )


def _fit(runs: _Runs) -> tuple[FittedWidths, npt.NDArray[np.intp]]:
    """Fits the usable runs; a run with a background unlike its neighbours' is left out."""
    profiles = centred(runs.profiles[runs.usable], runs.offsets_px, runs.core_px)
    darkness = remove_background(profiles, runs.offsets_px, runs.core_px)
    uneven = np.maximum(darkness.unevenness, darkness.noise)
    even = uneven <= 3.0 * np.median(uneven) + 0.05
    core = np.abs(runs.offsets_px) <= runs.core_px
    fitted = fit_blurred_box(
        darkness.dark[even][:, core],
        runs.offsets_px[core],
        noise=darkness.noise[even],
        correlation=darkness.correlation,
        level_u=darkness.level_u[even],
    )
    return fitted, np.flatnonzero(runs.usable)[even]


def _like_their_neighbours(
    width_px: npt.NDArray[np.float64], u_random_px: npt.NDArray[np.float64]
) -> npt.NDArray[np.bool_]:
    """Runs whose width goes with the median of nine around them, and is no guess.

    A pore or a stone on the crack makes one or two runs several times too wide, or so unlike a
    crack that the fit wavers; a crack that really opens does so over a longer stretch.
    """
    around_px = median_filter(width_px, size=min(9, len(width_px)), mode="nearest")
    usual_u_px = np.maximum(np.median(u_random_px), 0.05 * around_px)
    alike = np.abs(width_px - around_px) <= 3.0 * usual_u_px + 0.4 * around_px
    like = alike & (u_random_px <= 3.0 * usual_u_px)
    return like if like.any() else np.ones_like(like)


def _near_others(
    stations: centreline.Points, others: Sequence[Polyline], distance_px: float
) -> npt.NDArray[np.bool_]:
    """Which stations have another crack closer than that, (N,)."""
    if not others:
        return np.zeros(len(stations), bool)
    low, high = stations.min(axis=0) - distance_px, stations.max(axis=0) + distance_px
    near = [
        points[((points >= low) & (points <= high)).all(axis=1)]
        for points in (centreline.resample(np.asarray(o, np.float64), 2.0) for o in others)
    ]
    neighbours = np.concatenate(near)
    if not len(neighbours):
        return np.zeros(len(stations), bool)
    distance, _ = cKDTree(neighbours).query(stations, distance_upper_bound=distance_px)
    return np.isfinite(distance)


def _statistics(
    width_px: npt.NDArray[np.float64],
    u_random_px: npt.NDArray[np.float64],
    u_common_px: npt.NDArray[np.float64],
) -> WidthStatistics:
    """Percentiles along the crack without the spread that noise alone makes.

    Noise widens the distribution of single runs, so a 95th percentile of raw values is too wide.
    The deviations from the median are shrunk until their variance is what the crack itself has
    (total minus noise).
    """
    middle = float(np.median(width_px))
    total = float(np.mean((width_px - middle) ** 2))
    noise = float(np.mean(u_random_px**2))
    shrink = np.sqrt(max(0.0, total - noise) / total) if total > 0 else 0.0
    steady = middle + shrink * (width_px - middle)
    p50, p95 = np.percentile(steady, [50, 95])
    # One run alone, on a chipped edge or a pore, is not the widest place of a crack.
    widest = max(float(_median_of_three(steady).max()), float(p95))
    # The 95th percentile rests on about a tenth of the runs.
    effective = max(1.0, 0.1 * len(width_px))
    near_p95 = np.argsort(np.abs(steady - p95))[: max(1, len(steady) // 10)]
    u_common = float(np.mean(u_common_px[near_p95]))
    scatter = float(np.sqrt(np.mean(u_random_px[near_p95] ** 2) / effective))
    return WidthStatistics(
        p50=float(p50),
        p95=float(p95),
        max=widest,
        u=float(np.hypot(u_common, scatter)),
    )


def _median_of_three(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Each value replaced by the median of it and its neighbours: one wild run is no maximum."""
    if len(values) < 3:
        return values
    padded = np.concatenate([values[1:2], values, values[-2:-1]])
    return np.asarray(np.median([padded[:-2], padded[1:-1], padded[2:]], axis=0))


def _blank_profile(runs: _Runs) -> WidthProfile:
    blank = np.full(len(runs.position_px), np.nan, np.float32)
    return WidthProfile(runs.position_px.astype(np.float32), blank, blank.copy())


def _empty_profile() -> WidthProfile:
    nothing = np.zeros(0, np.float32)
    return WidthProfile(nothing, nothing.copy(), nothing.copy())


TOO_SHORT = NotMeasurable(
    "too_short",
    "The crack is too short in this picture for a width.",
    "Take a closer photo, so that the crack is at least 30 pixels long.",
)
NO_CLEAR_STRETCH = NotMeasurable(
    "no_clear_stretch",
    "No stretch of the crack lies clear of other cracks and of the edge of the picture.",
    "Take a closer photo with the crack in the middle.",
)
LOW_CONTRAST = NotMeasurable(
    "low_contrast",
    "The crack is hardly darker than the concrete around it.",
    "Take the photo in even light, without a shadow over the crack and without wet concrete.",
)
TOO_THIN = NotMeasurable(
    "too_thin",
    "The crack is thinner than this picture can resolve.",
    "Take the photo from closer: a crack should be at least one pixel wide, better three.",
)
ROUGH_BACKGROUND = NotMeasurable(
    "rough_background",
    "The grain of the concrete is too strong here to tell how wide the crack is.",
    "Take the photo from closer and in even light, so that the crack stands out from the grain.",
)
