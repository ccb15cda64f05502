"""The widths of one crack: a blurred dark box fitted under what is known beforehand.

The model of a crack is a box of width w, darker than the concrete by the contrast c, blurred by a
point spread function of standard deviation σ. Three regimes that the literature measures by three
formulas come out of the one fit:

- w well below σ: the profile shows only the dark area A = w·c. The width is A / c with c from the
  prior on how dark the inside of a crack is (the *dark-area integral*, free of bias from blur).
- w about σ: height and area of the profile tell w from c (the *blurred-box fit*).
- w well above σ: the flanks stand at half depth (the *half-maximum*), whatever the inside is.

Every w and σ of a grid is compared with every run. The runs of a crack share its blur and, nearly,
its contrast, so wide stretches teach the fit of the thin ones: first the pair (σ, c) is inferred
for the crack, then each run's width given a dozen pairs that are equally likely. The width is the
mean of the posterior; the spread between the pairs is an error that all runs share, the spread
within a pair belongs to each run alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, lru_cache

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr

from inference.measure.priors import (
    Array,
    log_blur,
    log_crack_contrast,
    log_run_contrast,
)

# Finer than a fifteenth where the prior decides, a third of a pixel where the flanks do.
WIDTHS_PX = np.concatenate([np.geomspace(0.2, 4.0, 46), np.arange(4.3, 20.0, 0.35)])
BLURS_PX = np.geomspace(0.4, 3.2, 76)
COARSE_BLURS = np.arange(0, 76, 5)
FINE_BLURS_EITHER_SIDE = 6
CONTRASTS = np.linspace(0.31, 0.99, 18)

# The pair (σ, c) is inferred from so many runs, evenly chosen. Texture is shared by neighbours and
# no crack is a perfect box: evidence never grows beyond that of EVIDENCE_RUNS independent runs,
# and no single run can speak against a value by more than EVIDENCE_FLOOR (natural logarithm).
TEACHING_RUNS = 20
EVIDENCE_RUNS = 8.0
EVIDENCE_FLOOR = -8.0
PAIRS = 12
CONTRAST_BINS, CONTRAST_BINS_END = 400, 1.2


@dataclass(frozen=True, slots=True)
class FittedWidths:
    """One value a run, in the pixels that the offsets were given in.

    Attributes:
        width_px: posterior mean of the full width.
        u_random_px: standard uncertainty from noise and background, independent between runs.
        u_common_px: standard uncertainty from what the runs share: contrast and blur.
        signal: dark area in standard deviations of its own noise.
        contrast: of the whole crack.
        blur_px: of the whole crack.
    """

    width_px: Array
    u_random_px: Array
    u_common_px: Array
    signal: Array
    contrast: float
    blur_px: float


@dataclass(frozen=True, slots=True)
class _Boxes:
    shapes: Array  # (blurs, widths, samples)
    sums: Array  # (blurs, widths)
    energies: Array  # (blurs, widths) sum of squares

    def of(self, blurs: npt.NDArray[np.intp]) -> _Boxes:
        return _Boxes(self.shapes[blurs], self.sums[blurs], self.energies[blurs])


@dataclass(frozen=True, slots=True)
class _Noise:
    variance: Array  # (runs,) of a sample, times the samples that share one independent value
    level_u: Array  # (runs,)


@dataclass(frozen=True, slots=True)
class _Comparison:
    log_likelihood: Array  # (runs, blurs, widths)
    area_px: Array  # (runs, blurs, widths) c · w of the best height
    u_area_px: Array  # its standard uncertainty


def fit_blurred_box(
    dark: Array,
    offsets_px: Array,
    *,
    noise: Array,
    correlation: float,
    level_u: Array,
) -> FittedWidths:
    """Widths of centred profiles of one crack.

    Args:
        dark: (runs, samples) darkness relative to the concrete, the crack at offset 0.
        offsets_px: (samples,) evenly spaced.
        noise, correlation, level_u: as in :class:`inference.measure.background.Darkness`.
    """
    boxes = _boxes(tuple(offsets_px.tolist()))
    known = _Noise(noise**2 * correlation, level_u)
    blur, contrast = _likely_pairs(dark, boxes, known)
    used, which = np.unique(blur, return_inverse=True)
    compared = _compare(dark, boxes.of(used), known)
    area_px = compared.area_px[:, which]  # (runs, pairs, widths)
    log_weight = compared.log_likelihood[:, which]
    log_weight = log_weight + log_run_contrast(area_px / WIDTHS_PX, contrast[:, None])
    weight = _normalised(log_weight, axis=2)
    mean_px = weight @ WIDTHS_PX
    variance_px2 = np.maximum(weight @ WIDTHS_PX**2 - mean_px**2, 0.0)
    mean_px = _between_grid_points(log_weight, mean_px, variance_px2)
    width_px = np.median(mean_px, axis=1)
    mean_area_px = (weight * area_px).sum(axis=2).mean(axis=1)
    u_area_px = (weight * compared.u_area_px[:, which]).sum(axis=2).mean(axis=1)
    u_fit_px = width_px * u_area_px / np.maximum(mean_area_px, 1e-6)
    return FittedWidths(
        width_px=width_px,
        u_random_px=np.sqrt(variance_px2.mean(axis=1) + u_fit_px**2),
        u_common_px=mean_px.std(axis=1),
        signal=mean_area_px / np.maximum(u_area_px, 1e-9),
        contrast=float(contrast.mean()),
        blur_px=float(np.exp(np.log(BLURS_PX[blur]).mean())),
    )


def _likely_pairs(dark: Array, boxes: _Boxes, noise: _Noise) -> tuple[npt.NDArray[np.intp], Array]:
    """A dozen equally likely pairs of blur (number in the grid) and contrast of one crack."""
    teachers = np.unique(np.linspace(0, len(dark) - 1, TEACHING_RUNS).round().astype(int))
    dark, noise = dark[teachers], _Noise(noise.variance[teachers], noise.level_u[teachers])
    coarse = _compare(dark, boxes.of(COARSE_BLURS), noise)
    prior = log_crack_contrast(coarse.area_px / WIDTHS_PX)
    log_blurs = _pooled(_log_sum(coarse.log_likelihood + prior, axis=2))
    peak = COARSE_BLURS[int((log_blurs + log_blur(BLURS_PX[COARSE_BLURS])).argmax())]
    first = max(0, peak - FINE_BLURS_EITHER_SIDE)
    fine = np.arange(first, min(len(BLURS_PX), peak + FINE_BLURS_EITHER_SIDE + 1))

    compared = _compare(dark, boxes.of(fine), noise)
    # Sum over the widths of likelihood times the prior of the run's contrast, for every contrast
    # that the crack may have: a table keeps this to one multiplication each.
    best = compared.log_likelihood.max(axis=(1, 2), keepdims=True)
    likelihood = np.exp(compared.log_likelihood - best)
    bins = compared.area_px / WIDTHS_PX * (CONTRAST_BINS / CONTRAST_BINS_END)
    prior_of_bin = _run_prior_table()[np.minimum(bins, CONTRAST_BINS).astype(np.intp)]
    evidence = (likelihood[:, :, None, :] @ prior_of_bin)[:, :, 0, :]
    log_pairs = np.log(np.maximum(evidence, 1e-300))  # (runs, blurs, contrasts)
    log_joint = _pooled(log_pairs.reshape(len(dark), -1)).reshape(len(fine), len(CONTRASTS))
    # The step from contrast to log width is in the prior of the run already.
    log_joint += log_blur(BLURS_PX[fine])[:, None]
    log_joint += log_crack_contrast(CONTRASTS) - np.log(CONTRASTS)
    share = _normalised(log_joint.T.reshape(-1), axis=0)  # contrast slowest: strata follow it
    strata = (np.arange(PAIRS) + 0.5) / PAIRS
    chosen = np.searchsorted(np.cumsum(share), strata).clip(0, share.size - 1)
    contrast, blur = np.divmod(chosen, len(fine))
    return fine[blur], CONTRASTS[contrast]


def _compare(dark: Array, boxes: _Boxes, noise: _Noise) -> _Comparison:
    """Every box at its best height against every run.

    The level of the concrete is known to ``level_u`` only, which shifts a whole profile: the noise
    is white plus that shift, and its inverse covariance follows by Sherman and Morrison's formula.
    """
    samples = boxes.shapes.shape[2]
    beta = (noise.level_u**2 / (noise.variance + samples * noise.level_u**2))[:, None, None]
    energy = boxes.energies - beta * boxes.sums**2
    overlap = _products(dark, boxes.shapes) - beta * dark.sum(axis=1)[:, None, None] * boxes.sums
    overlap = np.maximum(overlap, 0.0)
    variance = noise.variance[:, None, None]
    return _Comparison(
        log_likelihood=overlap**2 / energy / (2.0 * variance),
        area_px=np.maximum(overlap / energy, 1e-6),
        u_area_px=np.sqrt(variance / energy),
    )


def _products(dark: Array, shapes: Array) -> Array:
    """Inner product of every run with every box, (runs, blurs, widths).

    In small pieces: a linear algebra library hands a large product to several threads, and where
    cores are shared those wait for each other for longer than the product takes (measured: 37 ms
    against 6 ms a crack).
    """
    boxes = shapes.transpose(0, 2, 1)
    pieces = [np.matmul(dark[None, i : i + 32], boxes) for i in range(0, len(dark), 32)]
    return np.concatenate(pieces, axis=1).transpose(1, 0, 2)


def _between_grid_points(log_weight: Array, mean_px: Array, variance_px2: Array) -> Array:
    """Posterior means where the posterior is narrower than the grid: the vertex of a parabola.

    Args:
        log_weight: (runs, pairs, widths) log posterior.
        mean_px, variance_px2: (runs, pairs) as summed over the grid.
    """
    peak = log_weight.argmax(axis=2).clip(1, len(WIDTHS_PX) - 2)
    x = [WIDTHS_PX[peak + step] for step in (-1, 0, 1)]
    y = [
        np.take_along_axis(log_weight, (peak + step)[:, :, None], axis=2)[:, :, 0]
        for step in (-1, 0, 1)
    ]
    rise, fall = (y[1] - y[0]) / (x[1] - x[0]), (y[2] - y[1]) / (x[2] - x[1])
    bend = np.minimum((fall - rise) / (x[2] - x[0]), -1e-9)
    vertex = 0.5 * (x[0] + x[1]) - rise / (2.0 * bend)
    narrow = variance_px2 < (x[2] - x[1]) ** 2
    return np.asarray(np.where(narrow, np.clip(vertex, x[0], x[2]), mean_px))


@lru_cache(maxsize=32)
def _boxes(offsets_px: tuple[float, ...]) -> _Boxes:
    """Blurred boxes of unit area on the offsets."""
    x = np.array(offsets_px)
    blur = BLURS_PX[:, None, None]
    half = WIDTHS_PX[None, :, None] / 2.0
    shapes = (ndtr((x + half) / blur) - ndtr((x - half) / blur)) / (2.0 * half)
    return _Boxes(shapes, shapes.sum(axis=2), (shapes**2).sum(axis=2))


@cache
def _run_prior_table() -> Array:
    """(bins, contrasts): density of the contrast of a run, by bin of it, given its crack's."""
    contrast = (np.arange(CONTRAST_BINS + 1) + 0.5) / CONTRAST_BINS * CONTRAST_BINS_END
    return np.exp(log_run_contrast(contrast[:, None], CONTRASTS))


def _pooled(log_evidence: Array) -> Array:
    """Evidence of all runs on what they share: (runs, values) -> (values,)."""
    relative = log_evidence - log_evidence.max(axis=1, keepdims=True)
    share = min(0.5, EVIDENCE_RUNS / len(relative))
    return np.asarray(share * np.maximum(relative, EVIDENCE_FLOOR).sum(axis=0))


def _log_sum(log_values: Array, axis: int) -> Array:
    peak = log_values.max(axis=axis, keepdims=True)
    return np.asarray(np.log(np.exp(log_values - peak).sum(axis=axis)) + peak.squeeze(axis))


def _normalised(log_values: Array, axis: int) -> Array:
    weight = np.exp(log_values - log_values.max(axis=axis, keepdims=True))
    return np.asarray(weight / weight.sum(axis=axis, keepdims=True))
