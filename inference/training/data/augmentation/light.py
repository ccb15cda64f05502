"""Changes by light: cast shadows, noon, dusk. Only multiplied, so that cracks stay visible."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from inference.training.data.augmentation.fields import irregular_field, smooth_field
from inference.types import RgbImage

# A picture is not made darker than this on average: detail that is gone teaches nothing.
DARKEST_MEAN = 45.0


def cast_shadow(pixels: RgbImage, rng: np.random.Generator) -> RgbImage:
    """The soft-edged shadow of something with straight or bent edges."""
    height, width = pixels.shape[:2]
    corners = rng.uniform(-0.3, 1.3, (int(rng.integers(3, 7)), 2)) * (width, height)
    shade = np.zeros((height, width), dtype=np.float32)
    cv2.fillPoly(shade, [corners.astype(np.int32)], (1.0,))
    edge_px = float(np.exp(rng.uniform(np.log(0.7), np.log(0.06 * max(height, width)))))
    soft = np.asarray(cv2.GaussianBlur(shade, (0, 0), edge_px), dtype=np.float32)
    gain = 1 - soft * float(rng.uniform(0.2, 0.7))
    return np.asarray(pixels * gain[..., None], dtype=np.uint8)


def noon(pixels: RgbImage, rng: np.random.Generator) -> RgbImage:
    """A high sun: overexposed, with the hard shadow of a railing, branches or an edge.

    The shade gets its light from the sky, so it is bluish.
    """
    height, width = pixels.shape[:2]
    shapes = (_bars, _leaves, _edge)
    shade = shapes[int(rng.integers(len(shapes)))](height, width, rng)
    # The sun is half a degree wide: the rim of a shadow is as soft as its thrower is far away.
    rim_px = float(np.exp(rng.uniform(np.log(0.6), np.log(0.006 * max(height, width) + 1))))
    soft = np.asarray(cv2.GaussianBlur(shade, (0, 0), rim_px), np.float32)
    dark = float(rng.uniform(0.35, 0.65))
    sky = np.array([-0.06, 0.0, 0.08], np.float32) * float(rng.uniform(0, 1))
    gain = 1 - soft[..., None] * (dark - sky)
    # Exposed so that the brighter half nears white, but no more: detail that is gone teaches
    # nothing.
    middle = float(np.percentile(pixels, 60))
    exposure = min(float(rng.uniform(1.15, 1.7)), 238 / max(middle, 1.0))
    return _developed(pixels * (gain * max(exposure, 1.0)))


def dusk(pixels: RgbImage, rng: np.random.Generator) -> RgbImage:
    """Little light, from one side, orange or blue, with the noise of a raised sensitivity."""
    height, width = pixels.shape[:2]
    angle = float(rng.uniform(0, 2 * np.pi))
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j].astype(np.float32)
    slope = float(rng.uniform(0.1, 0.5))
    fall = 1 - slope * (np.cos(angle) * x + np.sin(angle) * y) / np.sqrt(2)
    warm = float(rng.uniform(-0.8, 1.0))
    tint = 1 + warm * np.array([0.22, 0.0, -0.28], np.float32)
    level = max(float(rng.uniform(0.38, 0.8)), min(1.0, DARKEST_MEAN / max(pixels.mean(), 1.0)))
    lit = pixels * (fall * level)[..., None] * tint
    if rng.random() < 0.3:
        lit = lit * _lamp(x, y, rng)[..., None]
    # Photons are few, so their number scatters by its root; a little read noise on top.
    grain = rng.standard_normal((height, width, 3), dtype=np.float32)
    scatter = float(rng.uniform(0.15, 0.6)) * np.sqrt(np.clip(lit, 0, 255)) + 1.0
    noisy = lit + grain * scatter
    return np.asarray(np.clip(noisy, 0, 255), np.uint8)


def _lamp(
    x: npt.NDArray[np.float32], y: npt.NDArray[np.float32], rng: np.random.Generator
) -> npt.NDArray[np.float32]:
    """The pool of light of a lamp or torch: up to three times brighter in its middle."""
    centre_x, centre_y = rng.uniform(-0.9, 0.9, 2)
    reach = float(rng.uniform(0.4, 1.2))
    distance = ((x - centre_x) ** 2 + (y - centre_y) ** 2) / reach**2
    pool: npt.NDArray[np.float32] = 1 + float(rng.uniform(0.6, 2.0)) / (1 + distance) ** 2
    return pool.astype(np.float32)


def _developed(light: npt.NDArray[np.floating]) -> RgbImage:
    """Bright values bend towards white as a camera's curve does, instead of being cut off."""
    knee = 200.0
    above = np.maximum(light - knee, 0)
    bent = np.minimum(light, knee) + (255 - knee) * (1 - np.exp(-above / (255 - knee)))
    return np.asarray(np.clip(bent, 0, 255), np.uint8)


def _bars(height: int, width: int, rng: np.random.Generator) -> npt.NDArray[np.float32]:
    """The shadow of a railing or ladder: parallel bars."""
    shade = np.zeros((height, width), np.float32)
    angle = float(rng.uniform(0, np.pi))
    along = np.array([np.cos(angle), np.sin(angle)])
    across = np.array([-along[1], along[0]])
    side = float(max(height, width))
    spacing = float(rng.uniform(0.08, 0.35)) * side
    bar_px = max(1, int(spacing * rng.uniform(0.1, 0.4)))
    middle = rng.uniform(0.2, 0.8, 2) * (width, height)
    for number in range(-int(side / spacing) - 1, int(side / spacing) + 2):
        start = middle + across * number * spacing
        ends = np.stack([start - along * 2 * side, start + along * 2 * side])
        cv2.polylines(shade, [ends.round().astype(np.int32)], False, (1.0,), bar_px)
    return shade


def _leaves(height: int, width: int, rng: np.random.Generator) -> npt.NDArray[np.float32]:
    """The dappled shadow of a tree: where many leaves overlap no sun comes through, where few
    do, spots of it."""
    side = max(height, width)
    crown = irregular_field(height, width, float(rng.uniform(0.3, 0.7)) * side, rng)
    leaves = smooth_field(height, width, float(rng.uniform(0.015, 0.045)) * side, rng)
    cover = crown + 0.7 * leaves + float(rng.uniform(-0.6, 0.4))
    # A spot of sun is an image of the sun's disc, so its rim is never sharp.
    return np.asarray(np.clip(cover / float(rng.uniform(0.6, 1.6)) + 0.5, 0, 1), np.float32)


def _edge(height: int, width: int, rng: np.random.Generator) -> npt.NDArray[np.float32]:
    """The shadow of a beam or roof: everything on one side of a straight line."""
    angle = float(rng.uniform(0, 2 * np.pi))
    centre = rng.uniform(0.2, 0.8, 2) * (width, height)
    y, x = np.mgrid[0:height, 0:width]
    side = (x - centre[0]) * np.cos(angle) + (y - centre[1]) * np.sin(angle) > 0
    return side.astype(np.float32)
