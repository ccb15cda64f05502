"""Fits what all places of a crack share: depth and blur of a dark box, under concrete grain.

The model of a crack is a box of width w, darker than the concrete by the contrast c, blurred by a
line spread of standard deviation σ. Three regimes that the literature measures by three formulas
come out of the one fit, by w against σ:

- w well below σ: the profile shows only the dark area A = w·c. The width is A / c with c from the
  prior on how dark the inside of a crack is (the *dark-area integral*, free of bias from blur).
- w about σ: height and area of the profile tell w from c (the *blurred-box fit*).
- w well above σ: the flanks stand at half depth (the *half-maximum*), whatever the inside is.

The mean profile of the crack is compared with every (w, σ, c): what is common to all its places.
The widths of single runs follow from that, in :mod:`inference.measure.width.run_fit`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.linalg import solve_triangular

from inference.measure.width.blur import (
    FAMILIES,
    GAUSSIAN,
    SIGMAS_PX,
    SOFT_DISC,
    Boxes,
    blurred_boxes,
    half_box_grid,
)
from inference.measure.width.departures import flat, how_odd, oddness
from inference.measure.width.priors import (
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
# With more oddness than this a second fit would say the same.
SINGLE_FIT_ODDNESS = 0.7
# How far from a fit another one of nearly the same profile may be: factor of the limits of the
# width, and blurs of 3 % each.
NEAR_WIDTHS, NEAR_SIGMAS = 1.4, 14


@dataclass(frozen=True, slots=True)
class CrackFit:
    """The parameters that all places of a crack share, in the pixels of the given offsets.

    Attributes:
        width_px: posterior median of the mean width; ``low_px``, ``high_px`` hold 95 % of it.
        contrast: 1 - floor that goes with it. blur_px: σ of the line spread.
        u_fit_px, u_floor_px, u_blur_px, u_curve_px: standard uncertainties from the grain, from
            the floor's darkness, from the blur, and from the camera's curve.
        signal: dark area in standard uncertainties of itself.
        family, sigma: the line spread: see :mod:`inference.measure.width.blur`.
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
        return np.asarray(
            self.contrast * self.boxes(offsets_px, np.array([self.width_px])).shape[0]
        )

    def boxes(self, offsets_px: Array, widths_px: Array) -> Boxes:
        """Boxes of other widths under the crack's own line spread."""
        same = np.ones(len(widths_px), np.intp)
        return blurred_boxes(offsets_px, widths_px, self.family * same, self.sigma * same)


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
        return _fit_crack(
            mean, offsets_px, covariance, how_odd(like.width_px, like.blur_px), blur_px, like
        )
    first = _fit_crack(mean, offsets_px, covariance, 1.0, blur_px)
    odd = how_odd(first.width_px, first.blur_px)
    if odd > SINGLE_FIT_ODDNESS:
        return first
    return _fit_crack(mean, offsets_px, covariance, odd, blur_px)


def _fit_crack(
    mean: Array,
    offsets_px: Array,
    covariance: Array,
    odd: float,
    blur_px: float | None,
    like: CrackFit | None = None,
) -> CrackFit:
    """With ``odd``, 0..1, as the share of the usual departures from a perfect box."""
    noise = covariance + flat(offsets_px) + odd**2 * oddness(mean, offsets_px)
    root: Array = np.linalg.cholesky(noise).astype(np.float64)
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
