"""Fits the width of each run of a crack, given what all its places share.

Each run's width follows from how its own profile departs from the crack's
(:mod:`inference.measure.width.crack_fit`), by generalised least squares: where the box is thin the
departure is one of dark area, where it is wide one of the two edges. That estimate is linear, so
noise alone makes no run wider on average.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from inference.measure.width.blur import SIGMAS_PX, blurred_boxes
from inference.measure.width.crack_fit import CrackFit
from inference.measure.width.departures import FLANKS_APART, flat, how_odd, oddness
from inference.measure.width.priors import CONTRAST_RUN_SD, Array

INSIDE_SD, INSIDE_REACH_PX = 0.025, 3.0
CENTRE_SD_PX = 0.35
ROUNDS = 4


@dataclass(frozen=True, slots=True)
class RunWidths:
    """Width of every run, its standard uncertainty from grain alone, and its relative contrast."""

    width_px: Array
    u_px: Array
    contrast: Array  # relative to the crack's, at the crack's width
    contrast_u: Array
    misfit: Array  # root mean square of what the run's own box leaves, in and beside it

    def at(self, chosen: npt.NDArray[np.bool_]) -> RunWidths:
        """The chosen runs alone."""
        return RunWidths(
            self.width_px[chosen],
            self.u_px[chosen],
            self.contrast[chosen],
            self.contrast_u[chosen],
            self.misfit[chosen],
        )


@dataclass(frozen=True, slots=True)
class Heights:
    """Height of one and the same box in every run, and its standard uncertainty."""

    height: Array
    u: Array


def fit_runs(dark: Array, offsets_px: Array, covariance: Array, crack: CrackFit) -> RunWidths:
    """Widths of single runs under what their crack shares.

    Args:
        dark: (runs, samples). covariance: (samples, samples) of one run's noise.
    """
    spacing = max(0.2 * crack.blur_px, 0.03 * crack.width_px)
    width = np.full(len(dark), crack.width_px)
    u_px = np.zeros(len(dark))
    middle = crack.boxes(offsets_px, np.array([crack.width_px])).shape[0]
    odd = how_odd(crack.width_px, crack.blur_px) ** 2 * oddness(crack.contrast * middle, offsets_px)
    for _ in range(ROUNDS):
        node = np.maximum(np.rint(width / spacing), 1.0) * spacing
        values, which = np.unique(node, return_inverse=True)
        found = crack.boxes(offsets_px, values)
        boxes, change = found.shape, crack.contrast * found.by_width
        noise = _run_noise(covariance, offsets_px, boxes, found.by_centre, crack.contrast)
        solved = np.linalg.solve(noise + odd, change[:, :, None])[:, :, 0]
        weights = solved / np.einsum("vs,vs->v", change, solved)[:, None]
        step = np.einsum("rs,rs->r", dark - (crack.contrast * boxes)[which], weights[which])
        # A run cannot leave the window, whatever lies in it.
        width = np.clip(values[which] + step, -4.0, np.abs(offsets_px).max())
        # What makes the crack odd is odd in all runs: no scatter between them.
        variance = np.einsum("vs,vst,vt->v", weights, noise, weights, optimize=True)
        u_px = np.sqrt(np.maximum(variance, 0.0))[which]
        if np.all(np.abs(width - node) < spacing):
            break
    own = run_heights(dark, offsets_px, covariance, crack.width_px, crack.family, crack.sigma)
    misfit = _misfit(dark, offsets_px, width, crack)
    return RunWidths(width, u_px, own.height / crack.contrast, own.u / crack.contrast, misfit)


def _misfit(dark: Array, offsets_px: Array, widths_px: Array, crack: CrackFit) -> Array:
    """What the box of its own width leaves of every run, (runs,): see :class:`RunWidths`."""
    boxes = crack.boxes(offsets_px, np.maximum(widths_px, 0.0)).shape
    reach_px = 0.5 * np.maximum(widths_px, 0.0) + 2.0 * crack.blur_px
    near = np.abs(offsets_px)[None, :] <= reach_px[:, None]
    left = (dark - crack.contrast * boxes) ** 2
    return np.asarray(np.sqrt((left * near).sum(axis=1) / near.sum(axis=1)))


def run_heights(
    dark: Array, offsets_px: Array, covariance: Array, width_px: float, family: int, sigma: int
) -> Heights:
    """How dark a box of one width is in each run: see :func:`fit_runs` for the arguments.

    Where the flanks are apart the middle half alone is asked: a run may be wider or thinner than
    the box and as dark.
    """
    box = blurred_boxes(
        offsets_px, np.array([width_px]), np.array([family]), np.array([sigma])
    ).shape[0]
    if width_px > FLANKS_APART * SIGMAS_PX[sigma]:
        weights = (np.abs(offsets_px) <= 0.25 * width_px).astype(np.float64)
    else:
        weights = np.linalg.solve(covariance + flat(offsets_px), box)
    weights /= weights @ box
    return Heights(dark @ weights, np.full(len(dark), float(weights @ covariance @ weights) ** 0.5))


def _run_noise(
    covariance: Array, offsets_px: Array, boxes: Array, by_centre: Array, contrast: float
) -> Array:
    """Grain, level, and what a single run may have of its own: contrast, place, floor.

    Args:
        boxes, by_centre: (boxes, samples).

    Returns:
        (boxes, samples, samples).
    """
    apart = np.subtract.outer(offsets_px, offsets_px)
    inside = CONTRAST_RUN_SD**2 + INSIDE_SD**2 * np.exp(-((apart / INSIDE_REACH_PX) ** 2))
    moved = CENTRE_SD_PX * contrast * by_centre
    noise = boxes[:, :, None] * boxes[:, None, :]
    noise *= inside
    noise += moved[:, :, None] * moved[:, None, :]
    noise += covariance + flat(offsets_px)
    return np.asarray(noise)
