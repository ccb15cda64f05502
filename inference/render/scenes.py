"""Random scenes and views of broad variety, for the training of networks.

Every choice follows from the seed. Strengths and frequencies were set by eye beside photographs
of concrete walls; widths are even over the logarithm, so that thin cracks are as frequent as
their difficulty deserves.
"""

from __future__ import annotations

import numpy as np

from inference.render.layouts import LAYOUTS, lay_cracks
from inference.render.photo import render
from inference.render.specs import (
    CONCRETES,
    FINISHES,
    CrackSpec,
    ObjectSpec,
    RenderedPhoto,
    SceneSpec,
    SurfaceSpec,
    ViewSpec,
)

THINNEST_PX, WIDEST_PX = 0.8, 12.0
SHARE_WITHOUT_CRACKS = 0.2


def random_scene(
    seed: int,
    width_px: int,
    height_px: int,
    gsd_mm_per_px: float | None = None,
    n_cracks: int | None = None,
    *,
    layout: str | None = None,
    distractors: float = 0.5,
) -> SceneSpec:
    """A face of concrete nobody has seen before.

    Args:
        gsd_mm_per_px: scale; None = drawn from 0.15 to 1.5.
        n_cracks: number of main cracks; None = drawn, and 0 in a fifth of the scenes.
        layout: one of ``layouts.LAYOUTS``; None = drawn.
        distractors: 0..1, how often things that are not cracks lie about.
    """
    rng = np.random.default_rng((seed, 100))
    drawn_gsd = float(np.exp(rng.uniform(np.log(0.15), np.log(1.5))))
    gsd = drawn_gsd if gsd_mm_per_px is None else gsd_mm_per_px
    if n_cracks is None:
        n_cracks = 0 if rng.random() < SHARE_WITHOUT_CRACKS else int(rng.choice([1, 1, 1, 2, 2, 3]))
    surface = _surface(rng, gsd, (width_px, height_px), distractors)
    cracks: tuple[CrackSpec, ...] = ()
    if n_cracks > 0:
        layout = layout or str(rng.choice(LAYOUTS, p=[0.34, 0.26, 0.22, 0.08, 0.10]))
        widest = min(WIDEST_PX, 0.035 * min(width_px, height_px))
        widths_px = np.exp(rng.uniform(np.log(THINNEST_PX), np.log(widest), n_cracks))
        if layout == "map":
            widths_px = np.minimum(widths_px, 3.5)
        cracks = lay_cracks(
            rng,
            layout,
            (width_px * gsd, height_px * gsd),
            widths_px * gsd,
            float(np.exp(rng.uniform(np.log(0.05), np.log(0.35)))),
        )
    return SceneSpec(width_px, height_px, gsd, surface, cracks, _objects(rng, distractors))


def crack_free_scene(
    seed: int, width_px: int, height_px: int, gsd_mm_per_px: float | None = None
) -> SceneSpec:
    """A face without cracks, full of things that could be taken for one."""
    return random_scene(seed, width_px, height_px, gsd_mm_per_px, 0, distractors=1.0)


def random_view(seed: int, *, clean: bool = False) -> ViewSpec:
    """A camera and its light. ``clean``: a good camera in even light, square on."""
    rng = np.random.default_rng((seed, 101))
    if clean:
        return ViewSpec(
            seed=seed,
            light_azimuth_deg=float(rng.uniform(40, 140)),
            light_relief=float(rng.uniform(0.3, 0.6)),
            exposure=float(rng.uniform(0.9, 1.15)),
            blur_sigma_px=float(rng.uniform(0.6, 0.9)),
            noise=float(rng.uniform(1.0, 2.5)),
        )
    cast = rng.normal(0, 0.05, 3) if rng.random() < 0.88 else rng.normal(0, 0.22, 3)
    gains = np.exp(cast - cast.mean())
    return ViewSpec(
        seed=seed,
        light_azimuth_deg=float(rng.uniform(0, 360)),
        light_relief=float(rng.uniform(0.1, 1.0)),
        light_gradient=float(rng.uniform(0, 0.8)),
        vignette=float(rng.uniform(0, 0.5)),
        exposure=float(np.exp(rng.normal(0, 0.4))),
        white_balance=(float(gains[0]), float(gains[1]), float(gains[2])),
        blur_sigma_px=float(np.exp(rng.normal(np.log(0.65), 0.35))),
        motion_blur_px=float(rng.uniform(1, 5)) if rng.random() < 0.06 else 0.0,
        noise=float(np.exp(rng.uniform(np.log(0.8), np.log(7)))),
        chroma_noise=float(rng.uniform(0, 0.8)),
        sharpening=float(rng.uniform(0.3, 1.3)) if rng.random() < 0.4 else 0.0,
        jpeg_quality=int(rng.integers(55, 97)),
    )


def training_photo(seed: int, width_px: int = 512, height_px: int = 512) -> RenderedPhoto:
    """One varied picture with its mask, cracks or none: what a network trains on."""
    return render(random_scene(seed, width_px, height_px), random_view(seed))


def _surface(
    rng: np.random.Generator, gsd: float, size_px: tuple[int, int], distractors: float
) -> SurfaceSpec:
    face_mm = max(size_px) * gsd
    finish = str(rng.choice(FINISHES, p=[0.17, 0.33, 0.15, 0.17, 0.10, 0.08]))
    formed = finish in ("formed", "smooth")
    panels = None
    if formed and rng.random() < 0.2 + 0.4 * distractors:
        side = float(rng.uniform(0.35, 1.4)) * face_mm
        panels = (side, side * float(rng.uniform(0.5, 2.0)))
    boards = "none"
    if formed and rng.random() < 0.12 + 0.25 * distractors:
        boards = str(rng.choice(["vertical", "horizontal"]))

    def now_and_then(share: float, low: float = 0.2) -> float:
        return float(rng.uniform(low, 1.0)) if rng.random() < share else 0.0

    return SurfaceSpec(
        seed=int(rng.integers(2**31)),
        concrete=str(rng.choice(CONCRETES, p=[0.26, 0.14, 0.17, 0.15, 0.12, 0.06, 0.10])),
        finish=finish,
        mottling=float(rng.uniform(0.1, 1.0)),
        grain=float(rng.uniform(0.1, 1.0)),
        pores=float(rng.uniform(0, 1)) ** 1.3 if rng.random() < 0.75 else 0.0,
        boards=boards,
        board_mm=float(rng.uniform(0.12, 0.5)) * face_mm,
        panel_mm=panels,
        tie_holes=bool(rng.random() < 0.5),
        stains=now_and_then(0.55, 0.1),
        streaks=now_and_then(0.4),
        efflorescence=now_and_then(0.12 + 0.15 * distractors),
        moss=now_and_then(0.08 + 0.12 * distractors),
        rust=now_and_then(0.08 + 0.12 * distractors),
        patches=int(rng.integers(1, 3)) if rng.random() < 0.05 + 0.2 * distractors else 0,
        scratches=int(rng.integers(2, 14)) if rng.random() < 0.1 + 0.4 * distractors else 0,
        dark_joint=bool(rng.random() < 0.05 + 0.25 * distractors),
    )


def _objects(rng: np.random.Generator, distractors: float) -> tuple[ObjectSpec, ...]:
    shares = {
        "cable": 0.14, "pipe": 0.06, "border": 0.12, "graffiti": 0.08, "chalk": 0.12, "label": 0.08,
        "leaf_shadow": 0.10, "edge_shadow": 0.22, "window_light": 0.06,
    }  # fmt: skip
    return tuple(
        ObjectSpec(kind, int(rng.integers(2**31)))
        for kind, share in shares.items()
        if rng.random() < 2 * distractors * share
    )
