"""The truth beside a picture is what the pixels hold."""

import dataclasses

import numpy as np
import pytest

from inference.render.coverage import cover
from inference.render.paths import lay_out
from inference.render.photo import render
from inference.render.specs import CrackSpec, SceneSpec, SurfaceSpec, ViewSpec

PLAIN = SurfaceSpec(
    seed=1, concrete="light", finish="smooth", mottling=0.2, grain=0.1, pores=0, stains=0, streaks=0
)
STILL = ViewSpec(noise=0, blur_sigma_px=0.8, exposure=1.4, jpeg_quality=None)


def linear(pixels):
    """Mean linear light of an sRGB picture."""
    v = pixels.astype(np.float64) / 255
    return np.where(v <= 0.04045, v / 12.92, ((v + 0.055) / 1.055) ** 2.4).mean(axis=2)


def crack(width_mm, **changes):
    defaults = {"start_mm": (150, 110), "heading_deg": 31, "length_mm": 170, "tortuosity": 0.3}
    return CrackSpec(seed=5, width_mm=width_mm, **(defaults | changes))


@pytest.mark.parametrize("width_mm", [0.7, 1.5, 3.0, 6.0])
def test_the_darkness_of_a_crack_is_its_width_times_its_length(width_mm):
    spec = crack(width_mm, edge_damage=0.0)
    free = SceneSpec(300, 220, 1.0, PLAIN)
    with_crack = render(dataclasses.replace(free, cracks=(spec,)), STILL)
    without = render(free, STILL)
    missing_light = 1 - linear(with_crack.pixels) / linear(without.pixels)

    line = lay_out(spec, 0.25)[0]
    steps = np.hypot(*np.diff(line.points_mm, axis=0).T)
    expected = float(((line.width_mm * (1 - line.floor))[:-1] * steps).sum())
    assert missing_light.sum() == pytest.approx(expected, rel=0.02)


def test_p95_of_the_truth_is_the_width_that_was_asked_for():
    for width_mm in (0.5, 2.0, 7.0):
        photo = render(SceneSpec(300, 220, 1.0, PLAIN, (crack(width_mm),)), STILL)
        (truth,) = photo.cracks
        assert truth.width_mm_p95 == pytest.approx(width_mm, rel=0.03)
        assert truth.length_mm == pytest.approx(170, rel=0.01)
        assert truth.length_px == pytest.approx(170, rel=0.01)
        assert len(truth.width_mm_along) == len(truth.centreline_px)


def test_scale_turns_millimetres_into_pixels():
    spec = crack(2.0, start_mm=(75, 55), length_mm=85)
    photo = render(SceneSpec(600, 440, 0.25, PLAIN, (spec,)), STILL)
    (truth,) = photo.cracks
    assert truth.length_px == pytest.approx(85 / 0.25, rel=0.01)
    area_mm2 = float(np.mean(truth.width_mm_along)) * truth.length_mm
    assert (photo.mask > 0).sum() * 0.25**2 == pytest.approx(area_mm2, rel=0.06)


@pytest.mark.parametrize(("x", "width"), [(20.0, 1.0), (20.37, 1.0), (20.5, 0.4), (19.81, 5.3)])
def test_coverage_of_a_straight_band_is_exact(x, width):
    points = np.stack([np.full(81, x), np.linspace(-10, 50, 81)], axis=1)
    half = np.full(81, width / 2)
    found = cover(points, half, half, np.zeros(81), (40, 40))
    picture = np.zeros(1600)
    picture[found.pixel] = found.share
    rows = picture.reshape(40, 40).sum(axis=1)
    np.testing.assert_allclose(rows, width, atol=0.03)


def test_edges_left_and_right_are_not_swapped():
    points = np.stack([np.linspace(-5, 45, 60), np.full(60, 20.0)], axis=1)  # to the right
    found = cover(points, np.full(60, 0.5), np.full(60, 4.5), np.zeros(60), (40, 40))
    below = (found.pixel // 40 > 20).sum()
    above = (found.pixel // 40 < 20).sum()
    assert below > 3 * above  # y points down: the right-hand side of this way is below


def test_parts_outside_the_picture_are_not_in_the_truth():
    crossing = crack(2.0, start_mm=(5, 110), heading_deg=0, length_mm=900, forward_share=0.5)
    photo = render(SceneSpec(300, 220, 1.0, PLAIN, (crossing,)), STILL)
    assert 250 < sum(t.length_px for t in photo.cracks) < 420
    for truth in photo.cracks:
        assert truth.centreline_px.min() >= 0
        assert truth.centreline_px[:, 0].max() <= 299
        assert truth.centreline_px[:, 1].max() <= 219
    elsewhere = crack(2.0, start_mm=(-500, -500))
    assert render(SceneSpec(300, 220, 1.0, PLAIN, (elsewhere,)), STILL).cracks == ()


def test_branches_are_cracks_of_their_own():
    photo = render(SceneSpec(300, 220, 1.0, PLAIN, (crack(3.0, branches=2, name="C"),)), STILL)
    assert {t.name for t in photo.cracks} >= {"C", "C.1", "C.2"}
    main, *branches = photo.cracks
    for branch in branches:
        gap = np.hypot(*(main.centreline_px - branch.centreline_px[0]).T).min()
        assert gap < 1.5
