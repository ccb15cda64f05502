"""The same crack on a later day: same path, wider, longer, on the same face."""

import dataclasses
import itertools

import numpy as np
import pytest

from inference.render.growth import SHAPES, Growth, series
from inference.render.paths import lay_out
from inference.render.photo import render
from inference.render.specs import CrackSpec, SceneSpec, SpecError, SurfaceSpec, ViewSpec

YOUNG = CrackSpec(
    seed=9, start_mm=(150, 110), heading_deg=60, length_mm=90, width_mm=1.5, forward_share=0.5
)


def test_a_grown_crack_follows_the_path_it_had():
    old = dataclasses.replace(YOUNG, length_mm=150, width_mm=2.5)
    before, after = lay_out(YOUNG, 0.25)[0], lay_out(old, 0.25)[0]
    gaps = np.hypot(*(before.points_mm[:, None] - after.points_mm[None]).T).min(axis=0)
    assert gaps.max() < 0.5


def test_a_grown_crack_is_nowhere_narrower():
    growth = Growth(width_factor=1.8, length_factor=1.5)
    lines = [lay_out(growth.grown(YOUNG, share), 0.25)[0] for share in (0, 0.3, 0.6, 1)]
    for before, after in itertools.pairwise(lines):
        nearest = np.hypot(*(before.points_mm[:, None] - after.points_mm[None]).T).argmin(axis=0)
        # Half a step of shift along a ragged edge is a few hundredths of a millimetre.
        assert np.median(after.width_mm[nearest] - before.width_mm) > 0
        assert (after.width_mm[nearest] > before.width_mm - 0.12).mean() > 0.97
        assert after.width_mm.max() > before.width_mm.max()


@pytest.mark.parametrize("shape", SHAPES)
def test_growth_never_goes_back(shape):
    growth = Growth(2.0, 1.4, shape)
    widths = [growth.grown(YOUNG, share).width_mm for share in np.linspace(0, 1, 9)]
    assert widths == sorted(widths)
    assert widths[0] == YOUNG.width_mm
    assert widths[-1] == (YOUNG.width_mm if shape == "stable" else 2 * YOUNG.width_mm)


def test_cracks_do_not_close():
    with pytest.raises(SpecError, match="do not close"):
        Growth(0.8, 1.0)


def test_the_face_stays_the_same_while_the_crack_grows():
    scene = SceneSpec(240, 200, 1.0, SurfaceSpec(seed=4, pores=0.6), (YOUNG,))
    old = dataclasses.replace(YOUNG, length_mm=140, width_mm=4.0)
    view = ViewSpec(noise=0, jpeg_quality=None)
    first = render(scene, view)
    later = render(dataclasses.replace(scene, cracks=(old,)), view)
    changed = (first.pixels != later.pixels).any(axis=2)
    points = later.cracks[0].centreline_px
    ys, xs = np.nonzero(changed)
    away = np.hypot(xs[:, None] - points[:, 0], ys[:, None] - points[:, 1]).min(axis=1)
    assert changed.any()
    assert away.max() < 25


def test_a_series_shows_one_face_over_two_years():
    photos = series(3, 4, (320, 240), 0.5, 2)
    assert len({p.scene.surface for p in photos}) == 1
    assert len({p.view for p in photos}) == 4
    days = [p.capture.captured_local for p in photos]
    assert days == sorted(days)
    assert (days[0][:4], days[-1][:4]) == ("2024", "2026")
    for crack in range(2):
        lengths = [p.scene.cracks[crack].length_mm for p in photos]
        assert lengths == sorted(lengths)
