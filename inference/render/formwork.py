"""Marks of the formwork on the face: boards, panels, tie holes, bugholes and straight joints."""

from __future__ import annotations

import math

import numpy as np

from inference.render.noise import noise_field, smoothstep, standardised
from inference.render.specs import SurfaceSpec
from inference.render.surface import Canvas


def lay_formwork(canvas: Canvas, spec: SurfaceSpec) -> None:
    """Every mark of the mould that the spec asks for."""
    rng = np.random.default_rng((spec.seed, 2))
    if spec.boards != "none":
        _boards(canvas, spec, rng)
    if spec.panel_mm is not None:
        _panels(canvas, spec, rng)
    if spec.pores > 0:
        _bugholes(canvas, spec, rng)
    if spec.dark_joint:
        _open_joint(canvas, rng)


def _boards(canvas: Canvas, spec: SurfaceSpec, rng: np.random.Generator) -> None:
    """Planks side by side: each its own tone and wood grain, a fin or groove between them."""
    height, width = canvas.shape
    upright = spec.boards == "vertical"
    across = width if upright else height
    board_px = max(12.0, canvas.px(spec.board_mm))
    edges = [float(rng.uniform(0, board_px))]
    while edges[-1] < across:
        edges.append(edges[-1] + board_px * float(rng.uniform(0.93, 1.07)))
    position = np.arange(across, dtype=np.float32)
    index = np.searchsorted(np.asarray(edges), position)
    tone = rng.normal(0, 0.055, len(edges) + 1).astype(np.float32)[index]
    level = rng.normal(0, 0.25, len(edges) + 1).astype(np.float32)[index]
    stretch = (1.0, 24.0) if upright else (24.0, 1.0)
    grain = standardised(
        noise_field(rng, canvas.shape, canvas.gsd_mm_per_px, [(2, 0.5), (6, 1.0), (30, 0.7)],
                    stretch=stretch)
    )  # fmt: skip
    strength = float(rng.uniform(0.015, 0.05))
    canvas.log_albedo += np.float32(strength) * grain
    canvas.height += np.float32(0.25) * grain
    lay = (lambda a: a[None, :]) if upright else (lambda a: a[:, None])
    canvas.log_albedo += lay(tone)
    canvas.height += lay(level)
    for edge in edges:
        _straight_line(
            canvas, rng, edge, upright=upright, half_px=max(0.5, canvas.px(0.6)),
            darkness=float(rng.uniform(0.05, 0.45)), broken=0.8,
        )  # fmt: skip


def _panels(canvas: Canvas, spec: SurfaceSpec, rng: np.random.Generator) -> None:
    """Panel joints and, where asked, a grid of tie holes."""
    assert spec.panel_mm is not None
    height, width = canvas.shape
    pitch = (canvas.px(spec.panel_mm[0]), canvas.px(spec.panel_mm[1]))
    first = (float(rng.uniform(0.1, 0.9)) * pitch[0], float(rng.uniform(0.1, 0.9)) * pitch[1])
    half_px = max(0.6, canvas.px(float(rng.uniform(0.7, 2.0))))
    darkness = float(rng.uniform(0.3, 0.9))
    for axis, size in ((0, width), (1, height)):
        for at in np.arange(first[axis] % pitch[axis], size, pitch[axis]):
            _straight_line(
                canvas, rng, float(at), upright=axis == 0, half_px=half_px, darkness=darkness,
                broken=float(rng.uniform(0.2, 0.9)), halo_px=canvas.px(float(rng.uniform(8, 30))),
            )  # fmt: skip
    if spec.tie_holes:
        _tie_holes(canvas, rng, first, pitch)


def _straight_line(
    canvas: Canvas,
    rng: np.random.Generator,
    at_px: float,
    *,
    upright: bool,
    half_px: float,
    darkness: float,
    broken: float,
    halo_px: float = 0.0,
) -> None:
    """A straight dark groove across the whole face, faint and strong by turns."""
    height, width = canvas.shape
    across, along = (width, height) if upright else (height, width)
    reach = int(half_px * 3 + halo_px * 2 + 3)
    low, high = max(0, int(at_px) - reach), min(across, int(at_px) + reach + 1)
    if low >= high:
        return
    where = np.arange(low, high, dtype=np.float32)[None, :]
    strength = noise_field(
        rng, (along, 4), canvas.gsd_mm_per_px, [(6, 0.5), (60, 1.0), (300, 1.0)]
    ).mean(axis=1)
    strength = np.clip(1 - broken * (0.5 + 0.7 * standardised(strength)), 0, 1.2)[:, None]
    drift = noise_field(rng, (along, 4), canvas.gsd_mm_per_px, [(30, 0.5), (300, 1.0)])[:, :1]
    crumble = noise_field(
        rng, (along, high - low), canvas.gsd_mm_per_px, [(1.0, 0.6), (4, 1.0), (15, 0.8)]
    )
    distance = np.abs(where - at_px - np.float32(0.35) * drift)
    ragged = distance + np.float32(0.25 + 0.06 * half_px) * crumble
    groove = np.clip(half_px + 0.5 - ragged, 0, 1) * strength
    layer = -np.float32(darkness) * groove * (1 + np.float32(0.2) * crumble)
    if halo_px > 0:
        layer -= np.float32(rng.uniform(-0.10, 0.14)) * np.exp(-distance / np.float32(halo_px))
    depth = -np.float32(min(2.5, 2 * half_px)) * groove
    window = np.s_[:, low:high] if upright else np.s_[low:high, :]
    canvas.log_albedo[window] += layer if upright else layer.T
    canvas.height[window] += depth if upright else depth.T


def _open_joint(canvas: Canvas, rng: np.random.Generator) -> None:
    """A construction or expansion joint: straight, dark, with parallel edges, perhaps sealed."""
    upright = bool(rng.random() < 0.6)
    across = canvas.shape[1] if upright else canvas.shape[0]
    half_px = max(0.8, canvas.px(float(rng.uniform(1, 7))))
    _straight_line(
        canvas, rng, float(rng.uniform(0.08, 0.92)) * across, upright=upright,
        half_px=min(half_px, 0.012 * across), darkness=float(rng.uniform(0.5, 2.2)), broken=0.2,
        halo_px=canvas.px(float(rng.uniform(3, 15))),
    )  # fmt: skip


def _tie_holes(
    canvas: Canvas,
    rng: np.random.Generator,
    first: tuple[float, float],
    pitch: tuple[float, float],
) -> None:
    # A cone of 22 to 30 mm; never so large on a small panel that holes would touch.
    radius = max(1.5, min(canvas.px(float(rng.uniform(11, 15))), 0.04 * min(pitch)))
    plugged = bool(rng.random() < 0.35)
    inset = 0.22
    for x0 in np.arange(first[0] % pitch[0] - pitch[0], canvas.shape[1], pitch[0]):
        for y0 in np.arange(first[1] % pitch[1] - pitch[1], canvas.shape[0], pitch[1]):
            for fx in (inset, 1 - inset):
                for fy in (inset, 1 - inset):
                    x, y = x0 + fx * pitch[0], y0 + fy * pitch[1]
                    _pit(canvas, rng, x, y, radius, radius, 0.0,
                         darkness=0.12 if plugged else float(rng.uniform(0.5, 0.9)),
                         depth_px=1.0 if plugged else 3.0, flat=True)  # fmt: skip
                    if not plugged:
                        # The bottom lies in the shadow of the upper rim.
                        _pit(canvas, rng, x, y - 0.22 * radius, 0.75 * radius, 0.7 * radius, 0.0,
                             darkness=float(rng.uniform(0.8, 1.6)), depth_px=1.0,
                             flat=True)  # fmt: skip


def _bugholes(canvas: Canvas, spec: SurfaceSpec, rng: np.random.Generator) -> None:
    """Air voids: many small, few large (power law), in loose clusters."""
    height, width = canvas.shape
    area_m2 = height * width * (canvas.gsd_mm_per_px / 1000) ** 2
    smallest_mm = max(1.2, 0.9 * canvas.gsd_mm_per_px)
    density = 2200 * spec.pores**1.5 * (1.2 / smallest_mm) ** 1.3
    count = int(min(6000, rng.poisson(max(area_m2 * density, 20 * spec.pores))))
    clusters = standardised(
        noise_field(rng, (height // 16 + 2, width // 16 + 2), 16 * canvas.gsd_mm_per_px,
                    [(60, 0.6), (300, 1.0)])
    )  # fmt: skip
    diameters = smallest_mm * (1 - rng.random(count)) ** (-1 / 2.0)
    for diameter_mm in np.minimum(diameters, 16.0):
        x, y = float(rng.uniform(0, width)), float(rng.uniform(0, height))
        keep = clusters[int(y) // 16, int(x) // 16]
        if rng.random() > 0.5 + 0.4 * keep:
            continue
        radius = max(0.45, canvas.px(float(diameter_mm)) / 2)
        aspect = float(rng.uniform(0.55, 1.0))
        _pit(
            canvas, rng, x, y, radius, radius * aspect, float(rng.uniform(0, math.pi)),
            darkness=float(rng.uniform(0.4, 1.7)), depth_px=min(3.0, 1.2 * radius), flat=False,
        )  # fmt: skip


def _pit(
    canvas: Canvas,
    rng: np.random.Generator,
    x: float,
    y: float,
    radius_x: float,
    radius_y: float,
    angle: float,
    *,
    darkness: float,
    depth_px: float,
    flat: bool,
) -> None:
    """One hole: darker inside, and deep, so that the light gives it a shadow and a bright rim."""
    height, width = canvas.shape
    reach = int(max(radius_x, radius_y) * 1.6 + 3)
    left, right = max(0, int(x) - reach), min(width, int(x) + reach + 1)
    top, bottom = max(0, int(y) - reach), min(height, int(y) + reach + 1)
    if left >= right or top >= bottom:
        return
    u = np.arange(left, right, dtype=np.float32)[None, :] - np.float32(x)
    v = np.arange(top, bottom, dtype=np.float32)[:, None] - np.float32(y)
    cos, sin = math.cos(angle), math.sin(angle)
    radial = np.hypot((u * cos + v * sin) / radius_x, (v * cos - u * sin) / radius_y)
    if not flat and radius_x > 2:
        around = np.arctan2(v, u)
        phase = rng.uniform(0, 6.28, 2)
        radial = radial * (
            1 + 0.14 * np.sin(2 * around + phase[0]) + 0.09 * np.sin(3 * around + phase[1])
        )
    edge = 0.7 / max(radius_x, 0.7)
    inside = (1 - smoothstep(radial.astype(np.float32), 1 - edge, 1 + edge)).astype(np.float32)
    if not flat:
        inside *= np.clip(1.15 - 0.6 * radial, 0.2, 1).astype(np.float32)
    canvas.log_albedo[top:bottom, left:right] -= np.float32(darkness) * inside
    canvas.height[top:bottom, left:right] -= np.float32(depth_px) * inside
