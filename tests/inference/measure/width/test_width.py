"""Widths against strips of known width that were drawn another way."""

from __future__ import annotations

import numpy as np
import pytest

from assets.findings import say
from inference.measure.line.ridge import follow_darkness
from inference.measure.width.widths import measure_widths
from inference.types import WidthStatistics
from tests.inference.measure.width.strips import Strip, draw_strip

WIDTHS_PX = (0.6, 1.0, 2.0, 3.0, 5.0, 8.0, 20.0)
BLURS_PX = (0.6, 1.2, 2.0)
FLOORS = (0.05, 0.15, 0.25)


def _measured(strip: Strip) -> WidthStatistics | None:
    rng = np.random.default_rng(1)
    line = (strip.line + rng.normal(0, 0.4, strip.line.shape)).astype(np.float32)
    statistics, _, _ = measure_widths(strip.pixels, follow_darkness(strip.pixels, line))
    return statistics


@pytest.fixture(scope="module")
def measured() -> dict[float, list[WidthStatistics | None]]:
    """True width -> what was measured, over blurs and floors."""
    return {
        width_px: [
            _measured(draw_strip(width_px, blur_px=blur_px, floor=floor, seed=7 * i + j))
            for i, blur_px in enumerate(BLURS_PX)
            for j, floor in enumerate(FLOORS)
        ]
        for width_px in WIDTHS_PX
    }


@pytest.mark.parametrize("width_px", WIDTHS_PX)
def test_widths_are_unbiased(
    measured: dict[float, list[WidthStatistics | None]], width_px: float
) -> None:
    found = [each for each in measured[width_px] if each is not None]
    # A crack far thinner than the blur may be called too thin; a wider one never.
    assert len(found) >= (5 if width_px <= 1.0 else 9)
    bias_px = np.mean([each.p50 for each in found]) - width_px
    assert abs(bias_px) <= 0.1 + 0.05 * width_px
    # An uncertainty that holds everything says nothing.
    assert np.median([each.u for each in found]) <= 0.2 + 0.05 * width_px


@pytest.mark.parametrize("statistic", ["p50", "p95"])
def test_twice_the_uncertainty_holds_the_truth(
    measured: dict[float, list[WidthStatistics | None]], statistic: str
) -> None:
    held = [
        abs(getattr(each, statistic) - width_px) <= 2 * each.u
        for width_px, all_found in measured.items()
        for each in all_found
        if each is not None
    ]
    assert np.mean(held) >= 0.9


def test_one_strip_says_how_far_it_can_be_trusted() -> None:
    statistics = _measured(draw_strip(4.0, blur_px=0.8, floor=0.12))
    assert statistics is not None
    assert statistics.p50 == pytest.approx(4.0, abs=0.15)
    assert statistics.p50 <= statistics.p95 <= statistics.max
    assert 0.02 < statistics.u < 0.3


def test_shading_across_the_crack_does_not_change_its_width() -> None:
    even = _measured(draw_strip(3.0, seed=3))
    shaded = _measured(draw_strip(3.0, seed=3, shading=1.2))
    assert even is not None and shaded is not None
    assert shaded.p50 == pytest.approx(even.p50, rel=0.06)


def test_dark_concrete_does_not_change_the_width() -> None:
    statistics = _measured(draw_strip(3.0, seed=4, brightness=0.08))
    assert statistics is not None and statistics.p50 == pytest.approx(3.0, abs=0.3)


def test_a_crack_wider_than_any_window_is_measured_in_a_reduced_picture() -> None:
    statistics = _measured(draw_strip(60.0, size=(330, 330)))
    assert statistics is not None and statistics.p50 == pytest.approx(60.0, rel=0.04)


def test_the_line_goes_to_the_middle_of_the_dark_band() -> None:
    strip = draw_strip(5.0, seed=5)
    start = strip.line + np.array([2.0, -2.0], np.float32)
    moved = follow_darkness(strip.pixels, start)
    inner = moved[8:-8]
    distance = np.min(np.linalg.norm(inner[:, None] - strip.line[None], axis=2), axis=1)
    # The true line has a point every 2 px.
    assert np.percentile(distance, 95) < 1.2


def test_plain_concrete_along_a_line_has_no_width() -> None:
    strip = draw_strip(0.0, texture=0.04)
    statistics, _, reason = measure_widths(strip.pixels, strip.line)
    assert statistics is None and reason is not None
    assert reason.code in {"low_contrast", "too_thin"}
    assert say(reason).sentence.endswith(".") and say(reason).remedy.endswith(".")


def test_a_crack_below_the_resolution_says_so() -> None:
    strip = draw_strip(0.12, blur_px=1.5)
    statistics, _, reason = measure_widths(strip.pixels, strip.line)
    assert statistics is None and reason is not None
    assert reason.code in {"low_contrast", "too_thin"}


def test_a_line_of_a_few_pixels_is_too_short() -> None:
    strip = draw_strip(3.0)
    statistics, profile, reason = measure_widths(strip.pixels, strip.line[:3])
    assert statistics is None and reason is not None and reason.code == "too_short"
    assert len(profile.width_px) == 0


def test_a_crack_along_the_edge_of_the_picture_has_no_clear_stretch() -> None:
    strip = draw_strip(3.0)
    edge = np.stack([np.arange(0, 200, 2.0), np.zeros(100)], axis=1).astype(np.float32)
    statistics, profile, reason = measure_widths(strip.pixels, edge)
    assert statistics is None and reason is not None and reason.code == "no_clear_stretch"
    assert np.isnan(profile.width_px).all()


def test_near_another_crack_the_profile_is_left_out() -> None:
    strip = draw_strip(3.0, seed=6)
    middle = strip.line[len(strip.line) // 2]
    crossing = (middle + np.linspace(-15, 15, 16)[:, None] * [[0.3, 0.9]]).astype(np.float32)
    _, alone, _ = measure_widths(strip.pixels, strip.line)
    statistics, crossed, _ = measure_widths(strip.pixels, strip.line, [crossing])
    left_out = np.isnan(crossed.width_px) & ~np.isnan(alone.width_px)
    half_px = float(np.hypot(*np.diff(strip.line, axis=0).T).sum()) / 2
    assert left_out.any() and (np.abs(crossed.position_px[left_out] - half_px) < 40).all()
    assert statistics is not None and statistics.p50 == pytest.approx(3.0, abs=0.3)


def test_one_pore_on_the_crack_is_not_its_widest_place() -> None:
    strip = draw_strip(2.0, blur_px=0.8, seed=8)
    x, y = np.round(strip.line[len(strip.line) // 2]).astype(int)
    pixels = strip.pixels.copy()
    pixels[y - 5 : y + 6, x - 5 : x + 6] = pixels.min()
    statistics, _, _ = measure_widths(pixels, strip.line)
    assert statistics is not None and statistics.max < 3.0


@pytest.mark.parametrize("points", range(5, 16))
def test_a_short_crack_has_a_width_only_where_its_profile_shows_one(points: int) -> None:
    strip = draw_strip(3.0, seed=2)
    statistics, profile, reason = measure_widths(strip.pixels, strip.line[20 : 20 + points])
    assert (statistics is None) == bool(np.isnan(profile.width_px).all())
    assert (statistics is None) == (reason is not None)


def test_the_picture_is_not_touched() -> None:
    strip = draw_strip(3.0)
    before = strip.pixels.copy()
    measure_widths(strip.pixels, follow_darkness(strip.pixels, strip.line))
    assert (strip.pixels == before).all()


def test_every_stretch_without_a_width_says_why() -> None:
    strip = draw_strip(4.0, seed=6, size=(420, 140))
    pixels = strip.pixels.copy()
    axis = int(np.argmax(np.ptp(strip.line, axis=0)))
    first, last = strip.line[:, axis].min(), strip.line[:, axis].max()
    # A part of the crack is filled with the concrete from beside it.
    low, high = (round(first + share * (last - first)) for share in (0.3, 0.42))
    if axis == 0:
        pixels[:, low:high] = np.roll(pixels[:, low:high], 60, axis=0)
    else:
        pixels[low:high] = np.roll(pixels[low:high], 60, axis=1)
    at = strip.line[round(0.7 * len(strip.line))]
    crossing = np.stack([at - 40.0, at + 40.0]).astype(np.float32)
    statistics, profile, _ = measure_widths(pixels, strip.line, [crossing])
    assert statistics is not None
    assert len(profile.left_out) == len(profile.width_px)
    for width_px, why in zip(profile.width_px, profile.left_out, strict=True):
        assert np.isnan(width_px) == bool(why)
    assert {"end", "junction", "filled"} <= set(profile.left_out)
    share = profile.position_px / profile.position_px[-1]
    of = {code: share[[why == code for why in profile.left_out]] for code in profile.left_out}
    assert 0.28 < of["filled"].mean() < 0.44
    assert of["junction"].mean() == pytest.approx(0.7, abs=0.03)
    assert of["end"].min() < 0.05 and of["end"].max() > 0.95
