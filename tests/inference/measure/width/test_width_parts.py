"""The parts of the width measurement: blur tables, grain, statistics, uncertainty."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter1d

from inference.measure.width.blur import FAMILIES, SIGMAS_PX, blurred_boxes, half_box_grid
from inference.measure.width.crack_fit import fit_crack
from inference.measure.width.grain import grain_covariance, independent_share
from inference.measure.width.priors import caution
from inference.measure.width.run_fit import fit_runs
from inference.types import UncertaintyTerms, WidthStatistics

OFFSETS = np.arange(-18.0, 18.25, 0.5)


def _profile(width_px: float, sigma: int, contrast: float) -> np.ndarray:
    boxes = blurred_boxes(OFFSETS, np.array([width_px]), np.array([0]), np.array([sigma]))
    return contrast * boxes.shape[0]


@pytest.mark.parametrize("family", FAMILIES)
def test_a_blurred_box_keeps_its_area_and_its_derivatives(family: int) -> None:
    sigma = int(np.searchsorted(SIGMAS_PX, 1.3))
    one, same = np.array([2.0]), np.array([sigma])
    boxes = blurred_boxes(OFFSETS, one, np.array([family]), same)
    assert boxes.shape.sum() * 0.5 == pytest.approx(2.0, rel=1e-3)
    wider = blurred_boxes(OFFSETS, one + 0.01, np.array([family]), same)
    change = (wider.shape - boxes.shape) / 0.01
    assert np.abs(change - boxes.by_width).max() < 0.01
    moved = blurred_boxes(OFFSETS - 0.01, one, np.array([family]), same)
    assert np.abs((moved.shape - boxes.shape) / 0.01 - boxes.by_centre).max() < 0.01


def test_the_grid_of_boxes_is_the_boxes() -> None:
    widths, families, sigmas = np.array([0.7, 5.0]), np.array([0, 2]), np.array([20, 40])
    outwards = OFFSETS[len(OFFSETS) // 2 :]
    grid = half_box_grid(outwards, widths, families, sigmas)
    for spread in range(2):
        same = np.full(2, families[spread]), np.full(2, sigmas[spread])
        assert np.abs(grid[spread] - blurred_boxes(outwards, widths, *same).shape).max() < 0.006


def test_the_grain_tells_how_much_a_contrast_varies_on_plain_concrete() -> None:
    rng = np.random.default_rng(0)
    grain = gaussian_filter1d(rng.normal(size=(400, 100)), 2.0, axis=1) * 0.1
    covariance = grain_covariance([grain[:80, :50], grain[80:160, 50:]], 0.5, 40)
    assert np.all(np.linalg.eigvalsh(covariance) > 0)
    weights = np.full(40, -1 / 34)
    weights[17:23] = 1 / 6
    seen = float(np.var(grain[160:, :40] @ weights))
    assert weights @ covariance @ weights == pytest.approx(seen, rel=0.3)


def test_runs_that_repeat_are_not_independent() -> None:
    rng = np.random.default_rng(1)
    fresh = rng.normal(size=(6, 60))
    assert independent_share(fresh) > 0.8
    assert independent_share(np.repeat(fresh, 3, axis=1)) < 0.6


@pytest.mark.parametrize(("width_px", "allowed"), [(1.0, 0.12), (3.0, 0.15), (8.0, 0.05)])
def test_a_perfect_profile_gives_its_width(width_px: float, allowed: float) -> None:
    sigma = int(np.searchsorted(SIGMAS_PX, 1.0))
    covariance = 1e-6 * np.eye(len(OFFSETS))
    fitted = fit_crack(_profile(width_px, sigma, 0.9), OFFSETS, covariance)
    assert fitted.width_px == pytest.approx(width_px, abs=allowed)
    assert fitted.low_px <= width_px <= fitted.high_px


def test_below_the_blur_the_floor_rules_the_uncertainty_and_above_it_does_not() -> None:
    sigma = int(np.searchsorted(SIGMAS_PX, 1.2))
    covariance = 1e-5 * np.eye(len(OFFSETS))
    thin = fit_crack(_profile(0.8, sigma, 0.9), OFFSETS, covariance)
    wide = fit_crack(_profile(9.0, sigma, 0.9), OFFSETS, covariance)
    assert thin.u_floor_px / thin.width_px > 0.05
    assert wide.u_floor_px / wide.width_px < 0.005


def test_one_pixel_on_a_dark_floor_and_more_on_a_light_one_look_the_same() -> None:
    sigma = int(np.searchsorted(SIGMAS_PX, 1.2))
    apart = _profile(1.0, sigma, 0.90) - _profile(1.2, sigma, 0.75)
    assert np.abs(apart).max() < 0.012
    covariance = 1e-5 * np.eye(len(OFFSETS))
    light = fit_crack(_profile(1.2, sigma, 0.70), OFFSETS, covariance)
    assert light.low_px <= 1.2 <= light.high_px


def test_runs_follow_their_own_width_without_bias_from_noise() -> None:
    rng = np.random.default_rng(2)
    sigma = int(np.searchsorted(SIGMAS_PX, 1.2))
    covariance = 0.02**2 * np.eye(len(OFFSETS))
    widths = np.tile([0.6, 1.0], 60)
    dark = np.stack([_profile(width, sigma, 0.9) for width in widths])
    dark += rng.normal(0, 0.02, dark.shape)
    crack = fit_crack(dark.mean(axis=0), OFFSETS, covariance / len(dark))
    runs = fit_runs(dark, OFFSETS, covariance, crack)
    narrow, wide = runs.width_px[::2].mean(), runs.width_px[1::2].mean()
    assert wide - narrow == pytest.approx(0.4, abs=0.07)
    assert 0.5 * (narrow + wide) == pytest.approx(0.8, abs=0.1)


def test_caution_makes_light_floors_likelier() -> None:
    likelier = caution(np.array([0.90, 0.65]))
    assert likelier[1] > 5.0 * likelier[0]


def test_the_terms_add_in_quadrature_and_follow_the_unit() -> None:
    terms = UncertaintyTerms(fit=0.03, floor=0.04, blur=0.0, curve=0.0, repeatability=0.0)
    assert terms.combined == pytest.approx(0.05)
    in_mm = terms.times(0.1, scale=0.012)
    assert in_mm.combined == pytest.approx(np.hypot(0.005, 0.012))


def test_another_unit_widens_the_interval_by_what_it_adds() -> None:
    widths = WidthStatistics(1.0, 1.2, 1.3, 0.1, interval=(1.0, 1.6))
    assert abs(widths.U - 0.2) < 1e-12
    same = widths.times(0.5, 0.05)
    assert same.interval == pytest.approx((0.5, 0.8))
    wider = widths.times(0.5, np.hypot(0.05, 0.02))
    assert wider.interval is not None
    assert wider.interval[0] == pytest.approx(0.6 - np.hypot(0.1, 0.04))
    assert wider.interval[1] == pytest.approx(0.6 + np.hypot(0.2, 0.04))
