"""Samples the brightness across a crack from the untouched picture, in linear light."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from inference.imaging.linear_light import linear_luminance
from inference.measure.line.centreline import Points, normals, resample
from inference.types import RgbImage

Profiles = npt.NDArray[np.float32]  # (stations, samples)

# Number of stations in the pieces of a line, so that only a strip around it is converted.
STATIONS_PER_PIECE = 128
# Number of stations in the averages of the coarse width: grain must not look like a crack.
COARSE_RUN = 24


def sample_across(
    pixels: RgbImage, line: Points, offsets_px: npt.NDArray[np.float64], reduction: int = 1
) -> Profiles:
    """Relative luminance along the normals of a line.

    Args:
        pixels: (H, W, 3) uint8 sRGB, upright.
        line: (N, 2) evenly spaced stations, float64, pixels of the picture.
        offsets_px: (S,) signed distances from the line along its normal.
        reduction: average this many pixels each way first; for wide cracks.

    Returns:
        (N, S) float32, 0..1, linear light. Beyond the picture its mirror image is seen:
        use :func:`inside_picture` to leave such stations out.
    """
    across = normals(line)
    x = line[:, :1] + across[:, :1] * offsets_px
    y = line[:, 1:] + across[:, 1:] * offsets_px
    found = np.empty(x.shape, np.float32)
    for first in range(0, len(line), STATIONS_PER_PIECE):
        piece = slice(first, first + STATIONS_PER_PIECE)
        found[piece] = _sample_piece(pixels, x[piece], y[piece], reduction)
    return found


def inside_picture(pixels: RgbImage, line: Points, reach_px: float) -> npt.NDArray[np.bool_]:
    """Which stations see ``reach_px`` to both sides without leaving the picture, (N,)."""
    height, width = pixels.shape[:2]
    across = normals(line)
    seen = np.ones(len(line), bool)
    for side in (-reach_px, reach_px):
        x, y = (line + side * across).T
        seen &= (x >= 0) & (x <= width - 1) & (y >= 0) & (y <= height - 1)
    return seen


def average_runs(profiles: Profiles, stations_per_run: int, step: int | None = None) -> Profiles:
    """Means over short runs along the line, (runs, samples).

    Args:
        step: stations from where a run begins to where the next one does; None = side by side.
            The last runs may be shorter, down to a half.
    """
    stations = len(profiles)
    begin_by = max(1, stations - stations_per_run // 2 + 1)
    first = np.arange(0, begin_by, step or stations_per_run)
    last = np.minimum(first + stations_per_run, stations)
    sums = np.cumsum(np.pad(profiles.astype(np.float64), ((1, 0), (0, 0))), axis=0)
    return np.asarray((sums[last] - sums[first]) / (last - first)[:, None], np.float32)


def coarse_width_px(pixels: RgbImage, line: Points) -> float:
    """Full width at half depth of the dark band around a line, median along it; pixels.

    Good to a few pixels: it chooses the window and the reduction of the real measurement.
    """
    for reduction in (2, 8):
        offsets_px = np.arange(-32.0, 32.5) * reduction
        stations = resample(line, float(reduction))
        runs = average_runs(sample_across(pixels, stations, offsets_px, reduction), COARSE_RUN)
        background = np.percentile(runs, 60, axis=1, keepdims=True)
        dark = 1.0 - runs / np.maximum(background, 1e-4)
        width_px = float(np.median(_width_at_half_depth(dark))) * reduction
        if width_px < 24 * reduction:
            break
    return width_px


def _width_at_half_depth(dark: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
    """Samples around the darkest point near the middle that are at least half as dark, (runs,)."""
    samples = dark.shape[1]
    middle = slice(samples // 2 - 4, samples // 2 + 5)
    peak = dark[:, middle].argmax(axis=1) + middle.start
    depth = np.take_along_axis(dark, peak[:, None], axis=1)
    shallow = dark < 0.5 * depth
    place = np.arange(samples)[None, :]
    right = np.where(shallow & (place > peak[:, None]), place, samples).min(axis=1)
    left = np.where(shallow & (place < peak[:, None]), place, -1).max(axis=1)
    return (right - left - 1).astype(np.float64)


def _sample_piece(
    pixels: RgbImage,
    x: npt.NDArray[np.float64],
    y: npt.NDArray[np.float64],
    reduction: int,
) -> Profiles:
    """Lanczos samples (cubic ones sharpen) from the strip that the coordinates touch."""
    height, width = pixels.shape[:2]
    margin = 5 * reduction
    # The strip starts on a multiple of the reduction, so that neighbouring pieces agree.
    left = max(0, int(np.floor(x.min())) - margin) // reduction * reduction
    top = max(0, int(np.floor(y.min())) - margin) // reduction * reduction
    left, top = min(left, width - 1), min(top, height - 1)
    right = max(left + 1, min(width, int(np.ceil(x.max())) + margin + 1))
    bottom = max(top + 1, min(height, int(np.ceil(y.max())) + margin + 1))
    strip = linear_luminance(pixels[top:bottom, left:right])
    if reduction > 1:
        size = (max(1, strip.shape[1] // reduction), max(1, strip.shape[0] // reduction))
        whole = strip[: size[1] * reduction, : size[0] * reduction]
        strip = np.asarray(cv2.resize(whole, size, interpolation=cv2.INTER_AREA), np.float32)
    map_x = ((x - left + 0.5) / reduction - 0.5).astype(np.float32)
    map_y = ((y - top + 0.5) / reduction - 0.5).astype(np.float32)
    sampled = cv2.remap(strip, map_x, map_y, cv2.INTER_LANCZOS4, borderMode=cv2.BORDER_REFLECT_101)
    return np.asarray(sampled, np.float32)
