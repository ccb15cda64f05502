"""Moves a traced line onto the darkest line of the crack itself, to a fraction of a pixel."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.ndimage import uniform_filter1d

from inference.measure import centreline
from inference.measure.profiles import coarse_width_px, sample_across
from inference.types import Polyline, RgbImage

SPACING_PX = 2.0
# A network's line lies within this of the crack, beyond a half of the crack's own width.
SEARCH_PX = 4.0


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
        stations = centreline.smooth(centreline.resample(points, float(reduction)), 2.0)
        offset_px = _offset_of_darkness(pixels, stations, share * search_px, reduction)
        points = stations + offset_px[:, None] * centreline.normals(stations)
    height, width = pixels.shape[:2]
    points = np.clip(points, 0.0, [width - 1.0, height - 1.0])
    smoothed = centreline.smooth(centreline.resample(points, 1.0), 1.5)
    return centreline.resample(smoothed, SPACING_PX).astype(np.float32)


def reduction_for(width_px: float) -> int:
    """How far to reduce the picture so that a crack is at most a dozen pixels wide in it."""
    for reduction in (1, 2, 4):
        if width_px <= 12.0 * reduction:
            return reduction
    return 8


def _offset_of_darkness(
    pixels: RgbImage, stations: centreline.Points, search_px: float, reduction: int
) -> npt.NDArray[np.float64]:
    """Signed distance along the normal to the middle of the dark band, smooth, (N,)."""
    offsets_px = np.arange(-search_px - 4.0 * reduction, search_px + 4.1 * reduction, reduction / 2)
    profiles = sample_across(pixels, stations, offsets_px, reduction).astype(np.float64)
    profiles = uniform_filter1d(profiles, min(7, len(profiles)), axis=0, mode="nearest")
    background = np.percentile(profiles, 75, axis=1, keepdims=True)
    dark = np.maximum(1.0 - profiles / np.maximum(background, 1e-4), 0.0)
    # Squared, so that the crack outweighs the grain beside it; tapered towards the far ends.
    taper = np.clip(1.0 - (np.abs(offsets_px) / (search_px + 2.0 * reduction)) ** 4, 0.0, 1.0)
    weight = np.maximum(dark - 0.4 * dark.max(axis=1, keepdims=True), 0.0) ** 2 * taper
    total = weight.sum(axis=1)
    offset_px = (weight @ offsets_px) / np.maximum(total, 1e-9)
    # Where little is dark the neighbours decide: smoothing weighted by how dark it is.
    trust = np.sqrt(total) + 1e-6
    sigma = 4.0
    smooth_offset = centreline.smooth(offset_px * trust, sigma) / np.maximum(
        centreline.smooth(trust, sigma), 1e-6
    )
    return np.asarray(np.clip(smooth_offset, -search_px, search_px))
