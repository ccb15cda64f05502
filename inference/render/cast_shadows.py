"""Thin shadows of railings, wires and bare branches on the face: dark and long, but no cracks.

A shadow's edge is as soft as its caster is far: the sun is half a degree wide, so a metre of
distance blurs by nine millimetres.
"""

from __future__ import annotations

import math

import cv2
import numpy as np
import numpy.typing as npt

from inference.render.noise import Field

Layer = npt.NDArray[np.uint8]
SUBPIXEL = 16  # polylines are drawn with 4 fractional bits


def bar_shadow(size: tuple[int, int], rng: np.random.Generator) -> Field:
    """The shadow of a railing or fence: parallel bars, and a rail or two across them."""
    side = max(size)
    layer = _blank(size)
    angle = float(rng.choice([0.0, math.pi / 2])) + float(rng.normal(0, 0.35))
    pitch = side * float(rng.uniform(0.10, 0.40))
    breadth = side * float(rng.uniform(0.012, 0.06))
    first = float(rng.uniform(0, pitch))
    for at in np.arange(first - side, side, pitch):
        _bar(layer, angle, at, breadth)
    for _ in range(int(rng.integers(0, 3))):
        _bar(layer, angle + math.pi / 2, float(rng.uniform(-0.4, 0.4)) * side, breadth)
    return _shade(layer, side * _between(rng, 0.002, 0.012), float(rng.uniform(0.3, 0.65)))


def wire_shadow(size: tuple[int, int], rng: np.random.Generator) -> Field:
    """The shadows of one to three hanging wires."""
    width, height = size
    side = max(size)
    layer = _blank(size)
    angle = float(rng.uniform(0, math.pi))
    t = np.linspace(-1.0, 1.0, 60)
    sag = side * float(rng.normal(0, 0.08))
    middle = np.array([width, height]) * rng.uniform(0.3, 0.7, 2)
    for number in range(int(rng.integers(1, 4))):
        across = sag * (1 - t**2) + number * side * float(rng.uniform(0.04, 0.15))
        xs = middle[0] + side * t * math.cos(angle) - across * math.sin(angle)
        ys = middle[1] + side * t * math.sin(angle) + across * math.cos(angle)
        _line(layer, xs, ys, max(1, round(side * _between(rng, 0.004, 0.014))))
    return _shade(layer, side * _between(rng, 0.0015, 0.006), float(rng.uniform(0.25, 0.6)))


def branch_shadow(size: tuple[int, int], rng: np.random.Generator) -> Field:
    """The shadow of a bare branch that forks and thins."""
    side = max(size)
    layer = _blank(size)
    begin = np.array(size) * rng.uniform(-0.05, 1.05, 2)
    towards = math.atan2(size[1] / 2 - begin[1], size[0] / 2 - begin[0])
    _grow(layer, rng, begin, towards, side * float(rng.uniform(0.02, 0.05)), side)
    return _shade(layer, side * _between(rng, 0.002, 0.008), float(rng.uniform(0.3, 0.65)))


def _grow(
    layer: Layer,
    rng: np.random.Generator,
    begin: npt.NDArray[np.float64],
    heading: float,
    breadth: float,
    side: int,
) -> None:
    """One shoot with its side shoots."""
    length = side * float(rng.uniform(0.25, 0.45)) * min(1.0, 20 * breadth / side + 0.3)
    headings = heading + np.cumsum(rng.normal(0, 0.10, 12))
    steps = length / 12 * np.stack([np.cos(headings), np.sin(headings)], axis=1)
    points = begin + np.vstack([[0.0, 0.0], np.cumsum(steps, axis=0)])
    for number in range(12):
        thick = max(1, round(breadth * (1 - 0.5 * number / 12)))
        _line(layer, points[number : number + 2, 0], points[number : number + 2, 1], thick)
    if breadth < 1.2:
        return
    for number in rng.choice(np.arange(4, 13), size=int(rng.integers(2, 4)), replace=False):
        turned = float(headings[min(int(number), 11)] + rng.choice([-1, 1]) * rng.uniform(0.3, 0.9))
        _grow(layer, rng, points[int(number)], turned, breadth * 0.5, side)


def _between(rng: np.random.Generator, low: float, high: float) -> float:
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))


def _blank(size: tuple[int, int]) -> Layer:
    return np.zeros((size[1], size[0]), np.uint8)


def _bar(layer: Layer, angle: float, at_px: float, breadth: float) -> None:
    """A straight bar through the whole picture, ``at_px`` off its middle."""
    height, width = layer.shape
    reach = 2.0 * max(layer.shape)
    middle = np.array([width / 2 - at_px * math.sin(angle), height / 2 + at_px * math.cos(angle)])
    along = reach * np.array([math.cos(angle), math.sin(angle)])
    ends = np.stack([middle - along, middle + along])
    _line(layer, ends[:, 0], ends[:, 1], max(1, round(breadth)))


def _line(
    layer: Layer, xs: npt.NDArray[np.floating], ys: npt.NDArray[np.floating], breadth: int
) -> None:
    points = np.round(np.stack([xs, ys], 1) * SUBPIXEL).astype(np.int32)
    cv2.polylines(layer, [points], False, 255, breadth, lineType=cv2.LINE_AA, shift=4)


def _shade(layer: Layer, penumbra_px: float, depth: float) -> Field:
    soft = np.asarray(cv2.GaussianBlur(layer, (0, 0), max(0.5, penumbra_px)), np.float32)
    return (1 - np.float32(depth / 255) * soft).astype(np.float32)
