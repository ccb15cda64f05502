"""Masonry walls: bricks, blocks and tiles with the joints between them.

A joint is no crack, but it is dark, thin and long. Units differ in tone and lie a little off
their place; mortar is paler or darker than they are, recessed, and crumbles at its edges.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from inference.render.noise import Field, noise_field, smoothstep, standardised
from inference.render.specs import SurfaceSpec
from inference.render.surface import Canvas

# Width and height of a unit and the joint, mm: German normal format brick, concrete block, tiles.
UNITS: dict[str, tuple[tuple[float, float, float], ...]] = {
    "brick": ((240.0, 71.0, 12.0), (215.0, 65.0, 10.0)),
    "block": ((390.0, 190.0, 10.0), (495.0, 240.0, 8.0)),
    "tile": ((150.0, 150.0, 3.0), (300.0, 300.0, 4.0), (300.0, 600.0, 4.0), (65.0, 240.0, 6.0)),
}
FIRED = ((0.34, 0.13, 0.08), (0.28, 0.10, 0.07), (0.40, 0.22, 0.12), (0.50, 0.38, 0.24))
SMALLEST_JOINT_PX = 1.3
SMALLEST_UNIT_PX = 24.0


def lay_masonry(canvas: Canvas, spec: SurfaceSpec) -> None:
    """Cut the face into units and joints; nothing for ``spec.masonry == "none"``."""
    if spec.masonry == "none":
        return
    rng = np.random.default_rng((spec.seed, 8))
    sizes = UNITS[spec.masonry]
    width_mm, height_mm, joint_mm = sizes[rng.integers(len(sizes))]
    # Seen from afar, joints are as wide as the eye makes them: never below a pixel or so.
    unit = (
        max(SMALLEST_UNIT_PX, canvas.px(width_mm)),
        max(SMALLEST_UNIT_PX / 2, canvas.px(height_mm)),
    )
    half_px = max(SMALLEST_JOINT_PX, canvas.px(joint_mm) * float(rng.uniform(0.8, 1.3))) / 2
    # Bricks and blocks break their joints by half a unit; most tiles do not.
    offset = 0.0 if spec.masonry == "tile" and rng.random() < 0.75 else 0.5
    distance, number = _units(canvas.shape, unit, offset, rng)
    crumble = standardised(
        noise_field(rng, canvas.shape, canvas.gsd_mm_per_px, [(1.0, 0.5), (4, 1.0), (15, 0.7)])
    )
    ragged = (0.06 if spec.masonry == "tile" else 0.30) * half_px
    inside = smoothstep(distance + np.float32(ragged) * crumble, half_px - 0.6, half_px + 0.6)
    if spec.masonry == "brick":
        _fire(canvas, inside, rng)
    if spec.masonry == "tile":
        canvas.height *= np.float32(0.35)
    tone = rng.normal(0, 0.16 if spec.masonry == "brick" else 0.05, 4096).astype(np.float32)
    canvas.log_albedo += tone[number % len(tone)] * inside
    mortar = float(rng.choice([-1.0, -0.6, -0.35, 0.25, 0.5]))
    canvas.log_albedo += np.float32(mortar) * (1 - inside) * (1 + np.float32(0.12) * crumble)
    canvas.height += np.float32(min(2.5, 1.6 * half_px)) * inside


def _units(
    shape: tuple[int, int],
    unit_px: tuple[float, float],
    offset: float,
    rng: np.random.Generator,
) -> tuple[Field, npt.NDArray[np.int64]]:
    """Distance of each pixel to the middle of the nearest joint, and the number of its unit."""
    height, width = shape
    # Nobody lays units quite straight: each course and each unit is off by a hair.
    off_px = min(1.2, 0.012 * unit_px[1])
    drift = [
        standardised(np.asarray(cv2.GaussianBlur(_grain(rng, shape), (0, 0), 25), np.float32))
        for _ in range(2)
    ]
    x = np.arange(width, dtype=np.float32)[None, :] + np.float32(off_px) * drift[0]
    y = np.arange(height, dtype=np.float32)[:, None] + np.float32(off_px) * drift[1]
    y = y / np.float32(unit_px[1]) + np.float32(rng.uniform(0, 1))
    row = np.floor(y)
    x = x / np.float32(unit_px[0]) + np.float32(rng.uniform(0, 1)) + np.float32(offset) * (row % 2)
    column = np.floor(x)
    across = (0.5 - np.abs(x - column - 0.5)) * np.float32(unit_px[0])
    along = (0.5 - np.abs(y - row - 0.5)) * np.float32(unit_px[1])
    number = row.astype(np.int64) * 61 + column.astype(np.int64)
    return np.minimum(across, along).astype(np.float32), number


def _fire(canvas: Canvas, inside: Field, rng: np.random.Generator) -> None:
    """Fired clay in place of the concrete's grey."""
    colour = np.asarray(FIRED[rng.integers(len(FIRED))], np.float32)
    red, green, blue = (float(v) for v in np.log(colour / np.asarray(canvas.tone, np.float32)))
    canvas.add_tint(inside, (red, green, blue))


def _grain(rng: np.random.Generator, shape: tuple[int, int]) -> Field:
    return rng.standard_normal(shape, dtype=np.float32)
