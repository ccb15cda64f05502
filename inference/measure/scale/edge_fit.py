"""Sub-pixel fit of a plane to the edges between black and white cells of markers.

Corner refinements look at four points of a marker and each has a bias of its own. Here every edge
of the printed pattern speaks: along each, the brightness across it is compared with a blurred step,
and one homography is fitted to hundreds of such places at once. Blur alone moves no straight edge.
What moves all edges towards white alike (ink that spreads, a tone curve that is not quite sRGB,
light that spills) is one unknown of the fit, because the pattern has edges of either polarity.
The blurred step gives the blur of the picture as well (edge-spread function, ISO 12233 in idea).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt
from scipy.special import ndtr

from inference.measure.scale.families import Pattern

Array = npt.NDArray[np.float64]
# The plane's parameters and points of it, millimetres, to pixels of the picture.
Projection = Callable[[Array, Array], Array]

SAMPLES_PER_EDGE_PX = 1.0
MAX_SAMPLES = 6000
STEP_PX = 0.5
# Half the length of a profile across an edge; never beyond the middle of the next cell.
MIN_REACH_PX, MAX_REACH_PX = 2.0, 14.0
# Near a corner of a cell the edge is rounded by blur: so many blurs are left out at each end.
CORNER_BLURS, CORNER_PX = 2.5, 1.0
# Bicubic sampling at every pixel and demosaicing make neighbouring values alike.
CORRELATION = 2.5
# Part of a residual that does not average out: lens, print and sampling errors, pixels.
FLOOR_PX = 0.02
ROUNDS = 7
HUBER = 1.5


@dataclass(frozen=True, slots=True)
class SeenMarker:
    """One marker to fit.

    Attributes:
        cells: its pattern, upright in its own frame.
        side_mm: of the black square.
        to_plane: (n parameters, (N, 2) mm in the marker's frame) -> (N, 2) mm on the plane.
    """

    cells: Pattern
    side_mm: float
    to_plane: Projection


@dataclass(frozen=True, slots=True)
class EdgeFit:
    """What the edges say.

    Attributes:
        parameters: (K,) best estimate.
        covariance: (K, K).
        blur_px: standard deviation of the point spread, pixels.
        residual_px: root mean square of what the plane leaves over, averaged along each edge.
        noise_px: what of it random error explains.
        clear_share: (markers,) share of each marker's edges, away from corners, that stand out
            as they should.
        towards_white_px: by how much all edges lie towards white.
    """

    parameters: Array
    covariance: Array
    blur_px: float
    residual_px: float
    noise_px: float
    clear_share: Array
    towards_white_px: float


@dataclass(frozen=True, slots=True)
class _Samples:
    """Places on edges, in the frames of their markers."""

    marker: npt.NDArray[np.intp]
    edge: npt.NDArray[np.intp]
    at_mm: Array  # (P, 2)
    white_mm: Array  # (P, 2) unit vector from black to white
    to_end_mm: Array  # (P,) to the nearer end of the edge
    reach_mm: Array  # (P,)


def fit_edges(
    luminance: npt.NDArray[np.float32],
    markers: Sequence[SeenMarker],
    start: Array,
    project: Projection,
) -> EdgeFit | None:
    """Fits the parameters of a plane to the edges of markers on it.

    Args:
        luminance: (H, W) linear light.
        markers: what is printed where.
        start: (K,) parameters good to about a pixel and a half.
        project: from parameters and plane to pixels.

    Returns:
        None where too few edges stand out for a fit.
    """
    samples = _samples(markers, start, project)
    theta = np.append(start, 0.0)  # the last is the shift towards white, pixels
    blur_px, reach_px = 1.0, 6.0
    # Small against any parameter, and yet far above rounding where one is 0 or nearly so.
    steps = np.maximum(np.abs(start) * 1e-6, 1e-8)
    fitted, seen = None, None
    for _ in range(ROUNDS):
        seen = _look(luminance, samples, markers, theta, project, blur_px, reach_px)
        if seen is None:
            return None
        blur_px = seen.blur_px
        reach_px = float(np.clip(3.0 * blur_px + 1.5, MIN_REACH_PX + 1.0, MAX_REACH_PX))
        jacobian = _jacobian(samples, markers, theta, project, steps, seen.normal)
        fitted = _solve(seen, jacobian, samples)
        if fitted is None:
            return None
        theta = theta + fitted.change
        if np.abs(jacobian[seen.clear] @ fitted.change).max(initial=0.0) < 2e-3:
            break
    if fitted is None or seen is None:
        return None
    clear = [
        float(seen.clear[samples.marker == k].sum())
        / max(1.0, float(seen.usable[samples.marker == k].sum()))
        for k in range(len(markers))
    ]
    return EdgeFit(
        parameters=theta[:-1],
        covariance=fitted.covariance[:-1, :-1],
        blur_px=blur_px,
        residual_px=fitted.residual_px,
        noise_px=fitted.noise_px,
        clear_share=np.array(clear),
        towards_white_px=float(theta[-1]),
    )


def _samples(markers: Sequence[SeenMarker], theta: Array, project: Projection) -> _Samples:
    """Evenly spaced places along all edges of all markers."""
    rows: list[tuple[int, int, Array, Array, float, float]] = []
    total = 0.0
    edge = 0
    for number, marker in enumerate(markers):
        cell_mm = marker.side_mm / len(marker.cells)
        for begin, end, to_white in _edges(marker.cells):
            ends = np.array([begin, end], np.float64) * cell_mm
            seen = project(theta, marker.to_plane(theta, ends))
            length_px = float(np.hypot(*(seen[1] - seen[0])))
            total += length_px
            rows.append((number, edge, ends, np.array(to_white, np.float64), length_px, cell_mm))
            edge += 1
    thin = max(1.0, total * SAMPLES_PER_EDGE_PX / MAX_SAMPLES)
    pieces = []
    for number, edge, ends, white, length_px, cell_mm in rows:
        count = max(2, round(length_px * SAMPLES_PER_EDGE_PX / thin))
        share = (np.arange(count) + 0.5) / count
        length_mm = float(np.hypot(*(ends[1] - ends[0])))
        at = ends[0] + share[:, None] * (ends[1] - ends[0])
        pieces.append(
            (
                np.full(count, number),
                np.full(count, edge),
                at,
                np.tile(white, (count, 1)),
                np.minimum(share, 1 - share) * length_mm,
                np.full(count, 0.5 * cell_mm),
            )
        )
    columns = [np.concatenate(column) for column in zip(*pieces, strict=True)]
    return _Samples(*columns)


def _edges(
    cells: Pattern,
) -> list[tuple[tuple[int, int], tuple[int, int], tuple[int, int]]]:
    """Straight edges of a pattern in cells: begin, end, direction to white; (x, y)."""
    padded = np.pad(cells, 1, constant_values=True).astype(int)
    found: list[tuple[tuple[int, int], tuple[int, int], tuple[int, int]]] = []
    for vertical in (True, False):
        grid = padded if vertical else padded.T
        steps = np.diff(grid, axis=1)  # +1: white lies at larger x
        for k in range(steps.shape[1]):
            column = steps[:, k]
            changes = np.flatnonzero(np.diff(column)) + 1
            for piece in np.split(np.arange(len(column)), changes):
                sign = int(column[piece[0]])
                if sign == 0:
                    continue
                a, b = int(piece[0]) - 1, int(piece[-1])
                if vertical:
                    found.append(((k, a), (k, b), (sign, 0)))
                else:
                    found.append(((a, k), (b, k), (0, sign)))
    return found


@dataclass(frozen=True, slots=True)
class _Seen:
    shift_px: Array  # (P,) the edge beyond where it was expected, along the normal to white
    normal: Array  # (P, 2) unit, pixels, towards white
    usable: npt.NDArray[np.bool_]  # (P,) in the picture and away from corners
    clear: npt.NDArray[np.bool_]  # (P,) usable, and an edge as it should be
    blur_px: float


def _look(
    luminance: npt.NDArray[np.float32],
    samples: _Samples,
    markers: Sequence[SeenMarker],
    theta: Array,
    project: Projection,
    blur_px: float,
    reach_px: float,
) -> _Seen | None:
    """Where the edges lie against where the parameters put them."""
    at = _place(samples, markers, theta, project)
    along_mm = np.stack([-samples.white_mm[:, 1], samples.white_mm[:, 0]], axis=1)
    nudge = 1e-3
    tangent = _place(samples, markers, theta, project, nudge * along_mm) - at
    to_white = _place(samples, markers, theta, project, nudge * samples.white_mm) - at
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
    expected = at + theta[-1] * normal
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
    return _Seen(shift, normal, usable, clear, blur_px)


def _place(
    samples: _Samples,
    markers: Sequence[SeenMarker],
    theta: Array,
    project: Projection,
    moved_mm: Array | None = None,
) -> Array:
    at = samples.at_mm if moved_mm is None else samples.at_mm + moved_mm
    placed = np.empty_like(at)
    for number, marker in enumerate(markers):
        mine = samples.marker == number
        placed[mine] = marker.to_plane(theta, at[mine])
    return project(theta, placed)


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


def _jacobian(
    samples: _Samples,
    markers: Sequence[SeenMarker],
    theta: Array,
    project: Projection,
    steps: Array,
    normal: Array,
) -> Array:
    """(P, K + 1) how far each place moves along its normal with each parameter."""
    columns = []
    for k, step in enumerate(steps):
        changed = theta.copy()
        changed[k] += step
        back = theta.copy()
        back[k] -= step
        moved = _place(samples, markers, changed, project) - _place(samples, markers, back, project)
        columns.append((moved * normal).sum(axis=1) / (2 * step))
    columns.append(np.ones(len(normal)))
    return np.stack(columns, axis=1)


@dataclass(frozen=True, slots=True)
class _Solved:
    change: Array
    covariance: Array
    residual_px: float
    noise_px: float


def _solve(seen: _Seen, jacobian: Array, samples: _Samples) -> _Solved | None:
    """One robust step of Gauss and Newton, and the covariance of what it reaches."""
    use = seen.clear
    J, shift = jacobian[use], seen.shift_px[use]
    scale = np.abs(J).max(axis=0)
    if (scale == 0).any():
        return None
    J = J / scale
    weight = np.ones(len(shift))
    change = np.zeros(J.shape[1])
    for _ in range(4):
        normal_matrix = J.T @ (weight[:, None] * J)
        try:
            change = np.linalg.solve(normal_matrix, J.T @ (weight * shift))
        except np.linalg.LinAlgError:
            return None
        rest = shift - J @ change
        spread = max(1.4826 * float(np.median(np.abs(rest))), 1e-4)
        weight = np.minimum(1.0, HUBER * spread / np.maximum(np.abs(rest), 1e-9))
    # Along an edge random error averages out; what stays is the pattern not being as modelled.
    edges, which = np.unique(samples.edge[use], return_inverse=True)
    count = np.bincount(which, weights=weight)
    mean = np.bincount(which, weights=weight * rest) / count
    noise = spread * np.sqrt(CORRELATION / count)
    residual = float(np.sqrt(np.average(mean**2, weights=count)))
    expected = float(np.sqrt(np.average(noise**2, weights=count)))
    common = max(residual**2 - expected**2, 0.0) + FLOOR_PX**2
    # Random part per sample, common part per edge: both through the same normal matrix.
    inverse = np.linalg.inv(normal_matrix)
    per_edge = np.zeros((len(edges), J.shape[1]))
    np.add.at(per_edge, which, weight[:, None] * J)
    random = spread**2 * CORRELATION * inverse
    covariance = random + common * inverse @ (per_edge.T @ per_edge) @ inverse
    return _Solved(
        change=change / scale,
        covariance=covariance / np.outer(scale, scale),
        residual_px=residual,
        noise_px=expected,
    )
