"""Arrangements of the cracks on a face: single, branching, map cracking, along joints."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.spatial import Voronoi

from inference.render.specs import CrackSpec

LAYOUTS = ("single", "crossing", "branching", "map", "along_joint")


def lay_cracks(
    rng: np.random.Generator,
    layout: str,
    size_mm: tuple[float, float],
    widths_mm: npt.NDArray[np.float64],
    floor_reflectance: float,
) -> tuple[CrackSpec, ...]:
    """Cracks of the given widths in a face of the given size.

    Args:
        layout: one of :data:`LAYOUTS`.
        widths_mm: (K,) one width for each main crack.
        floor_reflectance: about this for each of them.
    """
    if layout == "map":
        return _map(rng, size_mm, float(widths_mm[0]), floor_reflectance)
    if layout == "along_joint":
        return tuple(
            _along_joint(rng, size_mm, float(width), floor_reflectance) for width in widths_mm[:2]
        )
    branches = {"single": 0, "crossing": 1, "branching": 4}[layout]
    return tuple(
        _across(rng, size_mm, float(width), floor_reflectance, int(rng.integers(0, branches + 1)))
        for width in widths_mm
    )


def _character(rng: np.random.Generator, floor: float) -> dict[str, Any]:
    """Looks that differ from crack to crack."""
    return {
        "tortuosity": float(np.clip(rng.normal(0.5, 0.2), 0.12, 1.0)),
        "waviness": float(rng.uniform(0.15, 0.9)),
        "taper": float(rng.uniform(2.0, 7.0)),
        "floor_reflectance": float(np.clip(floor * np.exp(rng.normal(0, 0.3)), 0.02, 0.75)),
        "edge_damage": float(rng.uniform(0.0, 0.9)),
        "efflorescence": float(rng.uniform(0.3, 1.0)) if rng.random() < 0.08 else 0.0,
        "damp": float(rng.uniform(0.2, 0.9)) if rng.random() < 0.12 else 0.0,
    }


def _across(
    rng: np.random.Generator,
    size_mm: tuple[float, float],
    width_mm: float,
    floor: float,
    branches: int,
) -> CrackSpec:
    """A crack that starts somewhere in the middle and often leaves the picture."""
    width, height = size_mm
    length = float(np.exp(rng.uniform(np.log(0.35), np.log(2.2)))) * max(size_mm)
    return CrackSpec(
        seed=int(rng.integers(2**31)),
        start_mm=(float(rng.uniform(0.15, 0.85)) * width, float(rng.uniform(0.15, 0.85)) * height),
        heading_deg=float(rng.uniform(0, 360)),
        length_mm=length,
        width_mm=width_mm,
        forward_share=float(rng.uniform(0.35, 0.75)),
        branches=branches,
        **_character(rng, floor),
    )


def _along_joint(
    rng: np.random.Generator, size_mm: tuple[float, float], width_mm: float, floor: float
) -> CrackSpec:
    """A nearly straight crack, upright or level, as along a cold joint."""
    width, height = size_mm
    upright = rng.random() < 0.5
    at = float(rng.uniform(0.1, 0.9))
    start = (at * width, 0.5 * height) if upright else (0.5 * width, at * height)
    looks = _character(rng, floor) | {"tortuosity": float(rng.uniform(0.08, 0.3))}
    return CrackSpec(
        seed=int(rng.integers(2**31)),
        start_mm=start,
        heading_deg=(90.0 if upright else 0.0) + float(rng.normal(0, 2)),
        length_mm=float(rng.uniform(0.6, 1.8)) * max(size_mm),
        width_mm=width_mm,
        forward_share=0.5,
        **looks,
    )


def _map(
    rng: np.random.Generator, size_mm: tuple[float, float], width_mm: float, floor: float
) -> tuple[CrackSpec, ...]:
    """Map cracking (alkali-silica reaction, shrinkage): the borders of irregular cells."""
    width, height = size_mm
    across = float(rng.uniform(2.5, 6.5))
    pitch = max(size_mm) / across
    columns, rows = math.ceil(width / pitch) + 3, math.ceil(height / pitch) + 3
    grid = np.stack(np.meshgrid(np.arange(columns), np.arange(rows)), -1).reshape(-1, 2)
    sites = (grid - 1 + rng.uniform(-0.42, 0.42, grid.shape)) * pitch
    cells = Voronoi(sites)
    keep = float(rng.uniform(0.55, 1.0))
    looks = _character(rng, floor) | {"taper": 30.0, "efflorescence": 0.0}
    cracks = []
    for first, second in cells.ridge_vertices:
        if first < 0 or second < 0 or rng.random() > keep:
            continue
        a, b = cells.vertices[first], cells.vertices[second]
        middle = (a + b) / 2
        length = float(np.hypot(*(b - a)))
        outside = not (-pitch < middle[0] < width + pitch and -pitch < middle[1] < height + pitch)
        if outside or length < 0.15 * pitch:
            continue
        cracks.append(
            CrackSpec(
                seed=int(rng.integers(2**31)),
                start_mm=(float(a[0]), float(a[1])),
                heading_deg=0.0,
                length_mm=1.3 * length,
                width_mm=width_mm * float(np.exp(rng.normal(0, 0.35))),
                waypoints_mm=((float(a[0]), float(a[1])), (float(b[0]), float(b[1]))),
                **looks,
            )
        )
    return tuple(cracks)
