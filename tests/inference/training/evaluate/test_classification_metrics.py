"""Figures of classifiers, beside scikit-learn's or reckoned by hand."""

import numpy as np
import pytest

from inference.training.evaluate.classification_metrics import (
    average_precision,
    classification_figures,
    expected_calibration_error,
)

TWO = ("no_crack", "crack")


def two(crack: list[float]) -> np.ndarray:
    column = np.array(crack)
    return np.stack([1 - column, column], axis=1)


def test_two_classes_by_hand():
    report = classification_figures(
        two([0.9, 0.8, 0.3, 0.6, 0.1, 0.2]), np.array([1, 1, 1, 0, 0, 0]), TWO
    )
    assert report["n_patches"] == 6
    assert report["accuracy"] == pytest.approx(4 / 6, abs=1e-4)
    assert report["precision"] == report["recall"] == pytest.approx(2 / 3, abs=1e-4)
    assert report["f1"] == pytest.approx(2 / 3, abs=1e-4)
    # Ranks of the cracks: 1, 2, 4 of 6.
    assert report["auprc"] == pytest.approx((1 + 1 + 3 / 4) / 3, abs=1e-4)
    assert report["confusion"]["rows_true_columns_predicted"] == [[2, 1], [1, 2]]
    assert report["per_class"]["no_crack"]["n"] == 3


def test_the_threshold_moves_the_second_class():
    at = {
        t: classification_figures(two([0.3, 0.1]), np.array([1, 0]), TWO, threshold=t)["recall"]
        for t in (0.2, 0.5)
    }
    assert at == {0.2: 1.0, 0.5: 0.0}


def test_several_classes_are_averaged():
    probabilities = np.eye(3)[[0, 1, 2, 2]] * 0.9 + 0.1 / 3
    report = classification_figures(probabilities, np.array([0, 1, 2, 1]), ("a", "b", "c"))
    assert report["accuracy"] == 0.75
    assert report["per_class"]["b"] == {
        "n": 2, "precision": 1.0, "recall": 0.5, "f1": 0.6667, "auprc": 0.75,
    }  # fmt: skip
    assert report["f1"] == pytest.approx((1 + 2 / 3 + 2 / 3) / 3, abs=1e-3)


def test_a_set_of_one_class_has_accuracy_but_no_recall_of_the_other():
    report = classification_figures(two([0.1, 0.7]), np.array([0, 0]), TWO)
    assert report["accuracy"] == 0.5 and report["recall"] is None and report["auprc"] is None
    assert report["precision"] == 0.0


def test_average_precision_counts_equal_scores_once():
    scores, truth = np.array([0.5, 0.5, 0.5, 0.1]), np.array([True, False, False, True])
    assert average_precision(scores, truth) == pytest.approx(0.5 / 3 + 0.5 * 2 / 4)
    assert average_precision(scores[:1], truth[:1]) is None


def test_average_precision_threshold_by_threshold():
    rng = np.random.default_rng(4)
    truth = rng.random(400) < 0.3
    scores = np.round(rng.normal(truth.astype(float), 1.0), 1)
    area = recall_before = 0.0
    for threshold in sorted(set(scores.tolist()), reverse=True):
        marked = scores >= threshold
        precision, recall = truth[marked].mean(), truth[marked].sum() / truth.sum()
        area += (recall - recall_before) * precision
        recall_before = recall
    assert average_precision(scores, truth) == pytest.approx(area)


def test_calibration_error_in_bins_of_equal_count():
    confidence = np.repeat([0.6, 0.9], 50)
    correct = np.concatenate([np.arange(50) < 30, np.arange(50) < 45])
    assert expected_calibration_error(confidence, correct, bins=2) == pytest.approx(0, abs=1e-9)
    assert expected_calibration_error(confidence, ~correct, bins=2) == pytest.approx(0.5)


def test_bad_input_gets_a_sentence():
    with pytest.raises(ValueError, match="the set is empty"):
        classification_figures(np.zeros((0, 2)), np.zeros(0, int), TWO)
    with pytest.raises(ValueError, match="2 labels of 2 classes do not fit"):
        classification_figures(np.zeros((2, 3)), np.zeros(2, int), TWO)
    with pytest.raises(ValueError, match="numbered 0 to 1"):
        classification_figures(two([0.5]), np.array([2]), TWO)
