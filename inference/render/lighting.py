"""Light on the face: raking light over the relief, unevenness over the picture, cast shadows."""

from __future__ import annotations

import math

import cv2
import numpy as np
import numpy.typing as npt

from inference.render.cast_shadows import bar_shadow, branch_shadow, wire_shadow
from inference.render.noise import Field, noise_field, resized, smoothstep, standardised
from inference.render.specs import ObjectSpec, ViewSpec

REDUCTION = 8  # light varies slowly: it is computed at this fraction of the size


def relief_shading(height: Field, view: ViewSpec) -> Field:
    """(H, W) factor about 1: slopes that face the light are brighter (Lambert, first order)."""
    azimuth = math.radians(view.light_azimuth_deg)
    to_light = (math.cos(azimuth), -math.sin(azimuth))
    horizontal = np.array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]], np.float32) / 8
    kernel = -(to_light[0] * horizontal + to_light[1] * horizontal.T)
    filtered = cv2.filter2D(height, cv2.CV_32F, kernel, borderType=cv2.BORDER_REFLECT_101)
    slope: Field = np.asarray(filtered, np.float32)
    slope *= np.float32(0.55 * view.light_relief)
    slope += 1
    return np.clip(slope, np.float32(0.3), np.float32(1.9), out=slope)


def illumination(
    size: tuple[int, int], view: ViewSpec, shadows: tuple[ObjectSpec, ...]
) -> npt.NDArray[np.float32]:
    """(H, W) factor: gradient, vignette and shadows for a picture of ``size`` (width, height)."""
    width, height = size
    small = (max(2, -(-width // REDUCTION)), max(2, -(-height // REDUCTION)))
    x = np.linspace(-1, 1, small[0], dtype=np.float32)[None, :]
    y = np.linspace(-1, 1, small[1], dtype=np.float32)[:, None]
    rng = np.random.default_rng((view.seed, 5))
    angle = rng.uniform(0, 2 * math.pi)
    ramp = x * np.float32(math.cos(angle)) + y * np.float32(math.sin(angle))
    field = 1 + np.float32(0.5 * view.light_gradient) * ramp
    field = field * (1 - np.float32(view.vignette) * np.float32(0.5) * (x * x + y * y))
    light = resized(np.maximum(field, np.float32(0.15)), (height, width))
    for shadow in shadows:
        light *= _SHADOWS[shadow.kind](size, np.random.default_rng((shadow.seed, 6)))
    return light


def _edge_shadow(size: tuple[int, int], rng: np.random.Generator) -> Field:
    """The shadow of a beam, parapet or roof edge: one straight border, sharp or soft."""
    width, height = size
    angle = rng.uniform(0, 2 * math.pi)
    x = (np.arange(width, dtype=np.float32) - np.float32(width / 2))[None, :]
    y = (np.arange(height, dtype=np.float32) - np.float32(height / 2))[:, None]
    scaled = (x * math.cos(angle) + y * math.sin(angle)) / max(size)
    across: Field = (scaled - rng.uniform(-0.3, 0.3)).astype(np.float32)
    softness = float(np.exp(rng.uniform(np.log(0.002), np.log(0.12))))
    depth = np.float32(rng.uniform(0.2, 0.65))
    return 1 - depth * smoothstep(across, -softness, softness)


def _leaf_shadow(size: tuple[int, int], rng: np.random.Generator) -> Field:
    """Dappled shade of foliage."""
    width, height = size
    shape = (-(-height // 2), -(-width // 2))
    unit = 1000.0 / max(shape)
    cloud = standardised(
        noise_field(rng, shape, unit, [(25, 0.4), (60, 1.0), (200, 1.0), (500, 0.8)])
    )
    softness = float(rng.uniform(0.4, 1.2))
    level = float(rng.uniform(-0.3, 0.9))
    shade = 1 - np.float32(rng.uniform(0.25, 0.6)) * smoothstep(cloud, level, level + softness)
    # The sun is half a degree wide: leaves some metres away have no sharp shadow.
    penumbra = max(shape) * float(rng.uniform(0.004, 0.02))
    return resized(np.asarray(cv2.GaussianBlur(shade, (0, 0), penumbra), np.float32), size[::-1])


def _window_light(size: tuple[int, int], rng: np.random.Generator) -> Field:
    """A bright quadrilateral, as light through an opening falls on a wall."""
    width, height = size
    centre = np.array([rng.uniform(0, width), rng.uniform(0, height)])
    half = np.array([rng.uniform(0.1, 0.35) * width, rng.uniform(0.15, 0.4) * height])
    corners = centre + half * (
        np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) + rng.normal(0, 0.2, (4, 2))
    )
    flat = np.zeros((height, width), np.uint8)
    cv2.fillPoly(flat, [np.round(corners).astype(np.int32)], 255)
    soft = np.asarray(cv2.GaussianBlur(flat, (0, 0), float(rng.uniform(1.0, 6.0))), np.float32)
    patch: Field = soft / np.float32(255) - np.float32(0.4)
    return (1 + float(rng.uniform(0.2, 0.8)) * patch).astype(np.float32)


_SHADOWS = {
    "edge_shadow": _edge_shadow,
    "leaf_shadow": _leaf_shadow,
    "window_light": _window_light,
    "bar_shadow": bar_shadow,
    "wire_shadow": wire_shadow,
    "branch_shadow": branch_shadow,
}
SHADOW_KINDS = tuple(_SHADOWS)
