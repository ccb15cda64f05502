"""Metrics against tables worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from inference.training.evaluate.metrics import (
    evaluate_picture,
    f1_by_level,
    level_of,
    pixel_calibration_error,
    pool,
)


def line(row: int, columns: slice, size: int = 40, value: int = 255) -> np.ndarray:
    picture = np.zeros((size, size), np.uint8)
    picture[row, columns] = value
    return picture


def test_perfect_prediction_scores_one_everywhere():
    mask = line(20, slice(5, 35))
    metrics = pool([evaluate_picture(mask, mask, 0.5)], 0.5)
    for name in ("precision", "recall", "f1", "iou", "miou", "ods_f1", "ois_f1",
                 "f1_at_0px", "f1_at_2px", "f1_at_5px", "cliou_at_4px"):  # fmt: skip
        assert getattr(metrics, name) == pytest.approx(1.0), name
    assert metrics.false_positive_px_per_megapixel is None


def test_counts_of_a_half_found_line():
    mask = line(20, slice(0, 20))
    predicted = line(20, slice(10, 40))  # 10 right, 20 wrong, 10 missed
    metrics = pool([evaluate_picture(predicted, mask, 0.5)], 0.5)
    assert metrics.precision == pytest.approx(10 / 30)
    assert metrics.recall == pytest.approx(10 / 20)
    assert metrics.f1 == pytest.approx(2 * 10 / 50)
    assert metrics.iou == pytest.approx(10 / 40)
    assert metrics.miou == pytest.approx((10 / 40 + 1560 / 1590) / 2)


@pytest.mark.parametrize(
    ("shift", "at_0", "at_2", "at_5", "centreline"),
    [(1, 0.0, 1.0, 1.0, 1.0), (2, 0.0, 1.0, 1.0, 1.0), (3, 0.0, 0.0, 1.0, 1.0),
     (5, 0.0, 0.0, 1.0, 0.0), (6, 0.0, 0.0, 0.0, 0.0)],
)  # fmt: skip
def test_tolerance_and_centreline_of_a_shifted_line(shift, at_0, at_2, at_5, centreline):
    mask, predicted = line(15, slice(0, 40)), line(15 + shift, slice(0, 40))
    metrics = pool([evaluate_picture(predicted, mask, 0.5)], 0.5)
    assert metrics.f1_at_0px == pytest.approx(at_0)
    assert metrics.f1_at_2px == pytest.approx(at_2)
    assert metrics.f1_at_5px == pytest.approx(at_5)
    assert metrics.cliou_at_4px == pytest.approx(centreline)


def test_tolerance_zero_is_the_exact_f1():
    rng = np.random.default_rng(0)
    scores = [
        evaluate_picture(
            rng.integers(0, 256, (30, 30), dtype=np.uint8),
            (rng.random((30, 30)) < 0.1).astype(np.uint8),
            0.6,
        )
        for _ in range(3)
    ]
    metrics = pool(scores, 0.6)
    assert metrics.f1_at_0px == pytest.approx(metrics.f1)


def test_ods_takes_one_threshold_and_ois_each_its_own():
    # One picture is right at 100, the other at 200; below that both mark everything.
    mask = line(10, slice(0, 40))
    faint = np.full((40, 40), 50, np.uint8)
    faint[10] = 100
    strong = np.full((40, 40), 150, np.uint8)
    strong[10] = 200
    metrics = pool([evaluate_picture(each, mask, 0.5) for each in (faint, strong)], 0.5)
    assert metrics.ois_f1 == pytest.approx(1.0)
    assert metrics.ods_f1 == pytest.approx(2 * 40 / (40 + 80))
    assert 150 < metrics.ods_threshold * 255 <= 200


def test_clean_pictures_give_false_pixels_per_megapixel_and_spoil_precision():
    mask = line(10, slice(0, 40))
    clean = np.zeros((50, 100), np.uint8)
    marked = clean.copy()
    marked[0, :5] = 255
    metrics = pool([evaluate_picture(mask, mask, 0.5), evaluate_picture(marked, clean, 0.5)], 0.5)
    assert metrics.false_positive_px_per_megapixel == pytest.approx(5 / 0.005)
    assert metrics.precision == pytest.approx(40 / 45)
    assert metrics.ois_f1 == pytest.approx(2 * 40 / 85)  # its best threshold still marks 5


def test_only_clean_pictures_have_no_f1():
    clean = np.zeros((50, 100), np.uint8)
    metrics = pool([evaluate_picture(clean, clean, 0.5)], 0.5)
    assert metrics.f1 is None
    assert metrics.recall is None
    assert metrics.false_positive_px_per_megapixel == 0


def test_nothing_marked_is_an_f1_of_zero():
    mask = line(10, slice(0, 40))
    metrics = pool([evaluate_picture(np.zeros_like(mask), mask, 0.5)], 0.5)
    assert metrics.f1 == 0
    assert metrics.precision is None
    assert metrics.f1_at_5px == 0
    assert metrics.cliou_at_4px == 0


def test_a_pixel_at_the_threshold_counts():
    assert level_of(0.5) == 128
    assert level_of(0.0) == 1  # a probability of 0 is never crack
    assert level_of(1.0) == 255
    mask = line(10, slice(0, 40))
    level = level_of(0.4)
    assert pool([evaluate_picture(line(10, slice(0, 40), value=level), mask, 0.4)], 0.4).f1 == 1
    assert pool([evaluate_picture(line(10, slice(0, 40), value=level - 1), mask, 0.4)], 0.4).f1 == 0


def test_f1_by_level_agrees_with_pool():
    rng = np.random.default_rng(1)
    score = evaluate_picture(
        rng.integers(0, 256, (64, 64), dtype=np.uint8),
        (rng.random((64, 64)) < 0.05).astype(np.uint8),
        0.3,
    )
    assert f1_by_level([score])[level_of(0.3)] == pytest.approx(pool([score], 0.3).f1)


def test_sizes_must_agree():
    with pytest.raises(ValueError, match="differ in size"):
        evaluate_picture(np.zeros((4, 4), np.uint8), np.zeros((4, 5), np.uint8), 0.5)


def test_no_pictures_is_an_error():
    with pytest.raises(ValueError, match="no pictures"):
        pool([], 0.5)


def test_auprc_is_average_precision_by_hand():
    # Levels 200, 150, 100 and the rest at 0; one crack pixel each at 200, 100 and 0.
    mask = np.zeros((10, 10), np.uint8)
    probability = np.zeros((10, 10), np.uint8)
    mask[0, :3] = 255
    probability[0, :2] = (200, 100)
    probability[5, :2] = (150, 150)
    metrics = pool([evaluate_picture(probability, mask, 0.5)], 0.5)
    assert metrics.auprc == pytest.approx((1 / 1 + 2 / 4 + 3 / 100) / 3)


def test_auprc_of_chance_is_the_share_of_cracks():
    rng = np.random.default_rng(2)
    mask = (rng.random((200, 200)) < 0.1).astype(np.uint8)
    noise = rng.integers(0, 256, mask.shape, dtype=np.uint8)
    assert pool([evaluate_picture(noise, mask, 0.5)], 0.5).auprc == pytest.approx(0.1, abs=0.01)


def test_pixels_that_are_crack_as_often_as_they_say_have_no_calibration_error():
    rng = np.random.default_rng(3)
    probability = rng.integers(0, 256, (600, 600), dtype=np.uint8)
    mask = (rng.random(probability.shape) < probability / 255).astype(np.uint8)
    good = evaluate_picture(probability, mask, 0.5, with_lines=False)
    assert pixel_calibration_error([good]) == pytest.approx(0, abs=0.01)
    twice = np.where(probability > 12, 127 + probability // 2, 0).astype(np.uint8)
    too_sure = evaluate_picture(twice, mask, 0.5, with_lines=False)
    assert pixel_calibration_error([too_sure]) == pytest.approx(0.24, abs=0.03)


def test_sure_background_does_not_hide_a_calibration_error():
    probability = np.zeros((100, 100), np.uint8)
    probability[0] = 204
    mask = np.zeros((100, 100), np.uint8)
    mask[0, :50] = 255
    score = evaluate_picture(probability, mask, 0.5)
    assert pixel_calibration_error([score]) == pytest.approx(0.8 - 0.5)
    faint = evaluate_picture(np.full((10, 10), 12, np.uint8), np.zeros((10, 10), np.uint8), 0.5)
    assert pixel_calibration_error([faint]) is None


@pytest.mark.parametrize(("right", "down"), [(0, 0), (2, 3), (-4, 1)])
def test_masks_that_lie_beside_their_cracks_are_noticed(right, down):
    """A slip of who drew them: no network can find the cracks where the masks say they are."""
    scores = []
    for size, first in ((60, 12), (48, 20)):
        crack = np.zeros((size, size), np.uint8)
        crack[first : first + 2, 8:40] = 255
        crack[first : first + 15, 24] = 255
        scores.append(evaluate_picture(crack, np.roll(crack, (down, right), (0, 1)), 0.5))
    metrics = pool(scores, 0.5)
    assert metrics.mask_offset_px == (right, down)
    assert metrics.f1_at_mask_offset == pytest.approx(1.0)
    assert (metrics.f1 == pytest.approx(1.0)) is ((right, down) == (0, 0))


def test_no_offset_is_told_of_pictures_without_cracks_or_without_lines():
    mask = line(20, slice(5, 35))
    clean = evaluate_picture(np.zeros_like(mask), np.zeros_like(mask), 0.5)
    quick = evaluate_picture(mask, mask, 0.5, with_lines=False)
    for scores in ([clean], [quick]):
        metrics = pool(scores, 0.5)
        assert metrics.mask_offset_px is metrics.f1_at_mask_offset is None
