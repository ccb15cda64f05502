"""Pictures of one kind of thing each: repeatable, visible, and what their names say."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from inference.render.photo import render
from inference.render.specs import (
    MASONRIES,
    ObjectSpec,
    SceneSpec,
    SpecError,
    SurfaceSpec,
    ViewSpec,
)
from inference.render.surface_kinds import SURFACE_KINDS, kind_photo

SIDE_PX = 128
PLAIN = SceneSpec(SIDE_PX, SIDE_PX, 1.0, SurfaceSpec(seed=5, stains=0, streaks=0, pores=0))
VIEW = ViewSpec(seed=5, noise=0.5, vignette=0.0, light_gradient=0.0)


@pytest.mark.parametrize("kind", SURFACE_KINDS)
def test_the_same_seed_gives_the_same_picture(kind):
    one, again, other = (kind_photo(kind, seed, SIDE_PX) for seed in (3, 3, 4))
    assert one.pixels.shape == (SIDE_PX, SIDE_PX, 3)
    assert np.array_equal(one.pixels, again.pixels)
    assert not np.array_equal(one.pixels, other.pixels)


@pytest.mark.parametrize("seed", range(3))
def test_only_the_crack_has_a_mask(seed):
    for kind in SURFACE_KINDS:
        assert kind_photo(kind, seed, SIDE_PX).mask.any() == (kind == "crack")


def test_an_unknown_kind_is_told_the_known_ones():
    with pytest.raises(SpecError, match="plain_surface, crack, joint"):
        kind_photo("paint", 0)


@pytest.mark.parametrize("kind", ["name", "sealant", "bar_shadow", "wire_shadow", "branch_shadow"])
def test_each_thing_changes_a_part_of_the_face_and_leaves_the_rest(kind):
    bare = render(PLAIN, VIEW, compress=False).pixels.astype(int)
    for seed in range(4):
        scene = replace(PLAIN, objects=(ObjectSpec(kind, seed),))
        changed = np.abs(render(scene, VIEW, compress=False).pixels - bare).max(axis=2) > 6
        assert 0.002 < changed.mean() < 0.75


@pytest.mark.parametrize("masonry", [name for name in MASONRIES if name != "none"])
def test_masonry_has_straight_joints_between_units(masonry):
    """The strongest dark or bright straight lines of the face are level or upright."""
    spec = replace(PLAIN.surface, masonry=masonry, grain=0.0, mottling=0.0, finish="smooth")
    pixels = render(replace(PLAIN, surface=spec, gsd_mm_per_px=2.0), VIEW, compress=False).pixels
    grey = pixels.mean(axis=2)
    steps = [np.abs(np.diff(grey.mean(axis=axis))).max() for axis in (0, 1)]
    plain = render(replace(PLAIN, surface=replace(spec, masonry="none")), VIEW, compress=False)
    least = max(np.abs(np.diff(plain.pixels.mean(axis=2).mean(axis=axis))).max() for axis in (0, 1))
    assert max(steps) > 3 * least


def test_an_unknown_masonry_is_refused():
    with pytest.raises(SpecError, match="masonry is one of none, brick, block, tile"):
        SurfaceSpec(seed=1, masonry="marble")
