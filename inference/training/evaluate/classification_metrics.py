"""Metrics of classifiers: by class, over all classes, and the calibration of probabilities.

Conventions: the predicted class is the most probable one (two classes: the second one from the
threshold on). Precision without a prediction, recall without a case and AUPRC of one class only
are None, not 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

CALIBRATION_BINS = 10

Probabilities = npt.NDArray[np.floating]
Labels = npt.NDArray[np.integer]


def classification_figures(
    probabilities: Probabilities, labels: Labels, classes: Sequence[str], *, threshold: float = 0.5
) -> dict[str, Any]:
    """Every figure of a test set.

    Args:
        probabilities: (N, classes), rows that sum to 1.
        labels: (N,) index of the true class.
        threshold: of the second of two classes; more classes take the most probable one.

    Returns:
        Plain values: ``n_patches``, ``accuracy``, ``f1`` (of the second of two classes, else the
        mean over the classes), ``auprc`` (likewise), ``expected_calibration_error``,
        ``per_class`` and ``confusion`` (rows true, columns predicted).

    Raises:
        ValueError: where shapes do not fit, or there is nothing to evaluate.
    """
    probabilities = np.asarray(probabilities, np.float64)
    labels = np.asarray(labels)
    if not len(labels):
        raise ValueError("There are no patches to evaluate: the set is empty.")
    if probabilities.shape != (len(labels), len(classes)):
        raise ValueError(
            f"{len(labels)} labels of {len(classes)} classes do not fit probabilities of shape "
            f"{probabilities.shape}."
        )
    if labels.min() < 0 or labels.max() >= len(classes):
        raise ValueError(
            f"Labels run from {labels.min()} to {labels.max()}, but the classes are numbered "
            f"0 to {len(classes) - 1}."
        )
    predicted = predicted_classes(probabilities, threshold)
    confusion = confusion_matrix(labels, predicted, len(classes))
    per_class = {
        name: _class_figures(confusion, probabilities[:, index], labels, index)
        for index, name in enumerate(classes)
    }
    evaluated = [per_class[classes[1]]] if len(classes) == 2 else list(per_class.values())
    return {
        "n_patches": len(labels),
        "accuracy": _rounded(float(np.trace(confusion)) / len(labels)),
        "balanced_accuracy": _mean([each["recall"] for each in per_class.values()]),
        "precision": _mean([each["precision"] for each in evaluated]),
        "recall": _mean([each["recall"] for each in evaluated]),
        "f1": _mean([each["f1"] for each in evaluated]),
        "auprc": _mean([each["auprc"] for each in evaluated]),
        "expected_calibration_error": _rounded(
            expected_calibration_error(
                probabilities[np.arange(len(labels)), predicted], predicted == labels
            )
        ),
        "per_class": per_class,
        "confusion": {
            "classes": list(classes),
            "rows_true_columns_predicted": confusion.tolist(),
        },
    }


def predicted_classes(probabilities: Probabilities, threshold: float = 0.5) -> npt.NDArray[np.intp]:
    """(N,) index of the class that each row stands for."""
    if probabilities.shape[1] == 2:
        return (probabilities[:, 1] >= threshold).astype(np.intp)
    return np.asarray(probabilities.argmax(axis=1), np.intp)


def confusion_matrix(labels: Labels, predicted: Labels, classes: int) -> npt.NDArray[np.int64]:
    """(classes, classes) counts, rows true, columns predicted."""
    flat = np.bincount(labels * classes + predicted, minlength=classes * classes)
    return flat.reshape(classes, classes).astype(np.int64)


def average_precision(scores: Probabilities, positive: npt.NDArray[np.bool_]) -> float | None:
    """Area under the precision-recall curve as a sum of steps; None where one side is missing.

    AP = sum over thresholds of (R_k - R_(k-1)) P_k, without interpolation between the points,
    which would be optimistic (Davis, Goadrich, *The relationship between precision-recall and
    ROC curves*, ICML 2006). Equal scores are one threshold.
    """
    true = int(np.count_nonzero(positive))
    if not true or true == len(positive):
        return None
    order = np.argsort(-scores, kind="stable")
    hits = np.cumsum(positive[order])
    ends = np.flatnonzero(np.append(np.diff(scores[order]) != 0, True))
    recall = hits[ends] / true
    precision = hits[ends] / (ends + 1)
    return float(np.sum(np.diff(recall, prepend=0.0) * precision))


def expected_calibration_error(
    confidence: Probabilities, correct: npt.NDArray[np.bool_], bins: int = CALIBRATION_BINS
) -> float:
    """Mean distance between confidence and share of right answers, in bins of equal count.

    Guo et al., *On calibration of modern neural networks*, ICML 2017, with bins of equal count
    instead of equal width, so that no bin is nearly empty.
    """
    order = np.argsort(confidence, kind="stable")
    parts = np.array_split(order, min(bins, len(order)))
    gaps = [abs(float(confidence[p].mean()) - float(correct[p].mean())) * len(p) for p in parts]
    return sum(gaps) / len(order)


def _class_figures(
    confusion: npt.NDArray[np.int64], scores: Probabilities, labels: Labels, index: int
) -> dict[str, Any]:
    hits = int(confusion[index, index])
    true, marked = int(confusion[index].sum()), int(confusion[:, index].sum())
    area = average_precision(scores, labels == index)
    return {
        "n": true,
        "precision": _rounded(hits / marked) if marked else None,
        "recall": _rounded(hits / true) if true else None,
        "f1": _rounded(2 * hits / (true + marked)) if true else None,
        "auprc": None if area is None else _rounded(area),
    }


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return _rounded(float(np.mean(known))) if known else None


def _rounded(value: float) -> float:
    return round(value, 4)
