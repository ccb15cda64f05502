"""Intervals by resampling pictures, against what statistics knows about them."""

from __future__ import annotations

import time

import numpy as np
import pytest

from inference.training.evaluate.bootstrap import (
    DRAWS,
    confusion_table,
    difference,
    differences,
    draw_counts,
    f1,
    false_positive_rate,
    interval,
    intervals,
    miou,
)
from inference.training.evaluate.metrics import evaluate_picture, pool


def noisy_scores(n: int, noise: float, seed: int = 0) -> list:
    """Pictures with a line each, of which a share of pixels is misread."""
    rng = np.random.default_rng(seed)
    scores = []
    for number in range(n):
        mask = np.zeros((40, 40), np.uint8)
        mask[5 + number % 30] = 255
        wrong = np.random.default_rng((seed, number)).random(mask.shape) < noise * rng.random()
        scores.append(
            evaluate_picture(np.where(wrong, 255 - mask, mask), mask, 0.5, with_lines=False)
        )
    return scores


def test_a_draw_holds_as_many_pictures_as_there_are():
    drawn = draw_counts(7)
    assert drawn.shape == (DRAWS, 7)
    assert (drawn.sum(axis=1) == 7).all()
    assert np.array_equal(drawn, draw_counts(7))


def test_values_are_the_pooled_figures_and_lie_in_their_intervals():
    scores = noisy_scores(12, 0.05)
    pooled, found = pool(scores, 0.5), intervals(scores, 0.5)
    for name in ("f1", "iou", "miou"):
        each = found[name]
        assert each.value == pytest.approx(getattr(pooled, name))
        assert each.low < each.value < each.high
        assert each.n_images == 12


def test_the_width_is_that_of_the_normal_approximation_for_a_plain_mean():
    # Of pictures of equal size the false-positive rate is a mean of n independent values.
    rng = np.random.default_rng(4)
    false = rng.integers(0, 100, 400).astype(float)
    table = np.stack([np.zeros(400), false, np.zeros(400), 1000 - false], axis=1)
    found = interval(table, false_positive_rate)
    expected = 2 * 1.96 * false.std() / 1000 / np.sqrt(400)
    assert found.high - found.low == pytest.approx(expected, rel=0.1)


def test_the_interval_covers_the_truth_about_as_often_as_it_says():
    rng = np.random.default_rng(5)
    inside = 0
    for _ in range(200):
        false = rng.binomial(1000, rng.beta(2, 18, 40)).astype(float)
        table = np.stack([np.zeros(40), false, np.zeros(40), 1000 - false], axis=1)
        found = interval(table, false_positive_rate)
        inside += found.low <= 0.1 <= found.high
    assert 0.87 <= inside / 200 <= 0.99


def test_equal_models_differ_by_nothing():
    scores = noisy_scores(10, 0.05)
    found = differences(scores, scores, 0.5)["f1"]
    assert (found.value, found.low, found.high) == (0.0, 0.0, 0.0)
    assert found.share_above_zero == 0.5


def test_pairing_sees_what_two_intervals_hide():
    # Pictures differ much more in difficulty than the two models do.
    rng = np.random.default_rng(6)
    hits = rng.uniform(100, 900, 60)
    theirs = np.stack([hits, 0 * hits, 1000 - hits, 9000 + 0 * hits], axis=1)
    ours = theirs + np.array([10.0, 0.0, -10.0, 0.0])
    apart = difference(ours, theirs, f1)
    assert apart.low > 0
    assert apart.share_above_zero == 1.0
    one, other = interval(ours, f1), interval(theirs, f1)
    assert one.low < other.high


def test_a_better_model_is_better_and_a_worse_one_worse():
    good, bad = noisy_scores(20, 0.02), noisy_scores(20, 0.2)
    better = differences(good, bad, 0.5)["f1"]
    worse = differences(bad, good, 0.5)["f1"]
    assert better.value == pytest.approx(-worse.value)
    assert better.low > 0 > worse.high
    assert (better.share_above_zero, worse.share_above_zero) == (1.0, 0.0)


def test_each_model_is_taken_at_its_own_threshold():
    mask = np.zeros((20, 20), np.uint8)
    mask[10] = 255
    sure, unsure = (evaluate_picture(mask // 255 * level, mask, 0.5) for level in (230, 90))
    assert differences([sure], [unsure], 0.5)["f1"].value == 1.0
    assert differences([sure], [unsure], 0.5, 0.3)["f1"].value == 0.0


def test_clean_pictures_have_a_false_positive_rate_and_no_f1():
    clean = np.zeros((10, 10), np.uint8)
    marked = clean.copy()
    marked[0, 0] = 255
    found = intervals(
        [evaluate_picture(marked, clean, 0.5), evaluate_picture(clean, clean, 0.5)], 0.5
    )
    assert found["f1"].value is found["f1"].low is None
    assert found["false_positive_rate"].value == pytest.approx(1 / 200)
    assert (found["false_positive_rate"].low, found["false_positive_rate"].high) == (0, 0.01)
    assert found["miou"].value is None


def test_a_draw_without_any_crack_does_not_count_against_f1():
    mask = np.zeros((10, 10), np.uint8)
    mask[5] = 255
    scores = [evaluate_picture(mask, mask, 0.5), evaluate_picture(0 * mask, 0 * mask, 0.5)]
    assert intervals(scores, 0.5)["f1"].low == 1.0


def test_miou_by_hand():
    assert miou(np.array([[10.0, 20.0, 10.0, 60.0]]))[0] == pytest.approx((10 / 40 + 60 / 90) / 2)


def test_the_table_counts_pixels_by_picture():
    mask = np.zeros((10, 10), np.uint8)
    mask[5] = 255
    marked = np.zeros((10, 10), np.uint8)
    marked[5, :6] = 255
    marked[0, :3] = 255
    table = confusion_table([evaluate_picture(marked, mask, 0.5)], 0.5)
    assert table.tolist() == [[6, 3, 4, 87]]


def test_other_pictures_and_no_pictures_are_refused():
    with pytest.raises(ValueError, match="same pictures"):
        differences(noisy_scores(3, 0.1), noisy_scores(4, 0.1), 0.5)
    small = evaluate_picture(np.zeros((4, 4), np.uint8), np.zeros((4, 4), np.uint8), 0.5)
    large = evaluate_picture(np.zeros((5, 5), np.uint8), np.zeros((5, 5), np.uint8), 0.5)
    with pytest.raises(ValueError, match="same pictures"):
        differences([small], [large], 0.5)
    with pytest.raises(ValueError, match="no pictures"):
        intervals([], 0.5)


def test_a_thousand_draws_of_two_hundred_pictures_take_a_moment():
    scores = noisy_scores(200, 0.05)
    began = time.perf_counter()
    intervals(scores, 0.5)
    assert time.perf_counter() - began < 2.0
