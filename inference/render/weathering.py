"""Traces of the years on the face: stains, streaks, lime, moss, rust and repairs."""

from __future__ import annotations

import math

import cv2
import numpy as np

from inference.render.noise import Field, noise_field, smoothstep, standardised
from inference.render.specs import SurfaceSpec
from inference.render.surface import Canvas


def lay_weathering(canvas: Canvas, spec: SurfaceSpec) -> None:
    """Every layer whose strength is above zero, oldest first."""
    rng = np.random.default_rng((spec.seed, 4))
    layers = (
        (spec.patches, _patches),
        (spec.stains, _stains),
        (spec.streaks, _streaks),
        (spec.moss, _moss),
        (spec.efflorescence, _efflorescence),
        (spec.rust, _rust),
    )
    for layer_seed, (strength, lay) in enumerate(layers):
        if strength > 0:
            lay(canvas, spec, np.random.default_rng((int(rng.integers(2**31)), layer_seed)))


def _ragged(canvas: Canvas, rng: np.random.Generator, largest_mm: float) -> Field:
    """A cloud with crisp, ragged level lines, as drying water leaves them."""
    fine = min(2.0, 0.02 * largest_mm)
    spectrum = [(fine, 0.30), (5 * fine, 0.45), (0.2 * largest_mm, 0.7), (largest_mm, 1.0)]
    return standardised(
        noise_field(rng, canvas.shape, canvas.gsd_mm_per_px, sorted(spectrum), stretch=(1.0, 1.4))
    )


def _face_mm(canvas: Canvas) -> float:
    return float(min(canvas.shape)) * canvas.gsd_mm_per_px


def _soaked(
    canvas: Canvas, rng: np.random.Generator, cloud: Field, level: float, softness: float
) -> Field:
    """0 outside, 1 inside a level line that is crisp in places and washed out in others."""
    soft = standardised(
        noise_field(rng, canvas.shape, canvas.gsd_mm_per_px, [(60, 0.6), (300, 1.0), (1500, 1.0)])
    )
    steepness = np.exp(np.float32(0.5) * soft) * np.float32(4 / softness)
    inside = 1 / (1 + np.exp(np.clip((np.float32(level) - cloud) * steepness, -30, 30)))
    # Dirt and water lie unevenly within a stain, too.
    return inside * np.clip(0.75 + 0.25 * soft + 0.2 * (cloud - np.float32(level)), 0.1, 1.3)


def _stains(canvas: Canvas, spec: SurfaceSpec, rng: np.random.Generator) -> None:
    cloud = _ragged(canvas, rng, max(60.0, 0.5 * _face_mm(canvas)))
    level = float(rng.uniform(0.3, 1.4))
    sharp = float(np.exp(rng.uniform(np.log(0.9), np.log(4.0))))
    damp = _soaked(canvas, rng, cloud, level, sharp)
    canvas.log_albedo -= np.float32(spec.stains * rng.uniform(0.15, 0.55)) * damp
    canvas.add_tint(damp, (0.02, -0.01, -0.05 * spec.stains))
    # The tide mark at the edge of a dried stain.
    if rng.random() < 0.4:
        rim = np.exp(-(((cloud - np.float32(level)) / np.float32(0.12)) ** 2))
        canvas.log_albedo -= np.float32(0.08 * spec.stains) * rim
    pale = _soaked(canvas, rng, -cloud, level + 0.3, sharp)
    canvas.log_albedo += np.float32(spec.stains * rng.uniform(0, 0.3)) * pale


def _streaks(canvas: Canvas, spec: SurfaceSpec, rng: np.random.Generator) -> None:
    """Water running down: long vertical bands that fade and break up."""
    spectrum = [(3, 0.4), (12, 0.9), (60, 1.0), (250, 0.8)]
    fine = noise_field(rng, canvas.shape, canvas.gsd_mm_per_px, spectrum, stretch=(1.0, 20.0))
    standardised(fine)
    cover = noise_field(rng, canvas.shape, canvas.gsd_mm_per_px, [(200, 0.6), (1500, 1.0)],
                        stretch=(1.0, 3.0))  # fmt: skip
    cover = smoothstep(standardised(cover), -0.6, 1.0)
    dark = smoothstep(fine, 0.3, 2.4) * cover
    canvas.log_albedo -= np.float32(spec.streaks * rng.uniform(0.25, 0.75)) * dark
    if rng.random() < 0.5:
        pale = smoothstep(-fine, 0.9, 2.6) * cover
        canvas.log_albedo += np.float32(spec.streaks * rng.uniform(0.1, 0.45)) * pale


def _moss(canvas: Canvas, spec: SurfaceSpec, rng: np.random.Generator) -> None:
    cloud = _ragged(canvas, rng, max(60.0, 0.4 * _face_mm(canvas)))
    height = canvas.shape[0]
    low = np.linspace(-1.0, 1.0, height, dtype=np.float32)[:, None] * np.float32(rng.uniform(0, 1))
    green = smoothstep(cloud + low, 1.3 - spec.moss, 2.4 - spec.moss)
    tufts = noise_field(rng, canvas.shape, canvas.gsd_mm_per_px, [(1.5, 0.8), (4, 1.0), (10, 0.6)])
    green *= np.clip(0.65 + 0.5 * standardised(tufts), 0, 1.4)
    canvas.log_albedo -= np.float32(0.55 * spec.moss) * green
    canvas.add_tint(green, (-0.16 * spec.moss, 0.01 * spec.moss, -0.28 * spec.moss))


def _efflorescence(canvas: Canvas, spec: SurfaceSpec, rng: np.random.Generator) -> None:
    cloud = _ragged(canvas, rng, max(40.0, 0.3 * _face_mm(canvas)))
    crust = smoothstep(cloud, 1.9 - 0.7 * spec.efflorescence, 2.3 - 0.6 * spec.efflorescence)
    white = np.float32(math.log(0.62 / (sum(canvas.tone) / 3)))
    strength = np.float32(0.55 * spec.efflorescence) * crust
    canvas.log_albedo += strength * np.maximum(white - canvas.log_albedo, 0)
    canvas.height += np.float32(0.5 * spec.efflorescence) * crust
    canvas.add_tint(crust, (0.02, 0.02, 0.03))


def _rust(canvas: Canvas, spec: SurfaceSpec, rng: np.random.Generator) -> None:
    """Brown runs below single points where steel is near the surface."""
    height, width = canvas.shape
    amount = np.zeros(canvas.shape, np.float32)
    for _ in range(1 + int(4 * spec.rust * rng.random())):
        x, y = float(rng.uniform(0, width)), float(rng.uniform(0, 0.8 * height))
        spread = float(rng.uniform(0.006, 0.03)) * min(height, width)
        run = float(rng.uniform(0.1, 0.5)) * height
        u = np.abs(np.arange(width, dtype=np.float32) - np.float32(x))[None, :]
        v = (np.arange(height, dtype=np.float32) - np.float32(y))[:, None]
        down = np.where(v > 0, np.exp(-v / np.float32(run)), np.exp(-((v / spread) ** 2)))
        breadth = spread * (1 + 1.2 * np.clip(v / run, 0, 2))
        amount = np.maximum(amount, np.exp(-((u / breadth) ** 2)) * down.astype(np.float32))
    texture = noise_field(rng, canvas.shape, canvas.gsd_mm_per_px, [(2, 0.5), (15, 1.0), (80, 0.8)],
                          stretch=(1.0, 6.0))  # fmt: skip
    amount *= np.clip(0.75 + 0.35 * standardised(texture), 0, 1.3)
    amount *= np.float32(spec.rust)
    canvas.log_albedo -= np.float32(0.45) * amount
    canvas.add_tint(amount, (0.35, -0.18, -0.85))


def _patches(canvas: Canvas, spec: SurfaceSpec, rng: np.random.Generator) -> None:
    """Repair mortar: a rounded quadrilateral of another grey, smoother, with a thin edge."""
    height, width = canvas.shape
    for _ in range(spec.patches):
        centre = np.array([rng.uniform(0, width), rng.uniform(0, height)])
        half = np.array([rng.uniform(0.05, 0.25) * width, rng.uniform(0.05, 0.25) * height])
        corners = centre + half * np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]])
        corners += rng.normal(0, 0.06, (4, 2)) * half
        flat = np.zeros(canvas.shape, np.uint8)
        cv2.fillPoly(flat, [np.round(corners).astype(np.int32)], 255)
        soft = cv2.blur(flat, (15, 15)).astype(np.float32) / 255
        wobble = noise_field(rng, canvas.shape, canvas.gsd_mm_per_px, [(5, 0.5), (30, 1.0)])
        inside = smoothstep(soft + np.float32(0.16) * standardised(wobble), 0.42, 0.58)
        canvas.log_albedo += np.float32(rng.choice([-0.3, -0.18, 0.15, 0.28])) * inside
        canvas.height += np.float32(rng.uniform(-1.5, 1.5)) * inside
        edge = inside * (1 - inside) * 4
        canvas.log_albedo -= np.float32(rng.uniform(0.05, 0.3)) * edge
