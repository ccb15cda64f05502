"""Wear: scratches and the many faint short scuffs that make a wall look used."""

from __future__ import annotations

import math

import cv2
import numpy as np
import numpy.typing as npt

from inference.render.specs import SurfaceSpec
from inference.render.surface import Canvas


def lay_wear(canvas: Canvas, spec: SurfaceSpec) -> None:
    """Scratches as asked for, and scuffs on every face."""
    rng = np.random.default_rng((spec.seed, 3))
    size = min(canvas.shape)
    layer = np.zeros(canvas.shape, np.uint8)
    for _ in range(spec.scratches):
        _scratch(layer, rng, size * float(rng.uniform(0.03, 0.35)), int(rng.uniform(40, 255)))
    if spec.scratches:
        depth = np.float32(0.3 if rng.random() < 0.7 else -0.25)
        canvas.log_albedo += depth * (layer.astype(np.float32) / np.float32(255))
    for sign in (0.22, -0.22):
        layer = np.zeros(canvas.shape, np.uint8)
        scuffs = int(rng.uniform(0, 90) * spec.mottling * np.prod(canvas.shape) / 512**2)
        for _ in range(min(scuffs, 3000)):
            length = float(np.exp(rng.uniform(np.log(4), np.log(60))))
            _scratch(layer, rng, length, int(rng.uniform(30, 230)))
        canvas.log_albedo += np.float32(sign * rng.uniform(0.3, 1)) * (
            layer.astype(np.float32) / np.float32(255)
        )


def _scratch(
    layer: npt.NDArray[np.uint8], rng: np.random.Generator, length: float, strength: int
) -> None:
    """A thin stroke, nearly straight: much fainter and straighter than a crack."""
    height, width = layer.shape
    x, y = rng.uniform(0, width), rng.uniform(0, height)
    angle = rng.uniform(0, 2 * math.pi)
    bend = rng.normal(0, 0.04 * length, 2)
    t = np.linspace(0, 1, 8)
    xs = x + length * t * math.cos(angle) + bend[0] * np.sin(math.pi * t)
    ys = y + length * t * math.sin(angle) + bend[1] * np.sin(math.pi * t)
    points = np.round(np.stack([xs, ys], 1) * 16).astype(np.int32)
    cv2.polylines(layer, [points], False, strength, 1, lineType=cv2.LINE_AA, shift=4)
