"""Locates printed edges: brightness across an edge, compared with a blurred step.

Blur alone moves no straight edge. The blurred step gives the blur of the picture as well
(edge-spread function, ISO 12233 in idea).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt
from scipy.special import ndtr

from inference.measure.scale.cards.edge_samples import EdgeSamples, Projection, SeenMarker, place

Array = npt.NDArray[np.float64]

STEP_PX = 0.5
# Half the length of a profile across an edge; never beyond the middle of the next cell.
MIN_REACH_PX, MAX_REACH_PX = 2.0, 14.0
# Near a corner of a cell, blur rounds the edge: this many blurs are left out at each end.
CORNER_BLURS, CORNER_PX = 2.5, 1.0


@dataclass(frozen=True, slots=True)
class SeenEdges:
    """Edges as the picture shows them.

    Attributes:
        shift_px: (P,) the edge beyond where it was expected, along the normal to white.
        normal: (P, 2) unit vector in the picture, towards white.
        usable: (P,) in the picture and away from corners.
        clear: (P,) usable, and an edge as it should be.
        px_per_mm: (P,) how far a millimetre of the paper towards white goes along the normal.
        blur_px: standard deviation of the point spread.
    """

    shift_px: Array
    normal: Array
    usable: npt.NDArray[np.bool_]
    clear: npt.NDArray[np.bool_]
    px_per_mm: Array
    blur_px: float


def look_at_edges(
    luminance: npt.NDArray[np.float32],
    samples: EdgeSamples,
    markers: Sequence[SeenMarker],
    theta: Array,
    project: Projection,
    blur_px: float,
    reach_px: float,
) -> SeenEdges | None:
    """The offsets of the edges from where the parameters put them.

    Args:
        luminance: (H, W) linear light.
        theta: (K + 2,) parameters of the plane, then the shifts of all edges towards white, on the
            paper in millimetres and in the picture in pixels.
        blur_px: as it was found last; found anew here.
        reach_px: half the length of a profile.

    Returns:
        None where too few edges stand out.
    """
    at = place(samples, markers, theta, project)
    along_mm = np.stack([-samples.white_mm[:, 1], samples.white_mm[:, 0]], axis=1)
    nudge = 1e-3
    tangent = place(samples, markers, theta, project, nudge * along_mm) - at
    to_white = place(samples, markers, theta, project, nudge * samples.white_mm) - at
    tangent_length = np.maximum(np.hypot(*tangent.T), 1e-12)
    normal = np.stack([-tangent[:, 1], tangent[:, 0]], axis=1) / tangent_length[:, None]
    normal *= np.sign((normal * to_white).sum(axis=1, keepdims=True))
    across = np.abs((normal * to_white).sum(axis=1)) / nudge  # pixels per millimetre
    along = tangent_length / nudge

    room_px = samples.reach_mm * across
    reach = float(min(reach_px, np.median(room_px)))
    if not np.isfinite(reach) or reach < MIN_REACH_PX:
        return None
    offsets = np.arange(-reach, reach + STEP_PX / 2, STEP_PX)
    expected = at + (theta[-2] * across + theta[-1])[:, None] * normal
    x = expected[:, :1] + normal[:, :1] * offsets
    y = expected[:, 1:] + normal[:, 1:] * offsets
    height, width = luminance.shape
    inside = ((x >= 1) & (x <= width - 2) & (y >= 1) & (y <= height - 2)).all(axis=1)
    left, top = int(max(0, np.floor(np.nanmin(x)) - 3)), int(max(0, np.floor(np.nanmin(y)) - 3))
    right, bottom = int(np.nanmax(x)) + 4, int(np.nanmax(y)) + 4
    strip = np.ascontiguousarray(luminance[top:bottom, left:right])
    if strip.size == 0:
        return None
    profiles = np.empty(x.shape, np.float64)
    for first in range(0, len(x), 16_000):
        piece = slice(first, first + 16_000)
        profiles[piece] = cv2.remap(
            strip,
            (x[piece] - left).astype(np.float32),
            (y[piece] - top).astype(np.float32),
            cv2.INTER_CUBIC,
            borderMode=cv2.BORDER_REPLICATE,
        )
    from_corner_px = samples.to_end_mm * along
    straight = from_corner_px > CORNER_PX + CORNER_BLURS * blur_px
    if straight.sum() < 24:
        straight = from_corner_px > CORNER_PX + blur_px
    usable = inside & straight
    if usable.sum() < 24:
        return None
    blur_px = _blur(profiles[usable], offsets, blur_px)
    shift, height_of_step = _step_fit(profiles, offsets, blur_px)
    typical = float(np.median(height_of_step[usable]))
    if typical <= 0.01:
        return None
    clear = usable & (height_of_step > 0.4 * typical) & (np.abs(shift) < reach)
    middle = float(np.median(shift[clear])) if clear.any() else 0.0
    spread = 1.4826 * float(np.median(np.abs(shift[clear] - middle))) if clear.any() else 0.0
    clear &= np.abs(shift - middle) < max(6.0 * spread, 1.0)
    if clear.sum() < 24:
        return None
    return SeenEdges(shift, normal, usable, clear, across, blur_px)


def _design(offsets: Array, blur_px: float) -> Array:
    """Level, blurred step and its derivative, at each offset."""
    z = offsets / blur_px
    bell = np.exp(-0.5 * z**2) / (blur_px * np.sqrt(2 * np.pi))
    return np.stack([np.ones_like(offsets), ndtr(z) - 0.5, bell], axis=1)


def _step_fit(profiles: Array, offsets: Array, blur_px: float) -> tuple[Array, Array]:
    """Position of the step in each profile, and its height; linear in a small shift."""
    solved = np.linalg.pinv(_design(offsets, blur_px)) @ profiles.T
    height = solved[1]
    # A step at s is step(x - s) = step(x) - s * bell(x) to first order.
    with np.errstate(divide="ignore", invalid="ignore"):
        shift = np.where(np.abs(height) > 1e-9, -solved[2] / height, np.inf)
    return shift, height


def _blur(profiles: Array, offsets: Array, start_px: float) -> float:
    """The blur that leaves least over, by golden sections around the last one."""
    some = profiles[:: max(1, len(profiles) // 800)]
    low, high = max(0.3, 0.5 * start_px), min(6.0, 2.0 * start_px)

    def left_over(blur_px: float) -> float:
        design = _design(offsets, blur_px)
        rest = some.T - design @ (np.linalg.pinv(design) @ some.T)
        # The median profile: what dirt and stray light do to a few is not blur.
        return float(np.median((rest**2).sum(axis=0)))

    golden = (np.sqrt(5.0) - 1.0) / 2.0
    for _ in range(12):
        a, b = high - golden * (high - low), low + golden * (high - low)
        if left_over(a) < left_over(b):
            high = b
        else:
            low = a
    return float(0.5 * (low + high))
