"""The widths of one crack: a blurred dark box, fitted under the grain of the concrete.

The model of a crack is a box of width w, darker than the concrete by the contrast c, blurred by a
line spread of standard deviation σ. Three regimes that the literature measures by three formulas
come out of the one fit, by w against σ:

- w well below σ: the profile shows only the dark area A = w·c. The width is A / c with c from the
  prior on how dark the inside of a crack is (the *dark-area integral*, free of bias from blur).
- w about σ: height and area of the profile tell w from c (the *blurred-box fit*).
- w well above σ: the flanks stand at half depth (the *half-maximum*), whatever the inside is.

First the mean profile of the crack is compared with every (w, σ, c): what is common to all its
places. Then each run's width follows from how its own profile departs from that model, by
generalised least squares: where the box is thin the departure is one of dark area, where it is wide
one of the two edges. That estimate is linear, so noise alone makes no run wider on average.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.linalg import solve_triangular
from scipy.ndimage import maximum_filter1d

from inference.measure.blur import (
    FAMILIES,
    GAUSSIAN,
    SIGMAS_PX,
    SOFT_DISC,
    blurred_boxes,
    half_box_grid,
)
from inference.measure.priors import (
    CONTRAST_RUN_SD,
    CURVE_SD,
    Array,
    caution,
    log_blur,
    log_contrast,
)

# Coarse widths, then as many finer ones where the coarse ones are likely.
COARSE_WIDTHS, FINE_WIDTHS, THINNEST_PX = 40, 48, 0.08
COARSE_FAMILIES = (GAUSSIAN, SOFT_DISC)
COARSE_SIGMAS = np.arange(0, len(SIGMAS_PX), 6)
CONTRASTS = np.linspace(0.40, 0.995, 36)
UNLIKELY = 14.0  # natural logarithms below the best
# The concrete's level and slope under the crack are what the sides say: no prior knowledge.
FLAT_SD = 0.6
# No crack is a perfect box: departures of this share of the depth, of short and of long reach.
# They could pass for another width where the box is not much wider than its blur; where it is, its
# flanks are what they are.
ODD_SHARE, ODD_REACH_PX, RINGING_PX = (0.035, 0.028), (0.8, 3.0), 1.5
FLANKS_APART = 2.5  # widths in blurs
INSIDE_SD, INSIDE_REACH_PX = 0.025, 3.0
CENTRE_SD_PX = 0.35
ROUNDS = 4
# With more oddness than this a second fit would say the same.
SINGLE_FIT_ODDNESS = 0.7
# How far from a fit another one of nearly the same profile may be: factor of the limits of the
# width, and blurs of 3 % each.
NEAR_WIDTHS, NEAR_SIGMAS = 1.4, 14


@dataclass(frozen=True, slots=True)
class CrackFit:
    """What all places of a crack share, in the pixels that the offsets were given in.

    Attributes:
        width_px: posterior median of the mean width; ``low_px``, ``high_px`` hold 95 % of it.
        contrast: 1 - floor that goes with it. blur_px: σ of the line spread.
        u_fit_px, u_floor_px, u_blur_px, u_curve_px: standard uncertainties from the grain, from
            the floor's darkness, from the blur, and from the camera's curve.
        signal: dark area in standard uncertainties of itself.
        family, sigma: the line spread: see :mod:`inference.measure.blur`.
    """

    width_px: float
    low_px: float
    high_px: float
    contrast: float
    blur_px: float
    u_fit_px: float
    u_floor_px: float
    u_blur_px: float
    u_curve_px: float
    signal: float
    family: int
    sigma: int

    def profile(self, offsets_px: Array) -> Array:
        """Darkness of the crack at offsets from its middle, (samples,), relative to concrete."""
        box = _boxes_of(offsets_px, np.array([self.width_px]), self)[0]
        return np.asarray(self.contrast * box[0])


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


@dataclass(frozen=True, slots=True)
class _Seen:
    """A profile and its noise as boxes meet them: these are even, so one half stands for both.

    Attributes:
        outwards_px: (half,) the offsets from 0 on.
        pull: (half,) scalar product of a box with the profile, under the noise.
        root: (half, half) a box times it has the box's energy as the sum of its squares.
    """

    outwards_px: Array
    pull: Array
    root: Array

    @classmethod
    def of(cls, offsets_px: Array, data: Array, root: Array) -> _Seen:
        """From a whitened profile and the Cholesky factor that whitened it."""
        middle = len(offsets_px) // 2
        whitening = solve_triangular(root, np.eye(len(root)), lower=True)
        folded = whitening[:, middle:].copy()
        folded[:, 1:] += whitening[:, middle - 1 :: -1]
        return cls(
            offsets_px[middle:],
            np.asarray(data @ folded),
            np.linalg.cholesky(folded.T @ folded).astype(np.float64),
        )


@dataclass(frozen=True, slots=True)
class _Posterior:
    widths: Array  # (w,)
    families: npt.NDArray[np.intp]  # (s,) line spreads compared
    sigmas: npt.NDArray[np.intp]
    share: Array  # (s, w, contrasts), sums to 1


def fit_crack(
    mean: Array,
    offsets_px: Array,
    covariance: Array,
    blur_px: float | None = None,
    like: CrackFit | None = None,
) -> CrackFit:
    """Fits the mean profile of a crack, once more where its flanks turn out to be apart.

    Args:
        mean: (samples,) darkness relative to the concrete, the crack at offset 0.
        offsets_px: (samples,) evenly spaced, symmetrical.
        covariance: (samples, samples) of the mean's noise.
        blur_px: σ of the line spread where a marker in the picture tells it.
        like: the fit of nearly the same profile, near which alone is looked.
    """
    if like is not None:
        return _fit_crack(mean, offsets_px, covariance, _how_odd(like), blur_px, like)
    first = _fit_crack(mean, offsets_px, covariance, 1.0, blur_px)
    oddness = _how_odd(first)
    if oddness > SINGLE_FIT_ODDNESS:
        return first
    return _fit_crack(mean, offsets_px, covariance, oddness, blur_px)


def _fit_crack(
    mean: Array,
    offsets_px: Array,
    covariance: Array,
    oddness: float,
    blur_px: float | None,
    like: CrackFit | None = None,
) -> CrackFit:
    """With ``oddness``, 0..1, as the share of the usual departures from a perfect box."""
    odd = oddness**2 * _oddness(mean, offsets_px)
    root: Array = np.linalg.cholesky(covariance + _flat(offsets_px) + odd).astype(np.float64)
    data = solve_triangular(root, mean, lower=True)
    seen = _Seen.of(offsets_px, data, root)
    widths, sigmas = _likely(seen, offsets_px, blur_px) if like is None else _near(like)
    fine = _posterior(seen, widths, FAMILIES, sigmas, blur_px)
    return _summary(fine, mean, offsets_px, root, data.astype(np.float64))


def _likely(
    seen: _Seen, offsets_px: Array, blur_px: float | None
) -> tuple[Array, npt.NDArray[np.intp]]:
    """Fine widths and numbers of blurs where coarse ones are likely."""
    widest = 1.6 * float(np.abs(offsets_px).max()) / 2.0 + 1.0
    widths: Array = np.geomspace(THINNEST_PX, widest, COARSE_WIDTHS).astype(np.float64)
    # A thin crack far out of focus and a wide one in focus look alike to a Gaussian alone.
    coarse = _posterior(seen, widths, COARSE_FAMILIES, COARSE_SIGMAS, blur_px)
    of_spread = coarse.share.sum(axis=(1, 2)).reshape(len(COARSE_FAMILIES), -1)
    of_sigma = np.log(of_spread.sum(axis=0) + 1e-300)
    of_width = np.log(coarse.share.sum(axis=(0, 2)) + 1e-300)
    likely = COARSE_SIGMAS[of_sigma > of_sigma.max() - UNLIKELY]
    sigmas = np.arange(max(0, likely[0] - 5), min(len(SIGMAS_PX), likely[-1] + 6))
    near = np.flatnonzero(of_width > of_width.max() - UNLIKELY)
    low, high = widths[max(0, near[0] - 1)], widths[min(len(widths) - 1, near[-1] + 1)]
    return np.geomspace(low, high, FINE_WIDTHS).astype(np.float64), sigmas


def _near(like: CrackFit) -> tuple[Array, npt.NDArray[np.intp]]:
    """Fine widths and numbers of blurs around those of a fit."""
    low, high = like.low_px / NEAR_WIDTHS, like.high_px * NEAR_WIDTHS
    first = max(0, like.sigma - NEAR_SIGMAS)
    sigmas = np.arange(first, min(len(SIGMAS_PX), like.sigma + NEAR_SIGMAS + 1))
    return np.geomspace(low, high, FINE_WIDTHS).astype(np.float64), sigmas


def fit_runs(dark: Array, offsets_px: Array, covariance: Array, crack: CrackFit) -> RunWidths:
    """Widths of single runs under what their crack shares.

    Args:
        dark: (runs, samples). covariance: (samples, samples) of one run's noise.
    """
    spacing = max(0.2 * crack.blur_px, 0.03 * crack.width_px)
    width = np.full(len(dark), crack.width_px)
    u_px = np.zeros(len(dark))
    middle = _boxes_of(offsets_px, np.array([crack.width_px]), crack)[0][0]
    odd = _how_odd(crack) ** 2 * _oddness(crack.contrast * middle, offsets_px)
    for _ in range(ROUNDS):
        node = np.maximum(np.rint(width / spacing), 1.0) * spacing
        values, which = np.unique(node, return_inverse=True)
        boxes, by_width, by_centre = _boxes_of(offsets_px, values, crack)
        change = crack.contrast * by_width
        noise = _run_noise(covariance, offsets_px, boxes, by_centre, crack.contrast)
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
    boxes = _boxes_of(offsets_px, np.maximum(widths_px, 0.0), crack)[0]
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
        weights = np.linalg.solve(covariance + _flat(offsets_px), box)
    weights /= weights @ box
    return Heights(dark @ weights, np.full(len(dark), float(weights @ covariance @ weights) ** 0.5))


def _boxes_of(offsets_px: Array, widths_px: Array, crack: CrackFit) -> tuple[Array, Array, Array]:
    same = np.ones(len(widths_px), np.intp)
    boxes = blurred_boxes(offsets_px, widths_px, crack.family * same, crack.sigma * same)
    return boxes.shape, boxes.by_width, boxes.by_centre


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
    noise += covariance + _flat(offsets_px)
    return np.asarray(noise)


def _flat(offsets_px: Array) -> Array:
    """Covariance of an unknown level and slope."""
    x = offsets_px / float(np.abs(offsets_px).max())
    return np.asarray(FLAT_SD**2 * (1.0 + np.outer(x, x)))


def _how_odd(crack: CrackFit) -> float:
    apart = crack.width_px / crack.blur_px / FLANKS_APART
    return 1.0 / (1.0 + apart**3)


def _oddness(mean: Array, offsets_px: Array) -> Array:
    """Covariance of what makes a crack no perfect box, in and right beside it.

    JPEG and demosaicing ring around a dark line, edges are rough, floors uneven.
    """
    step_px = float(offsets_px[1] - offsets_px[0])
    around = maximum_filter1d(np.maximum(mean, 0.0), 2 * round(RINGING_PX / step_px) + 1)
    apart = np.subtract.outer(offsets_px, offsets_px)
    kernel = sum(
        share**2 * np.exp(-((apart / reach) ** 2))
        for share, reach in zip(ODD_SHARE, ODD_REACH_PX, strict=True)
    )
    return np.asarray(np.outer(around, around) * kernel)


def _posterior(
    seen: _Seen,
    widths: Array,
    families: tuple[int, ...],
    sigmas: npt.NDArray[np.intp],
    blur_px: float | None,
) -> _Posterior:
    """Every width, line spread and contrast against the profile."""
    family, sigma = (
        part.ravel() for part in np.meshgrid(np.array(families), sigmas, indexing="ij")
    )
    spreads = len(sigma)
    shapes = half_box_grid(seen.outwards_px, widths, family, sigma)
    shapes = shapes.reshape(-1, len(seen.outwards_px))
    energy = np.maximum(((shapes @ seen.root) ** 2).sum(axis=1), 1e-12)[:, None]
    height = (shapes @ seen.pull)[:, None] / energy
    # The largest array of all, and only shares: single precision is enough.
    best = 0.5 * energy * height**2
    best, scale = (best - best.max()).astype(np.float32), energy.astype(np.float32)
    off = height.astype(np.float32) - CONTRASTS.astype(np.float32)
    off *= off
    off *= -0.5 * scale
    log_share = off.reshape(spreads, len(widths), len(CONTRASTS))
    log_share += best.reshape(spreads, len(widths), 1)
    log_share += log_contrast(CONTRASTS).astype(np.float32)
    # Widths are spaced evenly in their logarithm: any order of magnitude is as likely.
    log_share += log_blur(SIGMAS_PX[sigma], blur_px)[:, None, None].astype(np.float32)
    log_share -= log_share.max()
    share = np.exp(log_share, out=log_share).astype(np.float64)
    return _Posterior(widths, family, sigma, share / share.sum())


def _summary(
    found: _Posterior, mean: Array, offsets_px: Array, root: Array, data: Array
) -> CrackFit:
    share, widths = found.share, found.widths
    of_width = share.sum(axis=(0, 2))
    middle = _quantile(widths, of_width, 0.5)
    # Beyond what u tells: the limits allow for an inside that is lighter than usual.
    careful = share @ caution(CONTRASTS)
    careful = careful.sum(axis=0) / careful.sum()
    low, high = _quantile(widths, careful, 0.025), _quantile(widths, careful, 0.975)
    # Law of total variance: first what the contrast decides, then what the line spread does.
    of_contrast, of_both = share.sum(axis=(0, 1)), share.sum(axis=1)
    by_contrast = np.einsum("swc,w->c", share, widths) / np.maximum(of_contrast, 1e-300)
    by_both = np.einsum("swc,w->sc", share, widths) / np.maximum(of_both, 1e-300)
    average = float(of_width @ widths)
    floor = float(of_contrast @ (by_contrast - average) ** 2)
    blur = float((of_both * (by_both - by_contrast[None, :]) ** 2).sum())
    total = float(of_width @ (widths - average) ** 2)
    spread = int(share.sum(axis=(1, 2)).argmax())
    family, sigma = int(found.families[spread]), int(found.sigmas[spread])

    one = np.array([middle])
    boxes = blurred_boxes(offsets_px, one, np.array([family]), np.array([sigma]))
    box = solve_triangular(root, boxes.shape[0], lower=True)
    energy = float(box @ box)
    contrast = float(np.clip(box @ data / energy, 0.2, 1.0))
    change = solve_triangular(root, contrast * boxes.by_width[0], lower=True)
    bent = -(1.0 - mean) * np.log(np.maximum(1.0 - mean, 0.02)) * CURVE_SD
    curve = float(change @ solve_triangular(root, bent, lower=True) / (change @ change))
    return CrackFit(
        width_px=middle,
        low_px=low,
        high_px=high,
        contrast=contrast,
        blur_px=float(SIGMAS_PX[sigma]),
        u_fit_px=float(np.sqrt(max(total - floor - blur, 0.0))),
        u_floor_px=float(np.sqrt(floor)),
        u_blur_px=float(np.sqrt(blur)),
        u_curve_px=abs(curve),
        signal=float(box @ data / np.sqrt(energy)),
        family=family,
        sigma=sigma,
    )


def _quantile(widths: Array, share: Array, part: float) -> float:
    at = np.interp(part, np.cumsum(share) - 0.5 * share, np.log(widths))
    return float(np.exp(at))
