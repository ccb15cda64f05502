"""Counts false alarms on crack-free pictures, by what they show.

Photographs of ``noncrack_walls`` carry no kinds in their names; ``noncrack_kinds.toml`` says what
each mainly shows. Rendered walls show one kind of thing each, because we put it there; they are
drawn from seeds that no recipe trains on.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from inference.render.photo import render
from inference.render.scenes import random_scene, random_view
from inference.render.specs import OBJECT_KINDS, ObjectSpec, SceneSpec
from inference.training.evaluate.metrics import PictureScore
from inference.training.evaluate.pictures import CLEAN_SHARE_ALLOWED
from inference.types import RgbImage

KINDS_FILE = Path(__file__).with_name("noncrack_kinds.toml")
UNKNOWN_KIND = "unnamed"

# Recipes render from seeds below.
FIRST_SEED = 9_000_000
SIDE_PX = 512

_NOTHING: dict[str, Any] = {
    "panel_mm": None, "boards": "none", "stains": 0.0, "streaks": 0.0, "efflorescence": 0.0,
    "moss": 0.0, "rust": 0.0, "patches": 0, "scratches": 0, "dark_joint": False,
    "tie_holes": False, "pores": 0.0,
}  # fmt: skip
SURFACE_KINDS = ("plain", "pores", "joint", "boards", "stain", "patch", "scratches")
RENDERED_KINDS = (*SURFACE_KINDS, *OBJECT_KINDS)


@cache
def _kinds() -> Mapping[str, Mapping[str, str]]:
    return tomllib.loads(KINDS_FILE.read_text(encoding="utf-8"))


def kind_of(set_name: str, stem: str) -> str:
    """What a crack-free picture of a set mainly shows; ``unnamed`` where nobody looked."""
    return _kinds().get(set_name, {}).get(stem, UNKNOWN_KIND)


def rendered_walls(kind: str, count: int) -> Iterator[RgbImage]:
    """Walls without cracks that show one kind of thing, (512, 512, 3) uint8 RGB.

    Args:
        kind: one of :data:`RENDERED_KINDS`.

    Raises:
        ValueError: for another kind.
    """
    if kind not in RENDERED_KINDS:
        raise ValueError(f"There is no kind {kind!r}. Kinds: {', '.join(RENDERED_KINDS)}.")
    first = FIRST_SEED + 10_000 * RENDERED_KINDS.index(kind)
    for seed in range(first, first + count):
        yield render(_scene(kind, seed), random_view(seed)).pixels


def by_kind(scores: Sequence[PictureScore], kinds: Sequence[str]) -> dict[str, dict[str, Any]]:
    """False alarms of crack-free pictures, by the kind of each; the worst kind first.

    Returns:
        Per kind ``n_images``, ``marked_share`` of all its pixels, ``worst_marked_share`` of one
        picture, ``n_images_over_0_1_percent``.
    """
    found = {}
    for kind in dict.fromkeys(kinds):
        of_kind = [score for score, each in zip(scores, kinds, strict=True) if each == kind]
        shares = [score.marked_px / score.size_px for score in of_kind]
        found[kind] = {
            "n_images": len(of_kind),
            "marked_share": round(
                sum(score.marked_px for score in of_kind) / sum(score.size_px for score in of_kind),
                6,
            ),
            "worst_marked_share": round(max(shares), 6),
            "n_images_over_0_1_percent": sum(share > CLEAN_SHARE_ALLOWED for share in shares),
        }
    return dict(sorted(found.items(), key=lambda item: -item[1]["marked_share"]))


def _scene(kind: str, seed: int) -> SceneSpec:
    """A varied face with nothing on it but that kind of thing."""
    scene = random_scene(seed, SIDE_PX, SIDE_PX, n_cracks=0, distractors=0.0)
    rng = np.random.default_rng((seed, 300))
    objects = (ObjectSpec(kind, seed),) if kind in OBJECT_KINDS else ()
    surface = replace(scene.surface, **(_NOTHING | _surface_of(kind, rng, scene)))
    return replace(scene, surface=surface, objects=objects)


def _surface_of(kind: str, rng: np.random.Generator, scene: SceneSpec) -> dict[str, Any]:
    """The fields of :class:`SurfaceSpec` that make a kind."""
    face_mm = SIDE_PX * scene.gsd_mm_per_px
    strong = float(rng.uniform(0.5, 1.0))
    if kind == "pores":
        return {"pores": strong}
    if kind == "joint":
        side_mm = float(rng.uniform(0.35, 0.9)) * face_mm
        return {
            "finish": "formed",
            "panel_mm": (side_mm, side_mm * float(rng.uniform(0.5, 2.0))),
            "dark_joint": bool(rng.random() < 0.5),
            "tie_holes": bool(rng.random() < 0.5),
        }
    if kind == "boards":
        return {"finish": "formed", "boards": str(rng.choice(["vertical", "horizontal"]))}
    if kind == "stain":
        main = str(rng.choice(["stains", "streaks", "efflorescence", "moss", "rust"]))
        return {main: strong}
    if kind == "patch":
        return {"patches": int(rng.integers(1, 3))}
    if kind == "scratches":
        return {"scratches": int(rng.integers(4, 14))}
    return {}
