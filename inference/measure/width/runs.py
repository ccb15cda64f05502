"""Averages profiles over short runs along a crack, and finds the runs that see it alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from assets.budget import END, JUNCTION, PICTURE_EDGE
from inference.measure.line import centreline
from inference.measure.line.ridge import reduction_for
from inference.measure.width.background import relative_darkness
from inference.measure.width.grain import grain_covariance, independent_share
from inference.measure.width.profiles import (
    average_runs,
    coarse_width_px,
    inside_picture,
    sample_across,
)
from inference.types import Polyline, RgbImage

Array = npt.NDArray[np.float64]

# Length of a run along the crack, and from where to where the next one begins: runs overlap, since
# the few that stand side by side miss the widest places. How far beside the crack the concrete is
# fitted and its grain looked at. All in pixels of the picture after reduction.
RUN_PX, RUN_STEP_PX = 8, 2
RUNS_A_LENGTH = RUN_PX // RUN_STEP_PX
FITTED_BESIDE_PX, GRAIN_BESIDE_PX = 12.0, 26.0
STEP_PX = 0.5


@dataclass(frozen=True, slots=True)
class Runs:
    """Profiles of one crack, ready to fit; lengths in reduced pixels where not said otherwise.

    The runs overlap: every :data:`RUNS_A_LENGTH`-th of them stand side by side.
    """

    stations: centreline.Points  # of the picture
    position_px: Array  # of the picture
    dark: Array  # (runs, samples) relative to the concrete, what is fitted
    offsets_px: Array
    usable: npt.NDArray[np.bool_]
    left_out: list[str]  # why a run is not usable, empty where it is
    covariance: Array
    independent: float  # share of the runs
    coarse_px: float
    reduction: int

    def stations_of(self, runs: npt.NDArray[np.intp]) -> npt.NDArray[np.bool_]:
        """Which stations some of the runs are the mean of, (stations,)."""
        seen = np.zeros(len(self.stations), bool)
        for run in runs:
            seen[run * RUN_STEP_PX : run * RUN_STEP_PX + RUN_PX] = True
        return seen


def collect_runs(pixels: RgbImage, points: centreline.Points, others: Sequence[Polyline]) -> Runs:
    """Averages profiles over short runs and marks the runs that see the crack alone.

    Args:
        pixels: (H, W, 3) uint8 sRGB, upright. points: (N, 2) the crack's centreline.
        others: centrelines of the other cracks.
    """
    coarse_px = coarse_width_px(pixels, points)
    reduction = reduction_for(coarse_px)
    core_px = float(np.ceil(0.75 * coarse_px / reduction + 4.0))
    reach_px = core_px + GRAIN_BESIDE_PX
    offsets_px = np.arange(-reach_px, reach_px + STEP_PX / 2, STEP_PX)
    stations = centreline.resample(points, float(reduction))
    profiles = _over_runs(sample_across(pixels, stations, offsets_px * reduction, reduction))
    inside = inside_picture(pixels, stations, core_px * reduction)
    near = _near_others(stations, others, 0.5 * coarse_px + 4.0 * reduction)
    along = centreline.distance_along(stations)
    end_px = 0.5 * coarse_px + 2.0 * reduction
    end = (along < end_px) | (along > along[-1] - end_px)
    clear = inside & ~near & ~end
    usable = _over_runs(clear)[:, 0] > 0.99
    left_out = _why_left_out({END: end, JUNCTION: near, PICTURE_EDGE: ~inside}, usable)

    dark = relative_darkness(profiles, offsets_px, core_px)
    alone, usable_alone = dark[::RUNS_A_LENGTH], usable[::RUNS_A_LENGTH]
    seen = alone[usable_alone] if usable_alone.any() else alone
    sides = [seen[:, offsets_px < -core_px], seen[:, offsets_px > core_px]]
    fitted = np.abs(offsets_px) <= core_px + FITTED_BESIDE_PX + STEP_PX / 2
    return Runs(
        stations=stations,
        position_px=_over_runs(along)[:, 0].astype(float),
        dark=dark[:, fitted],
        offsets_px=offsets_px[fitted],
        usable=usable,
        left_out=left_out,
        covariance=grain_covariance(sides, STEP_PX, int(fitted.sum())),
        independent=independent_share(_bands(sides)) / RUNS_A_LENGTH,
        coarse_px=coarse_px / reduction,
        reduction=reduction,
    )


def _over_runs(stations: npt.NDArray[np.generic]) -> npt.NDArray[np.float32]:
    """Means over the runs, (runs, ...), of what the stations have, (stations, ...)."""
    columns = stations.reshape(len(stations), -1).astype(np.float32)
    return average_runs(columns, RUN_PX, RUN_STEP_PX)


def _bands(sides: list[Array]) -> Array:
    """Darkness of bands of 6 px beside the crack against their surroundings, (bands, runs)."""
    band = round(6.0 / STEP_PX)
    found = []
    for side in sides:
        for first in range(0, side.shape[1] - band + 1, band):
            inner = side[:, first : first + band].mean(axis=1)
            found.append(inner - side.mean(axis=1))
    return np.array(found)


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


def _why_left_out(
    reasons: dict[str, npt.NDArray[np.bool_]], usable: npt.NDArray[np.bool_]
) -> list[str]:
    """Of each run the first of the reasons that holds at any of its stations, (runs,)."""
    left_out = [""] * len(usable)
    for code, flags in reasons.items():
        touched = _over_runs(flags)[:, 0] > 0.01
        for run in np.flatnonzero(touched & ~usable):
            left_out[run] = left_out[run] or code
    return left_out
