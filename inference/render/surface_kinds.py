"""Pictures that show one kind of thing each, for a classifier of surface kinds.

Labelled pictures of joints, cables, stains and graffiti are hardly at hand, so they are made. The
kind is the subject, as if somebody had held the camera at it: a picture counts only if the thing
changes enough of it, judged against the same face without the thing. Everything else (concrete,
light, camera, grain, pores) varies alike for all kinds, or it would give them away.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import cv2
import numpy as np

from inference.render.photo import render
from inference.render.scenes import random_scene, random_view
from inference.render.specs import (
    ObjectSpec,
    RenderedPhoto,
    SceneSpec,
    SpecError,
    check,
)

# The first is what is left where nothing else is to be seen.
SURFACE_KINDS = ("plain_surface", "crack", "joint", "cable", "stain", "graffiti", "shadow")

SIDE_PX = 192
ATTEMPTS = 40

# A thing is to be seen if at least this share of the picture differs by this many grey levels, and
# by this part of the picture's mean level: lines, then what covers an area.
VISIBLE_SHARE = {"crack": 0.01, "joint": 0.02, "cable": 0.015, "graffiti": 0.03, "shadow": 0.04,
                 "stain": 0.05}  # fmt: skip
VISIBLE_LEVELS, VISIBLE_CONTRAST = 7, 0.10
LARGEST_SHADOW = 0.9  # a shadow on everything is no shadow
# Standard deviation of the blur before the comparison: what covers an area must change the tone of
# it, not only its grain.
SMOOTHED_PX = {"joint": 0.5, "cable": 0.5, "graffiti": 0.5, "shadow": 1.0, "stain": 2.0}

# The sorts of each kind, as often as they stand here.
CABLES = ("cable", "cable", "pipe")
GRAFFITI = ("name", "name", "graffiti")
SHADOWS = ("edge_shadow", "leaf_shadow", "bar_shadow", "wire_shadow", "branch_shadow")
STAINS = ("stains", "streaks", "rust", "efflorescence", "moss")
JOINTS = ("brick", "block", "tile", "panels", "panels", "open", "sealed")


def kind_photo(kind: str, seed: int, side_px: int = SIDE_PX) -> RenderedPhoto:
    """A square picture that shows ``kind``; the same seed gives the same picture.

    Raises:
        SpecError: for a kind that is none of :data:`SURFACE_KINDS`, or a picture too small for it.
    """
    check(kind in SURFACE_KINDS, f"A surface kind is one of {', '.join(SURFACE_KINDS)}.")
    # Which sort of it is drawn once: the sort that is seen most easily must not win.
    sort = int(np.random.default_rng((seed, 104)).integers(1000))
    for attempt in range(ATTEMPTS):
        number = seed * ATTEMPTS + attempt
        bare = _bare_scene(number, side_px)
        view = random_view(number)
        if kind == "plain_surface":
            return render(bare, view)
        photo = render(_with_kind(bare, kind, sort, number), view)
        if kind == "crack":
            share = float(np.mean(photo.mask > 0))
        else:
            share = _visible_share(photo, render(bare, view), SMOOTHED_PX[kind])
        if share >= VISIBLE_SHARE[kind] and not (kind == "shadow" and share > LARGEST_SHADOW):
            return photo
    raise SpecError(f"{ATTEMPTS} attempts show no {kind} on {side_px} px: ask for more pixels.")


def _bare_scene(seed: int, side_px: int) -> SceneSpec:
    """Concrete with its grain and pores, and nothing on it; one in four has faint clouds."""
    rng = np.random.default_rng((seed, 102))
    gsd = float(np.exp(rng.uniform(np.log(0.25), np.log(2.0))))
    scene = random_scene(seed, side_px, side_px, gsd, 0, distractors=0.0)
    surface = replace(
        scene.surface, panel_mm=None, boards="none", tie_holes=False, dark_joint=False,
        stains=float(rng.uniform(0, 0.25)) if rng.random() < 0.25 else 0.0,
        streaks=0.0, efflorescence=0.0, moss=0.0, rust=0.0, patches=0, scratches=0,
    )  # fmt: skip
    return replace(scene, surface=surface, objects=())


def _with_kind(bare: SceneSpec, kind: str, sort: int, seed: int) -> SceneSpec:
    rng = np.random.default_rng((seed, 103))
    thing = int(rng.integers(2**31))
    if kind == "crack":
        scene = random_scene(seed, bare.width_px, bare.height_px, bare.gsd_mm_per_px, 1)
        return replace(bare, cracks=scene.cracks)
    if kind == "joint":
        return _with_joint(bare, rng, JOINTS[sort % len(JOINTS)], thing)
    if kind == "stain":
        strength: dict[str, Any] = {STAINS[sort % len(STAINS)]: float(rng.uniform(0.8, 1.0))}
        return replace(bare, surface=replace(bare.surface, **strength))
    if kind == "cable":
        names = tuple(rng.choice(CABLES, int(rng.choice([1, 1, 1, 2, 3]))))
    else:
        sorts = GRAFFITI if kind == "graffiti" else SHADOWS
        names = (sorts[sort % len(sorts)],)
    things = tuple(ObjectSpec(str(name), thing + number) for number, name in enumerate(names))
    return replace(bare, objects=things)


def _with_joint(bare: SceneSpec, rng: np.random.Generator, sort: str, thing: int) -> SceneSpec:
    """Between bricks, blocks, tiles or formwork panels; an open joint, or a sealed one."""
    if sort == "sealed":
        return replace(bare, objects=(ObjectSpec("sealant", thing),))
    if sort == "open":
        return replace(bare, surface=replace(bare.surface, dark_joint=True))
    if sort != "panels":
        return replace(bare, surface=replace(bare.surface, masonry=sort))
    side = float(rng.uniform(0.4, 0.9)) * bare.width_px * bare.gsd_mm_per_px
    panels = (side, side * float(rng.uniform(0.6, 1.6)))
    return replace(bare, surface=replace(bare.surface, panel_mm=panels))


def _visible_share(photo: RenderedPhoto, bare: RenderedPhoto, smoothed_px: float) -> float:
    least = max(VISIBLE_LEVELS, VISIBLE_CONTRAST * float(bare.pixels.mean()))
    one, other = (
        cv2.GaussianBlur(each.pixels, (0, 0), smoothed_px).astype(np.int16)
        for each in (photo, bare)
    )
    return float(np.mean(np.abs(one - other).max(axis=2) >= least))
