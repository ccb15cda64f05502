"""Fits a plane, to sub-pixels, to the edges between black and white cells of markers.

Corner refinements look at four points of a marker and each has a bias of its own. Here every edge
of the printed pattern speaks: along each, the brightness across it is compared with a blurred step,
and one homography is fitted to hundreds of such places at once. What moves all edges towards white
alike is fitted as well, because the pattern has edges of either polarity: ink that spreads, by the
same length on the paper everywhere, and a tone curve that is not quite sRGB or light that spills,
by the same length in the picture. On a card that is tilted or seen from near the two differ from
edge to edge, and one taken for the other would bend the plane.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from inference.measure.scale.cards.edge_profiles import (
    MAX_REACH_PX,
    MIN_REACH_PX,
    SeenEdges,
    look_at_edges,
)
from inference.measure.scale.cards.edge_samples import (
    EdgeSamples,
    Projection,
    SeenMarker,
    place,
    sample_edges,
)

Array = npt.NDArray[np.float64]

# Bicubic sampling at every pixel and demosaicing make neighbouring values alike.
CORRELATION = 2.5
# Part of a residual that does not average out: lens, print and sampling errors, pixels.
FLOOR_PX = 0.02
ROUNDS = 7
HUBER = 1.5
# How far edges may lie towards white, standard deviations: dot gain of printers (a tenth of a
# millimetre or two), tone curves and stray light. On a card seen straight on only their sum shows.
U_INK_MM, U_SPILL_PX = 0.1, 0.3


@dataclass(frozen=True, slots=True)
class EdgeFit:
    """The result of the fit to the edges.

    Attributes:
        parameters: (K,) best estimate.
        covariance: (K, K).
        blur_px: standard deviation of the point spread, pixels.
        residual_px: root mean square of what the plane leaves over, averaged along each edge.
        noise_px: what of it random error explains.
        clear_share: (markers,) share of each marker's edges, away from corners, that stand out
            as they should.
        ink_mm: by how much edges lie towards white on the paper.
        spill_px: by how much more they do in the picture.
    """

    parameters: Array
    covariance: Array
    blur_px: float
    residual_px: float
    noise_px: float
    clear_share: Array
    ink_mm: float
    spill_px: float


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
    samples = sample_edges(markers, start, project)
    theta = np.append(start, [0.0, 0.0])  # the last are the shifts towards white, mm and pixels
    prior = np.append(np.full(len(start), np.inf), [U_INK_MM, U_SPILL_PX])
    blur_px, reach_px = 1.0, 6.0
    # Small against any parameter, and yet far above rounding where one is 0 or nearly so.
    steps = np.maximum(np.abs(start) * 1e-6, 1e-8)
    fitted, seen = None, None
    for _ in range(ROUNDS):
        seen = look_at_edges(luminance, samples, markers, theta, project, blur_px, reach_px)
        if seen is None:
            return None
        blur_px = seen.blur_px
        reach_px = float(np.clip(3.0 * blur_px + 1.5, MIN_REACH_PX + 1.0, MAX_REACH_PX))
        jacobian = _jacobian(samples, markers, theta, project, steps, seen)
        fitted = _solve(seen, jacobian, samples, theta, prior)
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
        parameters=theta[:-2],
        covariance=fitted.covariance[:-2, :-2],
        blur_px=blur_px,
        residual_px=fitted.residual_px,
        noise_px=fitted.noise_px,
        clear_share=np.array(clear),
        ink_mm=float(theta[-2]),
        spill_px=float(theta[-1]),
    )


def _jacobian(
    samples: EdgeSamples,
    markers: Sequence[SeenMarker],
    theta: Array,
    project: Projection,
    steps: Array,
    seen: SeenEdges,
) -> Array:
    """(P, K + 2) how far each place moves along its normal with each parameter."""
    columns = []
    for k, step in enumerate(steps):
        changed = theta.copy()
        changed[k] += step
        back = theta.copy()
        back[k] -= step
        moved = place(samples, markers, changed, project) - place(samples, markers, back, project)
        columns.append((moved * seen.normal).sum(axis=1) / (2 * step))
    columns += [seen.px_per_mm, np.ones(len(seen.normal))]
    return np.stack(columns, axis=1)


@dataclass(frozen=True, slots=True)
class _Solved:
    change: Array
    covariance: Array
    residual_px: float
    noise_px: float


def _solve(
    seen: SeenEdges, jacobian: Array, samples: EdgeSamples, theta: Array, prior: Array
) -> _Solved | None:
    """One robust step of Gauss and Newton, and the covariance of what it reaches.

    Args:
        prior: (K + 2,) standard deviations of the parameters around 0, infinite where nothing is
            known before.
    """
    use = seen.clear
    J, shift = jacobian[use], seen.shift_px[use]
    scale = np.abs(J).max(axis=0)
    if (scale == 0).any():
        return None
    J = J / scale
    weight = np.ones(len(shift))
    change = np.zeros(J.shape[1])
    spread = max(1.4826 * float(np.median(np.abs(shift - np.median(shift)))), 1e-4)
    for _ in range(4):
        held = spread**2 * CORRELATION / (prior * scale) ** 2
        normal_matrix = J.T @ (weight[:, None] * J) + np.diag(held)
        pull = J.T @ (weight * shift) - held * theta * scale
        try:
            change = np.linalg.solve(normal_matrix, pull)
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
