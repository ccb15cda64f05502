"""The stated properties of cracks, cameras and concrete hold in the width formulas.

Half as much again, or a third less, of any of these constants is noticed here.
"""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import nnls
from scipy.stats import norm

from inference.measure.width import grain, priors
from inference.measure.width.background import relative_darkness
from inference.measure.width.blur import (
    GAUSSIAN,
    SHARP_DISC,
    SIGMAS_PX,
    SOFT_DISC,
    blurred_boxes,
)
from inference.measure.width.crack_fit import CONTRASTS, CrackFit, fit_crack
from inference.measure.width.departures import flat, how_odd, oddness
from inference.measure.width.rounded_away import _pieces
from inference.measure.width.run_fit import RunWidths, _run_noise
from inference.measure.width.statistics import statistics_of
from inference.measure.width.widths import _filled_and_chipped, _mean_profile

OFFSETS = np.arange(-18.0, 18.25, 0.5)


# Before a picture is looked at.


def test_a_crack_is_dark_inside_nine_in_ten_between_2_and_22_percent() -> None:
    floor = np.linspace(0.0005, 0.9995, 1000)
    density = np.exp(priors.log_contrast(1.0 - floor))
    share = density / density.sum()
    assert np.interp(0.5, np.cumsum(share), floor) == pytest.approx(0.09, abs=0.005)
    assert share[(floor > 0.02) & (floor < 0.22)].sum() == pytest.approx(0.90, abs=0.02)


def test_one_crack_in_four_may_have_any_floor_from_2_to_40_percent() -> None:
    floor = np.linspace(0.0005, 0.9995, 1000)
    usual = np.exp(priors.log_contrast(1.0 - floor))
    mixed = priors.caution(1.0 - floor) * usual / usual.mean()
    assert mixed.mean() == pytest.approx(1.0, abs=0.01), "a density again"
    unusual = mixed - 0.75 * usual / usual.mean()
    inside = (floor > 0.02) & (floor < 0.40)
    assert unusual[inside] == pytest.approx(0.25 / 0.38, rel=0.01)
    assert unusual[~inside] == pytest.approx(0.0, abs=1e-3)


def test_nearly_all_blurs_lie_between_half_a_pixel_and_two_and_a_half() -> None:
    log_sigma = np.linspace(np.log(0.1), np.log(12.0), 4001)
    density = np.exp(priors.log_blur(np.exp(log_sigma)))
    share = density / density.sum()
    assert np.exp(log_sigma[share.argmax()]) == pytest.approx(1.1, rel=0.01)
    nearly_all = (log_sigma > np.log(0.5)) & (log_sigma < np.log(2.5))
    assert share[nearly_all].sum() == pytest.approx(0.955, abs=0.01)


def test_a_blur_that_a_marker_tells_is_known_to_an_eighth() -> None:
    there, beside = priors.log_blur(np.array([1.7, 1.7 * np.exp(0.12)]), 1.7)
    assert there - beside == pytest.approx(0.5), "one standard deviation of a normal density"


def test_another_curve_of_the_camera_shifts_the_width_as_the_budget_says() -> None:
    sigma = int(np.searchsorted(SIGMAS_PX, 1.3))
    spread = np.array([GAUSSIAN]), np.array([sigma])
    mean = 0.9 * blurred_boxes(OFFSETS, np.array([4.0]), *spread).shape[0]
    covariance = 0.004**2 * np.eye(len(OFFSETS))
    bent = 1.0 - (1.0 - mean) ** 1.02
    seen, otherwise = (fit_crack(profile, OFFSETS, covariance) for profile in (mean, bent))
    assert otherwise.width_px - seen.width_px == pytest.approx(seen.u_curve_px, rel=0.2)


# Blur.


def test_blurs_are_compared_3_percent_apart() -> None:
    assert SIGMAS_PX[1:] / SIGMAS_PX[:-1] == pytest.approx(1.03, abs=0.001)


@pytest.mark.parametrize(("family", "softening_px"), [(SHARP_DISC, 0.45), (SOFT_DISC, 0.68)])
def test_a_lens_out_of_focus_is_a_disc_softened_by_the_pixels(
    family: int, softening_px: float
) -> None:
    """The line spread of a disc is a half-ellipse; put together with a Gaussian numerically."""
    sigma = int(np.searchsorted(SIGMAS_PX, 1.4))
    x = np.arange(-3000, 3001) * 0.005
    radius = 2.0 * np.sqrt(SIGMAS_PX[sigma] ** 2 - softening_px**2)
    disc = np.sqrt(np.maximum(radius**2 - x**2, 0.0))
    spread = np.convolve(disc, norm.pdf(x, scale=softening_px), mode="same")
    edge = np.cumsum(spread) / spread.sum()
    found = blurred_boxes(x[::50] - 10.0, np.array([20.0]), np.array([family]), np.array([sigma]))
    assert np.abs(found.shape[0] - edge[::50]).max() < 0.003


def test_contrasts_are_compared_up_to_a_crack_that_gives_no_light_back() -> None:
    assert CONTRASTS[0] == 0.40
    assert 0.99 < CONTRASTS[-1] < 1.0
    assert np.diff(CONTRASTS).max() < 0.02, "finer than the contrast wanders along a crack"


# How a profile departs from a box.


def test_half_of_what_is_odd_counts_where_the_flanks_are_two_and_a_half_blurs_apart() -> None:
    assert how_odd(2.5 * 1.3, 1.3) == pytest.approx(0.5)
    assert how_odd(5.0 * 1.3, 1.3) == pytest.approx(1 / 9)


def test_departures_of_short_and_of_long_reach_end_beside_the_crack() -> None:
    box = (np.abs(OFFSETS) <= 4.0).astype(np.float64)
    covariance = oddness(box, OFFSETS)
    middle = len(OFFSETS) // 2
    for apart_px in (0.0, 1.0, 3.0):
        short = 0.035**2 * np.exp(-((apart_px / 0.8) ** 2))
        long = 0.028**2 * np.exp(-((apart_px / 3.0) ** 2))
        there = middle + round(apart_px / 0.5)
        assert covariance[middle, there] == pytest.approx(short + long), apart_px
    touched = OFFSETS[np.diag(covariance) > 0]
    assert (touched.min(), touched.max()) == (-5.5, 5.5), "1.5 px beside its edges"


def test_nothing_is_known_of_level_and_slope() -> None:
    covariance = flat(OFFSETS)
    middle = len(OFFSETS) // 2
    assert covariance[middle, middle] == pytest.approx(0.6**2)
    assert covariance[0, 0] == pytest.approx(2 * 0.6**2)
    assert covariance[0, -1] == pytest.approx(0.0), "a slope turns them against each other"


def test_a_run_has_contrast_floor_and_place_of_its_own() -> None:
    nothing = np.zeros((len(OFFSETS), len(OFFSETS)))
    ones, zeros = np.ones((1, len(OFFSETS))), np.zeros((1, len(OFFSETS)))
    middle = len(OFFSETS) // 2
    inside = _run_noise(nothing, OFFSETS, ones, zeros, 0.9)[0] - flat(OFFSETS)
    for apart_px in (0.0, 3.0, 6.0):
        floor = 0.025**2 * np.exp(-((apart_px / 3.0) ** 2))
        there = middle + round(apart_px / 0.5)
        assert inside[middle, there] == pytest.approx(0.035**2 + floor), apart_px
    moved = _run_noise(nothing, OFFSETS, zeros, ones, 0.9)[0] - flat(OFFSETS)
    assert moved[middle, middle] == pytest.approx((0.35 * 0.9) ** 2)


# The concrete beside it.


def test_the_level_of_the_concrete_loses_5_percent_to_being_robust() -> None:
    """On clean normal noise, beside a least-squares line: what Huber's constant is chosen for."""
    rng = np.random.default_rng(3)
    offsets_px = np.arange(-180, 181) * 0.1
    middle = len(offsets_px) // 2
    light = 0.5 + rng.normal(0.0, 0.01, (4000, len(offsets_px)))
    beside = np.abs(offsets_px) > 4.05
    level = light[:, middle] / (1.0 - relative_darkness(light, offsets_px, 4.05)[:, middle])
    plain = light[:, beside].mean(axis=1)  # of a line through symmetrical places, in the middle
    assert plain.var() / level.var() == pytest.approx(0.95, abs=0.015)


def test_14_px_of_concrete_on_either_side_set_its_level() -> None:
    offsets_px = np.arange(-30.0, 30.25, 0.5)
    middle = len(offsets_px) // 2
    near = np.full((1, len(offsets_px)), 0.5)
    near[:, np.abs(offsets_px) > 4.0 + 14.0] = 0.9
    assert relative_darkness(near, offsets_px, 4.0)[0, middle] == pytest.approx(0.0, abs=1e-6)
    nearer = near.copy()
    nearer[:, np.abs(offsets_px) > 4.0 + 9.0] = 0.9
    assert relative_darkness(nearer, offsets_px, 4.0)[0, middle] > 0.1


def test_a_pore_counts_as_four_standard_deviations_of_the_grain() -> None:
    steps = np.tile([1.0, -1.0], 50)
    steps[7] = 100.0
    rows = np.stack([np.zeros(100), steps], axis=1)  # each differs by its step
    robust_sd = 1.4826
    expected = 0.5 * (99 + (4.0 * robust_sd) ** 2) / 100
    assert grain._semivariance([rows], 1) == pytest.approx(expected, rel=1e-6)


def test_a_sample_is_never_surer_than_the_rounding_to_8_bits() -> None:
    covariance = grain.grain_covariance([np.zeros((5, 40))] * 2, 0.5, 20)
    assert covariance == pytest.approx(0.002**2 * np.eye(20), abs=1e-12)


@pytest.mark.parametrize("range_px", np.geomspace(0.6, 4.2, 9).round(2))
def test_smooth_grain_of_any_size_in_between_is_described(range_px: float) -> None:
    distance_px = np.arange(0.5, 20.0, 0.5)
    basis = grain._correlations(distance_px)
    wanted = np.exp(-((distance_px / range_px) ** 2))
    shares, _ = nnls(1.0 - basis, 1.0 - wanted)
    found = basis @ shares + (1.0 - shares.sum())
    assert np.abs(found - wanted).max() < 0.035


# From runs to numbers.


def test_filled_chipped_and_odd_runs_are_told_by_the_stated_limits() -> None:
    count = 200
    ones, zeros = np.ones(count), np.zeros(count)
    contrast, contrast_u = ones.copy(), zeros.copy()
    contrast[[20, 60]] = 0.63, 0.61
    contrast[[100, 140]], contrast_u[[100, 140]] = 0.50, (0.061, 0.059)
    width = 3.0 * ones
    width[[30, 70]] = 1.39 * 3.0, 1.41 * 3.0
    misfit = ones.copy()
    misfit[[39, 40, 41]] = 2.1, 3.4, 2.1
    misfit[[168, 169, 170, 171, 172]] = 1.9, 2.1, 3.6, 2.1, 1.9
    runs = RunWidths(width, zeros, contrast, contrast_u, misfit)

    filled, chipped = _filled_and_chipped(runs, np.ones(count, bool))

    # Two runs a step, four a length: the neighbours that share a stretch go with each.
    assert set(np.flatnonzero(filled)) == {*range(56, 65), *range(136, 145)}
    assert set(np.flatnonzero(chipped)) == {*range(66, 75), 169, 170, 171}


def test_a_pore_in_one_run_counts_one_and_a_half_standard_deviations_in_the_mean() -> None:
    dark = np.tile([1.0, -1.0], 50)[:, None].repeat(3, axis=1)
    dark[[0, 1, 2]] = [[0.0], [50.0], [0.0]]  # 48 times 1, 49 times -1: the median is 0
    assert _mean_profile(dark) == pytest.approx((1.5 * 1.4826 + 48 - 49) / 100)


def test_another_photo_of_the_same_place_gives_another_width() -> None:
    runs = RunWidths(*np.full((5, 400), [[6.0], [0.0], [1.0], [0.0], [1.0]]))
    exact = CrackFit(6.0, 6.0, 6.0, 0.9, 1.0, 0.0, 0.0, 0.0, 0.0, 100.0, 0, 0)
    found = statistics_of(
        exact, runs, np.arange(400.0), independent=1.0, runs_a_length=4, reduction=2.0
    )
    assert found.terms is not None
    assert found.terms.repeatability == pytest.approx(2.0 * np.hypot(0.015, 0.008 * 6.0))


def test_a_long_crack_in_a_jpeg_is_asked_at_three_pieces_of_64_stations() -> None:
    pieces = _pieces(np.ones(640, bool))
    assert [len(piece) for piece in pieces] == [64, 64, 64]
    assert [piece[0] for piece in pieces] == [0, 256, 576]
