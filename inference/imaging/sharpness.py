"""Measures how wide the strong edges of a picture are, in pixels.

How much a known extra blur weakens an edge tells how blurred it already was: a step under
a Gaussian of sigma s has, blurred again by a, a gradient that goes with 1 / sqrt(s² + a²),
and two values of a give s (Zhuo and Sim, *Defocus map estimation from a single image*,
Pattern Recognition 44(9), 2011). Fine grain and thin lines lower the answer by up to a
third, so it errs towards calling a picture sharp.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

Grey = npt.NDArray[np.float32]  # (H, W), sRGB levels 0..255

# 10 to 90 % rise of an edge blurred by a Gaussian, per standard deviation.
_RISE_PER_SIGMA = 2.563

# Gradients are taken after these blurs, px: neighbours in the list make one estimate.
_SCALES_PX = (1.0, 2.0, 4.0)

# Levels per pixel: rounding to 8 bits alone makes about half of this.
_LEAST_GRADIENT = 0.1

_DIRECTIONS = 6
_LEAST_EDGE_POINTS = 40


@dataclass(frozen=True, slots=True)
class Edges:
    """The edges of one piece of a picture.

    Attributes:
        width_px: 10-90 % rise of the strongest 2 %, in any direction.
        strongest: 99.9th percentile of the gradient, levels per pixel.
        strength: (N,) gradient at the points on top of an edge, levels per pixel.
        weakening: (N,) how many times a blur from sigma 1 to 2 px weakens each.
        direction_deg: (N,) of the gradient, 0 to 180.
    """

    width_px: float
    strongest: float
    strength: npt.NDArray[np.float32]
    weakening: npt.NDArray[np.floating]
    direction_deg: npt.NDArray[np.float32]


def measure_edges(grey: Grey) -> Edges:
    """Measure one piece of a picture, (H, W) float32 levels.

    At two scales, taking the wider answer: on a blurred picture noise looks like sharp
    edges to the finer scale only.
    """
    gradients = [_gradient(grey, sigma_px) for sigma_px in _SCALES_PX]
    (fine_x, fine_y, fine), (_, _, middle), (_, _, coarse) = gradients
    on_top = _on_top(fine)
    sigma_px = max(
        _sigma_of_strongest(fine, middle, on_top, *_SCALES_PX[:2]),
        _sigma_of_strongest(middle, coarse, _on_top(middle), *_SCALES_PX[1:]),
    )
    return Edges(
        width_px=sigma_px * _RISE_PER_SIGMA,
        strongest=float(np.percentile(fine, 99.9)),
        strength=fine[on_top],
        weakening=fine[on_top] / np.maximum(middle[on_top], 1e-6),
        direction_deg=np.degrees(np.arctan2(fine_y[on_top], fine_x[on_top])) % 180,
    )


def width_in_worst_direction_px(pieces: Sequence[Edges]) -> float:
    """Edge width, 10-90 % rise in px, in the direction where edges are widest.

    A hand that moves blurs across its path only: along it, edges stay sharp and strong.
    """
    strength = np.concatenate([piece.strength for piece in pieces])
    weakening = np.concatenate([piece.weakening for piece in pieces])
    sector = np.concatenate([piece.direction_deg for piece in pieces]) // (180 / _DIRECTIONS)
    widest_px = 0.0
    for direction in range(_DIRECTIONS):
        here = sector == direction
        if not here.any():
            continue
        strongest = here & (strength >= np.percentile(strength[here], 95))
        if strongest.sum() >= _LEAST_EDGE_POINTS:
            sigma_px = _sigma_px(weakening[strongest], *_SCALES_PX[:2])
            widest_px = max(widest_px, sigma_px * _RISE_PER_SIGMA)
    return widest_px


def _gradient(grey: Grey, sigma_px: float) -> tuple[Grey, Grey, Grey]:
    """Gradient of the blurred picture along x, along y and its magnitude, levels per pixel."""
    blurred = cv2.GaussianBlur(grey, (0, 0), sigma_px)
    along_x = cv2.Sobel(blurred, cv2.CV_32F, 1, 0, ksize=3, scale=1 / 8)
    along_y = cv2.Sobel(blurred, cv2.CV_32F, 0, 1, ksize=3, scale=1 / 8)
    magnitude = cv2.magnitude(along_x, along_y)
    return tuple(np.asarray(part, np.float32) for part in (along_x, along_y, magnitude))  # type: ignore[return-value]


def _on_top(magnitude: Grey) -> npt.NDArray[np.bool_]:
    """Points where the gradient is about the largest of its neighbourhood, flat areas left out."""
    largest_near = cv2.dilate(magnitude, np.ones((3, 3), np.uint8))
    return np.asarray((magnitude >= 0.95 * largest_near) & (magnitude > _LEAST_GRADIENT))


def _sigma_of_strongest(
    less: Grey,
    more: Grey,
    on_top: npt.NDArray[np.bool_],
    sigma_less_px: float,
    sigma_more_px: float,
) -> float:
    """Blur of the strongest edges from the gradients after a lesser and a greater blur."""
    strong = on_top & (less >= np.percentile(less, 98))
    weakening = less[strong] / np.maximum(more[strong], 1e-6)
    return _sigma_px(weakening, sigma_less_px, sigma_more_px)


def _sigma_px(
    weakening: npt.NDArray[np.floating], sigma_less_px: float, sigma_more_px: float
) -> float:
    """Sigma of the Gaussian that blurred these edges, from the median of how they weaken."""
    if not weakening.size:
        return 0.0
    # Below 1 where a neighbour's edge runs into this one.
    ratio_squared = np.maximum(weakening.astype(np.float64) ** 2, 1.0001)
    squared = (sigma_more_px**2 - ratio_squared * sigma_less_px**2) / (ratio_squared - 1)
    return float(np.sqrt(np.clip(np.median(squared), 0.0, 400.0)))
