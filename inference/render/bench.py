"""The bench photo: 12 megapixels, 30 cracks, 20 m of line at 1 mm/px, textured concrete."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from inference.render.paths import lay_out
from inference.render.specs import (
    CrackSpec,
    ObjectSpec,
    SceneSpec,
    SpecError,
    SurfaceSpec,
    ViewSpec,
)

BENCH_SEED = 20_240_601
WIDTH_PX, HEIGHT_PX = 4000, 3000
GSD_MM_PER_PX = 1.0
CRACKS = 30
TOTAL_LENGTH_MM = 20_000.0
APART_MM = 45.0  # between any two cracks: so that what is one crack is never in doubt
MARGIN_MM = 40.0
ATTEMPTS = 4000


def bench_scene() -> tuple[SceneSpec, ViewSpec]:
    """The scene and the view; always the same."""
    rng = np.random.default_rng(BENCH_SEED)
    shares = rng.uniform(0.5, 1.7, CRACKS)
    lengths = np.sort(TOTAL_LENGTH_MM * shares / shares.sum())[::-1]  # long ones find room first
    widths = np.exp(np.linspace(np.log(1.2), np.log(8.0), CRACKS))
    rng.shuffle(widths)
    cracks: list[CrackSpec] = []
    taken: list[npt.NDArray[np.float64]] = []
    for number, (length, width) in enumerate(zip(lengths, widths, strict=True)):
        spec, points = _place(rng, f"B{number + 1:02d}", float(length), float(width), taken)
        cracks.append(spec)
        taken.append(points)
    surface = SurfaceSpec(
        seed=BENCH_SEED, concrete="grey", finish="formed", mottling=0.7, grain=0.7, pores=0.5,
        panel_mm=(2450.0, 1320.0), tie_holes=True, stains=0.5, streaks=0.5, efflorescence=0.25,
        moss=0.2, patches=1, scratches=12,
    )  # fmt: skip
    scene = SceneSpec(
        WIDTH_PX, HEIGHT_PX, GSD_MM_PER_PX, surface, tuple(cracks), (ObjectSpec("edge_shadow", 4),)
    )
    view = ViewSpec(seed=1, blur_sigma_px=0.7, noise=2.0, light_gradient=0.3, jpeg_quality=93)
    return scene, view


def _place(
    rng: np.random.Generator,
    name: str,
    length_mm: float,
    width_mm: float,
    taken: list[npt.NDArray[np.float64]],
) -> tuple[CrackSpec, npt.NDArray[np.float64]]:
    """A crack of this length that lies wholly in the picture, apart from the others."""
    size = np.array([WIDTH_PX, HEIGHT_PX]) * GSD_MM_PER_PX
    for _ in range(ATTEMPTS):
        spec = CrackSpec(
            seed=int(rng.integers(2**31)),
            start_mm=(float(rng.uniform(0, size[0])), float(rng.uniform(0, size[1]))),
            heading_deg=float(rng.uniform(0, 360)),
            length_mm=length_mm,
            width_mm=width_mm,
            forward_share=0.5,
            tortuosity=float(rng.uniform(0.25, 0.55)),
            waviness=float(rng.uniform(0.2, 0.5)),
            taper=4.0,
            floor_reflectance=float(rng.uniform(0.06, 0.2)),
            edge_damage=0.2,
            name=name,
        )
        points = lay_out(spec, 4.0)[0].points_mm
        inside = (points > MARGIN_MM).all() and (points < size - MARGIN_MM).all()
        if inside and all(_distance(points, other) > APART_MM for other in taken):
            return spec, points
    raise SpecError(f"No room for crack {name} of {length_mm:.0f} mm in the bench picture.")


def _distance(a: npt.NDArray[np.float64], b: npt.NDArray[np.float64]) -> float:
    """The smallest distance between two lines, to a few millimetres."""
    a, b = a[::3], b[::3]
    return float(np.sqrt(((a[:, None, :] - b[None, :, :]) ** 2).sum(axis=2).min()))
