"""Moves a traced line onto the darkest line of the crack itself, to a fraction of a pixel.

Where the crack lies at a station only its neighbours know for sure: a pore beside a thin crack is
darker than the crack. So all offsets along the line are inferred together, as a hidden Markov chain
(Rabiner, *A tutorial on hidden Markov models*, Proc. IEEE 77(2), 1989): the darkness at an offset,
in standard deviations of the concrete's own, is the evidence, and a crack that leaves its line only
gradually the prior. Where nothing is dark the line stays.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from inference.measure.line import centreline
from inference.measure.width.profiles import coarse_width_px, sample_across
from inference.types import Polyline, RgbImage

Array = npt.NDArray[np.float64]

SPACING_PX = 2.0
# A network's line lies within this of the crack, beyond a half of the crack's own width.
SEARCH_PX = 4.0
# Grid of the offsets, and how far a crack leaves its line: standard deviation over one pixel.
OFFSET_STEP_PX, WANDER_PX = 0.5, 0.18
# Smoothing of the line, in points. A line that cuts a bend looks across the crack askew and so sees
# it wider by 1/cos: at 2 points cracks of 8 to 12 px read 0.4 % wide by it, at 1 point 0.3 %.
SMOOTH_POINTS = 1.0
# Darkness beside the crack that the evidence is compared with, and stations that share one grain.
SURROUND_PX, STATIONS_OF_A_GRAIN = 7.0, 3.0
# No station is surer than this, whatever is dark there.
SUREST = 6.0


def follow_darkness(pixels: RgbImage, line: Polyline) -> Polyline:
    """The line through the middle of the dark band beside a traced centreline.

    Args:
        pixels: (H, W, 3) uint8 sRGB, upright, untouched.
        line: (N, 2) float32, traced on a probability map.

    Returns:
        (M, 2) float32, about 2 px apart; no point moves further than the search reaches, and a
        line without anything dark beside it stays.
    """
    points = np.asarray(line, np.float64)
    if centreline.length_px(points) < 4.0:
        return line
    width_px = coarse_width_px(pixels, points)
    reduction = reduction_for(width_px)
    search_px = SEARCH_PX * reduction**0.5 + 0.5 * width_px
    for share in (1.0, 0.6):
        stations = centreline.smooth(centreline.resample(points, float(reduction)), SMOOTH_POINTS)
        offset_px = _offset_of_darkness(pixels, stations, share * search_px, width_px, reduction)
        points = stations + offset_px[:, None] * centreline.normals(stations)
    height, width = pixels.shape[:2]
    points = np.clip(points, 0.0, [width - 1.0, height - 1.0])
    smoothed = centreline.smooth(centreline.resample(points, 1.0), SMOOTH_POINTS)
    return centreline.resample(smoothed, SPACING_PX).astype(np.float32)


def reduction_for(width_px: float) -> int:
    """How far to reduce the picture so that a crack is at most a dozen pixels wide in it."""
    for reduction in (1, 2, 4):
        if width_px <= 12.0 * reduction:
            return reduction
    return 8


def _offset_of_darkness(
    pixels: RgbImage,
    stations: centreline.Points,
    search_px: float,
    width_px: float,
    reduction: int,
) -> Array:
    """Signed distance along the normal to the middle of the dark band, smooth, (N,)."""
    steps = int(np.ceil(search_px / reduction / OFFSET_STEP_PX))
    half = max(1, round(0.5 * max(width_px / reduction, 1.5) / OFFSET_STEP_PX))
    surround = half + round(SURROUND_PX / OFFSET_STEP_PX)
    reach = steps + surround
    offsets_px: Array = np.arange(-reach, reach + 1, dtype=np.float64) * OFFSET_STEP_PX * reduction
    profiles = sample_across(pixels, stations, offsets_px, reduction).astype(np.float64)
    evidence = _evidence(profiles, half, surround)
    offset_px: Array = np.arange(-steps, steps + 1, dtype=np.float64) * OFFSET_STEP_PX
    mean = _posterior_mean(evidence, offset_px, search_px / reduction)
    return mean * reduction


def _evidence(profiles: Array, half: int, surround: int) -> Array:
    """Log likelihood ratio of the crack lying at each offset, (stations, offsets)."""
    ends = np.cumsum(np.pad(profiles, ((0, 0), (1, 0))), axis=1)
    inner, outer = 2 * half + 1, 2 * surround + 1
    offsets = profiles.shape[1] - outer + 1
    around = ends[:, outer:] - ends[:, :-outer]
    first = surround - half
    middle = ends[:, first + inner : first + inner + offsets] - ends[:, first : first + offsets]
    beside = (around - middle) / (outer - inner)
    dark = 1.0 - middle / inner / np.maximum(beside, 1e-4)
    usual = np.median(dark)
    grain = 1.4826 * float(np.median(np.abs(dark - usual))) + 1e-3
    response = (dark - usual) / grain
    # How dark the crack is for this grain: the darkest offset on average, wherever the line is.
    strength = float(np.clip(np.percentile(response.max(axis=1), 40) - 1.0, 0.0, SUREST))
    held = np.minimum(response, strength + 2.0)
    return strength * (held - 0.5 * strength) / STATIONS_OF_A_GRAIN


def _posterior_mean(evidence: Array, offset_px: Array, search_px: float) -> Array:
    """Expected offset at every station given the evidence at all: forward, backward."""
    # On a grid coarser than the wander: its variance by steps to the neighbours, none beyond the
    # ends. Symmetrical, so both ways along the line are one product a station.
    share = 0.5 * (WANDER_PX / OFFSET_STEP_PX) ** 2
    size, stations = len(offset_px), len(evidence)
    step = np.eye(size) * (1.0 - 2.0 * share) + share * (np.eye(size, k=1) + np.eye(size, k=-1))
    step[0, 0] = step[-1, -1] = 1.0 - share
    likely = np.exp(evidence - evidence.max(axis=1, keepdims=True))
    start = np.exp(-0.5 * (offset_px / (0.6 * search_px)) ** 2)
    # [:, 0] what stations before and at each one say, [:, 1] what those after and at it say.
    here = np.stack([likely, likely[::-1]], axis=1)
    said = np.empty_like(here)
    said[0] = here[0]
    said[0, 0] *= start
    for number in range(1, stations):
        now = said[number - 1].dot(step)
        now *= here[number]
        now /= now.sum(axis=1, keepdims=True)
        said[number] = now
    after = said[::-1, 1]
    posterior = said[:, 0].copy()
    posterior[:-1] *= after[1:] @ step
    return np.asarray((posterior @ offset_px) / posterior.sum(axis=1))
