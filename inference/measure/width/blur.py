"""Models a crack as a blurred box: a dark band with sharp edges, seen through a camera.

A point spread function is symmetric, and across a long straight crack only its integral along the
crack counts, the line spread. Two families bracket what lenses make: the Gaussian, and the uniform
disc of a lens out of focus (its line spread is a half-ellipse) softened by pixel and demosaicing.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr

Array = npt.NDArray[np.float64]

GAUSSIAN, SHARP_DISC, SOFT_DISC = 0, 1, 2
FAMILIES = (GAUSSIAN, SHARP_DISC, SOFT_DISC)
# Standard deviations of the whole line spread, three hundredths apart: below the first one a pixel
# itself is wider, and beyond the last one a picture is too blurred to measure in.
SIGMAS_PX = np.geomspace(0.38, 4.2, 82)
# Pixel aperture, demosaicing and interpolation soften the disc by so much: with a demosaicing that
# follows edges, and with one that averages.
SOFTENING_PX = {SHARP_DISC: 0.45, SOFT_DISC: 0.68}
REACH_PX, CELL_PX = 24.0, 0.01
DISC_NODES = 64


@dataclass(frozen=True, slots=True)
class Boxes:
    """Blurred boxes of height 1 and how they change; each (boxes, samples).

    Attributes:
        shape: the box itself. by_width: derivative by its width. by_centre: by its position.
    """

    shape: Array
    by_width: Array
    by_centre: Array


def blurred_boxes(
    offsets_px: Array,
    widths_px: Array,
    families: npt.NDArray[np.intp],
    sigmas: npt.NDArray[np.intp],
) -> Boxes:
    """Boxes at offset 0.

    Args:
        offsets_px: (samples,). widths_px: (boxes,).
        families, sigmas: (boxes,) which line spread: numbers in FAMILIES and SIGMAS_PX.
    """
    half = widths_px[:, None] / 2.0
    line = (families * len(SIGMAS_PX) + sigmas)[:, None]
    step, spread = _tables()
    right, left = offsets_px[None, :] + half, offsets_px[None, :] - half
    spread_right, spread_left = _look_up(spread, line, right), _look_up(spread, line, left)
    return Boxes(
        shape=_look_up(step, line, right) - _look_up(step, line, left),
        by_width=0.5 * (spread_right + spread_left),
        by_centre=spread_left - spread_right,
    )


def half_box_grid(
    offsets_px: Array,
    widths_px: Array,
    families: npt.NDArray[np.intp],
    sigmas: npt.NDArray[np.intp],
) -> Array:
    """Every width under every line spread, to the nearest cell of the tables.

    Args:
        offsets_px: (samples,) from 0 outwards: the other half is its mirror image.
        widths_px: (widths,). families, sigmas: (spreads,).

    Returns:
        (spreads, widths, samples) shapes of height 1.
    """
    rows = _tables()[0][families * len(SIGMAS_PX) + sigmas]
    x, half = offsets_px[None, :], widths_px[:, None] / 2.0
    cells = rows.shape[1] - 1
    right, left = (
        np.clip(np.rint((x + side * half + REACH_PX) / CELL_PX), 0, cells).astype(np.intp)
        for side in (1.0, -1.0)
    )
    return np.asarray(np.take(rows, right, axis=1) - np.take(rows, left, axis=1))


def _look_up(tables: Array, line: npt.NDArray[np.intp], x: Array) -> Array:
    cells = tables.shape[1]
    at = np.clip((x + REACH_PX) / CELL_PX, 0.0, cells - 1.001)
    low = at.astype(np.intp)
    flat = tables.ravel()
    index = line * cells + low
    first = flat[index]
    return np.asarray(first + (at - low) * (flat[index + 1] - first))


@cache
def _tables() -> tuple[Array, Array]:
    """Step responses and line spreads, (families · sigmas, cells)."""
    x = np.arange(-REACH_PX, REACH_PX + CELL_PX / 2, CELL_PX)
    gaussian = ndtr(x / SIGMAS_PX[:, None])
    # Gauss-Chebyshev nodes of the second kind integrate over a half-ellipse exactly.
    angle = np.arange(1, DISC_NODES + 1) * np.pi / (DISC_NODES + 1)
    nodes, weights = np.cos(angle), 2.0 / (DISC_NODES + 1) * np.sin(angle) ** 2
    steps = [gaussian]
    for softening_px in SOFTENING_PX.values():
        disc = np.empty_like(gaussian)
        for number, sigma in enumerate(SIGMAS_PX):
            of_disc = np.sqrt(max(sigma**2 - softening_px**2, 0.0))
            softening = np.sqrt(sigma**2 - of_disc**2)
            near = np.abs(x) < 2.0 * of_disc + 8.0 * softening
            shifted = x[near][:, None] - 2.0 * of_disc * nodes[None, :]
            disc[number] = x > 0
            disc[number, near] = ndtr(shifted / softening) @ weights
        steps.append(disc)
    table = np.concatenate(steps)
    return table, np.gradient(table, CELL_PX, axis=1)
