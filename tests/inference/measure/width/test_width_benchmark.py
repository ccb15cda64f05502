"""The benchmark's own truth: what is drawn covers exactly the area that it says."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from tests.benchmarks.width.camera import through_optics
from tests.benchmarks.width.ours import between
from tests.benchmarks.width.plain import across_skeleton, by_distance_transform
from tests.benchmarks.width.processes import measure_all
from tests.benchmarks.width.specs import BANDS_PX, SEED_SETS, StripSpec, specs_of
from tests.benchmarks.width.strips import STEP_PX, _Crack, _remaining_light, _to_edge, draw_strip
from tests.benchmarks.width.texture import to_linear, to_srgb


def _clean(width_px: float, **changes: object) -> StripSpec:
    plain: dict[str, object] = {"floor": 0.1, "noise": 0.0, "level": 0.4, "jpeg": 95}
    plain |= dict.fromkeys(
        ("floor_wander", "floor_slope", "tilt_deg", "opening_wander", "roughness", "filled"), 0.0
    )
    plain |= {"spalls": 0, "light_gradient": 0.0, "blur_px": 0.6, "disc": False}
    return dataclasses.replace(
        specs_of(2, 1, "tuning")[0],
        width_px=width_px,
        **(plain | changes),  # type: ignore[arg-type]
    )


@pytest.mark.parametrize("width_px", [0.1, 1.0, 4.0])
@pytest.mark.parametrize("direction_deg", [0.0, 31.0, 63.0, 90.0])
def test_the_missing_light_is_the_width(width_px: float, direction_deg: float) -> None:
    size_px, turn = 120, np.radians(direction_deg)
    along = np.arange(-90.0, 90.0, STEP_PX)
    half = np.full(len(along), width_px / 2)
    straight = np.zeros(len(along))
    crack = _Crack(
        along, straight, straight, half, -half, straight + 0.1, straight == 0.0, 2.0 * half
    )
    direction = np.array([np.cos(turn), np.sin(turn)])
    normal = np.array([-direction[1], direction[0]])
    light = _remaining_light(
        crack, _clean(width_px), np.array([60.2, 59.7]), direction, normal, size_px, 4
    )
    inner = 1.0 - light[80:-80, 80:-80]
    length_px = inner.shape[0] / 4 / max(abs(direction))
    assert inner.sum() / 16 / 0.9 / length_px == pytest.approx(width_px, rel=0.005)


@pytest.mark.parametrize("disc", [False, True])
def test_the_blur_has_its_standard_deviation(disc: bool) -> None:
    point = np.zeros((128, 128), np.float32)
    point[64, 64] = 1.0
    seen = through_optics(point, _clean(1.0, blur_px=1.5, disc=disc), 4)
    x = np.arange(seen.shape[1])
    spread = seen.sum(axis=0) / seen.sum()
    variance = float(spread @ x**2 - (spread @ x) ** 2)
    # The square pixel adds a twelfth.
    assert variance == pytest.approx(1.5**2 + 1 / 12, rel=0.03)


@pytest.mark.parametrize("azimuth_deg", [0.0, 90.0])
def test_tilt_foreshortens_only_along_its_azimuth(azimuth_deg: float) -> None:
    strip = draw_strip(_clean(2.0, tilt_deg=45.0, azimuth_deg=azimuth_deg, direction_deg=90.0))
    tangent = np.gradient(strip.line_px, axis=0)
    x, y = (tangent / np.hypot(*tangent.T)[:, None]).T
    # Two lines a pixel apart in the picture: their distance on the plane, seen under 45 degrees.
    shorter = np.array([np.cos(np.radians(45.0)), 1.0])
    across_x, across_y = shorter if azimuth_deg == 0.0 else shorter[::-1]
    expected = strip.spec.gsd_mm_per_px / np.hypot(across_x * y, across_y * x)
    assert strip.mm_per_px == pytest.approx(expected, rel=0.005)
    assert np.ptp(expected) > 0.02 * strip.spec.gsd_mm_per_px, "a straight crack asks little"


@pytest.mark.parametrize("side", [1.0, -1.0])
def test_the_way_to_an_edge_is_along_the_normal(side: float) -> None:
    radius_px, way_px = 60.0, 9.0
    along = np.arange(-45.0, 45.0, STEP_PX)
    path = radius_px - np.sqrt(radius_px**2 - along**2)
    slope = along / np.sqrt(radius_px**2 - along**2)
    edge = radius_px - np.sqrt((radius_px - side * way_px) ** 2 - along**2) - path
    found = _to_edge(along, path, slope, edge, side)
    assert found[np.abs(along) < 30] == pytest.approx(way_px, abs=0.01)


def test_a_spec_gives_the_same_strip_and_seed_sets_differ() -> None:
    first, again = (draw_strip(specs_of(1, 1, "tuning")[0]) for _ in range(2))
    assert (first.pixels == again.pixels).all()
    seeds = [{spec.seed for spec in specs_of(1, 40, name)} for name in SEED_SETS]
    assert len(set().union(*seeds)) == sum(len(some) for some in seeds)
    assert specs_of(1, 10, "tuning") == specs_of(1, 40, "tuning")[:10]


@pytest.mark.parametrize("band", range(len(BANDS_PX)))
def test_specs_lie_in_their_ranges(band: int) -> None:
    low, high = BANDS_PX[band]
    for spec in specs_of(band, 50, "tuning"):
        assert low <= spec.width_px <= high
        assert 0.019 <= spec.gsd_mm_per_px <= 1.01
        assert 0.5 <= spec.blur_px <= 3.0 and 0.02 <= spec.floor <= 0.35


def test_the_plain_methods_know_a_band() -> None:
    mask = np.zeros((100, 100), bool)
    mask[45:55] = True
    assert np.median(across_skeleton(mask)) == pytest.approx(10.0, abs=0.3)
    assert np.median(by_distance_transform(mask)) == pytest.approx(10.0, abs=1.0)


def test_the_instrument_is_asked_for_the_stretch_of_the_truth() -> None:
    strip = draw_strip(_clean(6.0, direction_deg=20.0))
    further = np.array([9.0, 3.0])
    points = [strip.line_px[0] - further, *strip.line_px, strip.line_px[-1] + further]
    whole = np.array(points, np.float32)
    # Either way round.
    for ends in (strip.line_px[[0, -1]], strip.line_px[[-1, 0]]):
        line = between(whole, ends, 5.0)
        beyond = [np.hypot(*(line[end] - strip.line_px[end])) for end in (0, -1)]
        assert beyond == pytest.approx([5.0, 5.0], abs=0.6)


def test_srgb_and_back() -> None:
    values = np.linspace(0, 1, 256, dtype=np.float32)
    assert np.abs(to_srgb(to_linear(values)) - values).max() < 1e-5


def test_two_processes_give_the_records_of_one(tmp_path) -> None:
    specs = specs_of(1, 3, "tuning")
    alone = list(measure_all(specs, tmp_path, 1, network=False))
    assert list(measure_all(specs, tmp_path, 2, network=False)) == alone
    assert [record.spec for record in alone] == specs
