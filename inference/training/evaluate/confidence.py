"""Fits and evaluates the confidence of traced cracks.

A traced crack is *right* if at least half of its length lies within 2 px of the truth, that is of
a pixel of the mask. The calibration (see :mod:`inference.measure.line.confidence`) is fitted on
validation pictures, which the network has not learned from, and evaluated on test parts by the
expected calibration error in ten bins of equal count.

``ship`` and ``calibrate-confidence`` call :func:`confidence_entry`: it gives the whole
``confidence_calibration`` of a card.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from inference.measure.line.confidence import KIND, calibrated_confidence, line_terms
from inference.measure.line.ridge import follow_darkness
from inference.measure.line.trace import trace_cracks
from inference.runtime import SegmentationModel
from inference.training.data.datasets import Pair, read_pair
from inference.training.evaluate.classification_metrics import expected_calibration_error
from inference.training.evaluate.metrics import ProbabilityMap
from inference.training.evaluate.pictures import predict_picture
from inference.training.evaluate.set_groups import CONCRETE, RENDERED, ROADS, group_of
from inference.types import ConfidenceCalibration, Mask, Polyline, RgbImage

NEAR_TRUTH_PX = 2.0
SHARE_NEAR_TRUTH = 0.5
# Fewer lines than this say nothing about three numbers.
FEWEST_LINES = 40
BINS = 10
# Draws of right and wrong by which the error of a perfect calibration is found.
PERFECT_DRAWS = 200


@dataclass(frozen=True, slots=True)
class TracedLine:
    """One traced crack and whether it is right.

    Attributes:
        mean_probability: of the network along the line, 0..1.
    """

    mean_probability: float
    length_px: float
    is_right: bool


@dataclass(frozen=True, slots=True)
class FittedConfidence:
    """A calibration, and how many lines of how many pictures it comes from."""

    calibration: ConfidenceCalibration
    n_lines: int
    n_right: int
    n_images: int


def trace_lines(
    pixels: RgbImage, probability: ProbabilityMap, mask: Mask, threshold: float
) -> list[TracedLine]:
    """The cracks that the pipeline would trace in a picture, each held against the mask.

    Args:
        pixels: (H, W, 3) uint8 RGB.
        probability: (H, W) uint8, probability * 255.
        mask: (H, W), crack where above 0.
    """
    distance = _distance_to_truth(mask)
    return [
        TracedLine(
            trace.confidence,
            trace.length_px,
            _share_near(distance, follow_darkness(pixels, trace.centreline_px)) >= SHARE_NEAR_TRUTH,
        )
        for trace in trace_cracks(probability, threshold)
    ]


def fit_confidence(
    model: SegmentationModel,
    pairs: Sequence[Pair],
    *,
    on_picture: Callable[[Pair], None] | None = None,
) -> FittedConfidence | None:
    """Fit a calibration on pictures that the network has not learned from.

    Returns:
        None where the network traces fewer than 40 cracks in them.
    """
    return fit_lines(_lines_of_pairs(model, pairs, on_picture), len(pairs))


def fit_lines(lines: Sequence[TracedLine], n_images: int) -> FittedConfidence | None:
    """Logistic regression of right on log-odds and log-length; None for fewer than 40 lines.

    The targets are Platt's (1999), a little inside of 0 and 1, and the weights are held back by a
    unit ridge on standardised terms, so that a set without a single wrong line has a fit as well.
    A term that would say "surer, therefore wrong" or "longer, therefore wrong" is left out: with
    few lines that is chance.
    """
    if len(lines) < FEWEST_LINES:
        return None
    lengths = np.array([line.length_px for line in lines])
    low_px, high_px = (float(each) for each in np.percentile(lengths, [1, 99]))
    terms = np.array(
        [line_terms(line.mean_probability, line.length_px, (low_px, high_px)) for line in lines]
    )
    right = np.array([line.is_right for line in lines])
    n_right, n_wrong = int(right.sum()), int((~right).sum())
    targets = np.where(right, (n_right + 1) / (n_right + 2), 1 / (n_wrong + 2))
    used = [0, 1]
    while True:
        intercept, weights = _logistic_fit(terms[:, used], targets)
        if not len(weights) or weights.min() >= 0:
            break
        used.pop(int(weights.argmin()))
    all_weights = np.zeros(2)
    all_weights[used] = weights
    calibration = ConfidenceCalibration(
        intercept=round(intercept, 6),
        per_logit=round(float(all_weights[0]), 6),
        per_log_length=round(float(all_weights[1]), 6),
        length_range_px=(round(low_px, 1), round(high_px, 1)),
    )
    return FittedConfidence(calibration, len(lines), n_right, n_images)


def line_figures(
    lines: Sequence[TracedLine], calibration: ConfidenceCalibration | None
) -> dict[str, Any]:
    """Plain values: ``n_lines``, ``share_right``, ``mean_confidence``, ``ece`` (expected
    calibration error, ten bins of equal count), ``ece_uncalibrated`` (of the mean probability
    itself) and ``ece_if_perfect`` (what a perfect confidence would show of so few lines, by
    chance). The figures are None where nothing was traced.
    """
    if not lines:
        names = ("share_right", "mean_confidence", "ece", "ece_uncalibrated", "ece_if_perfect")
        return {"n_lines": 0, **dict.fromkeys(names)}
    raw = np.array([line.mean_probability for line in lines])
    right = np.array([line.is_right for line in lines])
    confidence = raw if calibration is None else _confidences(lines, calibration)
    figures = {
        "share_right": float(right.mean()),
        "mean_confidence": float(confidence.mean()),
        "ece": expected_calibration_error(confidence, right, BINS),
        "ece_uncalibrated": expected_calibration_error(raw, right, BINS),
        "ece_if_perfect": _error_if_perfect(confidence),
    }
    return {"n_lines": len(lines), **{name: round(each, 4) for name, each in figures.items()}}


def confidence_entry(
    model: SegmentationModel,
    validation: Mapping[str, Sequence[Pair]],
    testing: Mapping[str, Sequence[Pair]],
    *,
    on_picture: Callable[[Pair], None] | None = None,
) -> dict[str, Any] | None:
    """A card's ``confidence_calibration``: the numbers, and how well they do on test parts.

    Args:
        validation: pictures by set that the network has not learned from; see
            :func:`calibration_pairs` for which of them count.
        testing: pictures by set; reported per set, for concrete and for all together.

    Returns:
        None where too few cracks are traced to fit anything.
    """
    fitted = fit_confidence(model, calibration_pairs(validation), on_picture=on_picture)
    if fitted is None:
        return None
    lines = {
        name: _lines_of_pairs(model, pairs, on_picture) for name, pairs in testing.items() if pairs
    }
    return {
        **calibration_values(fitted),
        "fitted_on": sorted(_calibration_sets(validation)),
        "right": (
            f"at least {SHARE_NEAR_TRUTH:.0%} of the length within {NEAR_TRUTH_PX:g} px of the mask"
        ),
        "test": by_group(lines, fitted.calibration),
    }


def calibration_values(fitted: FittedConfidence) -> dict[str, Any]:
    """What :func:`inference.measure.line.confidence.read_calibration` reads, with its numbers."""
    calibration = fitted.calibration
    return {
        "kind": KIND,
        "intercept": calibration.intercept,
        "per_logit": calibration.per_logit,
        "per_log_length": calibration.per_log_length,
        "length_range_px": list(calibration.length_range_px),
        "n_lines": fitted.n_lines,
        "n_right": fitted.n_right,
        "n_images": fitted.n_images,
    }


def by_group(
    lines: Mapping[str, Sequence[TracedLine]], calibration: ConfidenceCalibration | None
) -> dict[str, dict[str, Any]]:
    """:func:`line_figures` of ``concrete``, of ``all``, and of each set."""
    concrete = [each for name in lines if group_of(name) == CONCRETE for each in lines[name]]
    everything = [each for found in lines.values() for each in found]
    groups: dict[str, Sequence[TracedLine]] = {"concrete": concrete, "all": everything, **lines}
    return {name: line_figures(found, calibration) for name, found in groups.items()}


def calibration_pairs(validation: Mapping[str, Sequence[Pair]]) -> list[Pair]:
    """The pictures that a calibration is fitted on: not roads, nor renderings beside photographs.

    A road's texture is marked wrongly far more often than concrete, a rendering far less; both
    would tell a user something else than what his walls do.
    """
    return [pair for name in _calibration_sets(validation) for pair in validation[name]]


def _calibration_sets(validation: Mapping[str, Sequence[Pair]]) -> list[str]:
    usual = [name for name in validation if group_of(name) not in (ROADS, RENDERED)]
    without_roads = [name for name in validation if group_of(name) != ROADS]
    return usual or without_roads or list(validation)


def _lines_of_pairs(
    model: SegmentationModel,
    pairs: Sequence[Pair],
    on_picture: Callable[[Pair], None] | None,
) -> list[TracedLine]:
    lines: list[TracedLine] = []
    for pair in pairs:
        pixels, mask = read_pair(pair)
        probability = predict_picture(model, pixels)
        lines.extend(trace_lines(pixels, probability, mask, model.info.threshold))
        if on_picture is not None:
            on_picture(pair)
    return lines


def _distance_to_truth(mask: Mask) -> npt.NDArray[np.float32]:
    """(H, W) distance of every pixel to the nearest one of the mask; infinite without any."""
    if not mask.any():
        return np.full(mask.shape, np.inf, np.float32)
    outside = np.where(mask > 0, np.uint8(0), np.uint8(1))
    distance = cv2.distanceTransform(outside, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    return np.asarray(distance, np.float32)


def _share_near(distance: npt.NDArray[np.float32], line: Polyline) -> float:
    """Share of a line's length whose pieces have their middle near the truth."""
    points = np.asarray(line, np.float64)
    pieces_px = np.hypot(*np.diff(points, axis=0).T)
    x, y = np.round((points[1:] + points[:-1]) / 2).astype(int).T
    height, width = distance.shape
    near = distance[np.clip(y, 0, height - 1), np.clip(x, 0, width - 1)] <= NEAR_TRUTH_PX
    return float((pieces_px * near).sum() / max(pieces_px.sum(), 1e-9))


def _logistic_fit(
    terms: npt.NDArray[np.float64], targets: npt.NDArray[np.float64]
) -> tuple[float, npt.NDArray[np.float64]]:
    """Intercept and weights of the raw terms, by Newton's method with a unit ridge."""
    mean, spread = terms.mean(axis=0), np.maximum(terms.std(axis=0), 1e-6)
    rows = np.column_stack([np.ones(len(terms)), (terms - mean) / spread])
    ridge = np.diag([0.0] + [1.0] * terms.shape[1])
    weights = np.zeros(rows.shape[1])
    for _ in range(50):
        probability = 1.0 / (1.0 + np.exp(-rows @ weights))
        slope = rows.T @ (probability - targets) + ridge @ weights
        bend = rows.T @ (rows * (probability * (1 - probability))[:, None]) + ridge
        step = np.linalg.solve(bend, slope)
        weights = weights - step
        if np.abs(step).max() < 1e-9:
            break
    of_raw = weights[1:] / spread
    return float(weights[0] - (of_raw * mean).sum()), of_raw


def _confidences(
    lines: Sequence[TracedLine], calibration: ConfidenceCalibration
) -> npt.NDArray[np.float64]:
    return np.array(
        [
            calibrated_confidence(calibration, line.mean_probability, line.length_px)
            for line in lines
        ]
    )


def _error_if_perfect(confidence: npt.NDArray[np.float64]) -> float:
    """Mean error of outcomes that are drawn with exactly these probabilities."""
    generator = np.random.default_rng(0)
    errors = [
        expected_calibration_error(confidence, generator.random(len(confidence)) < confidence, BINS)
        for _ in range(PERFECT_DRAWS)
    ]
    return float(np.mean(errors))
