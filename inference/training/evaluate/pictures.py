"""Evaluates a model on pictures and masks, by the same path as a photo in the product.

Needs no torch. Pixels go through the Retinex and the search exactly as in the pipeline.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
import numpy.typing as npt

from inference.imaging.retinex import estimate_illumination
from inference.runtime import SegmentationModel
from inference.search import search
from inference.training.data.datasets import Pair, read_pair
from inference.training.evaluate.bootstrap import intervals
from inference.training.evaluate.metrics import (
    Metrics,
    PictureScore,
    ProbabilityMap,
    evaluate_picture,
    f1_by_level,
    level_of,
    pixel_calibration_error,
    pool,
)
from inference.types import RgbImage

# A wall without cracks may have this share of its pixels marked.
CLEAN_SHARE_ALLOWED = 0.001


def predict_picture(
    model: SegmentationModel, pixels: RgbImage, *, retinex: bool = True
) -> ProbabilityMap:
    """(H, W, 3) uint8 RGB -> (H, W) uint8, probability * 255, as the pipeline sees it."""
    return search(pixels, model, estimate_illumination(pixels) if retinex else None)


def evaluate_pairs(
    model: SegmentationModel,
    pairs: Iterable[Pair],
    *,
    threshold: float | None = None,
    retinex: bool = True,
    with_lines: bool = True,
    on_picture: Callable[[Pair], None] | None = None,
) -> list[PictureScore]:
    """Predict and score each pair, at the model's own threshold for None.

    ``with_lines`` as in :func:`inference.training.evaluate.metrics.evaluate_picture`: False is for
    choosing a threshold or a weight file, where only F1 and IoU count.

    Raises:
        ValueError: naming the file that is wrong.
    """
    level = model.info.threshold if threshold is None else threshold
    scores = []
    for pair in pairs:
        pixels, mask = read_pair(pair)
        probability = predict_picture(model, pixels, retinex=retinex)
        scores.append(evaluate_picture(probability, mask, level, with_lines=with_lines))
        if on_picture is not None:
            on_picture(pair)
    return scores


def set_figures(
    model: SegmentationModel, scores: Sequence[PictureScore], threshold: float
) -> dict[str, Any]:
    """The figures of one set as plain values: metrics, their intervals, model, clean pictures."""
    metrics: Metrics = pool(scores, threshold)
    clean = [score for score in scores if not score.has_cracks]
    pixel_error = pixel_calibration_error(scores)
    return {
        "model": model.info.name,
        "runtime": model.info.runtime,
        **_rounded(asdict(metrics)),
        "n_clean_images": len(clean),
        "n_clean_images_over_0_1_percent": sum(
            score.marked_px > CLEAN_SHARE_ALLOWED * score.size_px for score in clean
        ),
        "pixel_calibration_error": None if pixel_error is None else round(pixel_error, 4),
        "intervals": {
            name: [_rounded_rate(each.low), _rounded_rate(each.high)]
            for name, each in intervals(scores, threshold).items()
        },
    }


def choose_threshold(
    concrete: Mapping[str, Sequence[PictureScore]], clean: Sequence[PictureScore]
) -> float:
    """The threshold of best mean F1 over the concrete sets, each set counting once.

    The curve is flat at its top and validation pictures are few, so of the thresholds within
    0.003 of the best F1 the one nearest to 0.5 is taken that marks at most 0.1 % of the pixels of
    clean walls; where none does, the one that marks the fewest: false alarms are what people
    remember.

    Args:
        concrete: scores of *validation* pictures per set.
        clean: scores of validation pictures without cracks.

    Returns:
        A multiple of 0.02, between 0.2 and 0.9.

    Raises:
        ValueError: if there is nothing to choose by.
    """
    curves = [f1_by_level(scores) for scores in concrete.values() if scores]
    if not curves:
        raise ValueError(
            "No validation pictures with cracks: mark a set as concrete in the recipe, with at "
            "least four source photographs."
        )
    mean_f1 = np.mean(curves, axis=0)
    candidates = np.arange(10, 46) * 0.02
    levels = np.ceil(candidates * 255).astype(int)
    good = mean_f1[levels] >= mean_f1[levels].max() - 0.003
    false_px = np.array([_marked_at(clean, level) for level in levels], dtype=float)
    clean_enough = false_px <= CLEAN_SHARE_ALLOWED * sum(score.size_px for score in clean)
    too_many_px = np.where(clean_enough, 0.0, false_px)
    order = np.lexsort((np.abs(candidates - 0.5), too_many_px, ~good))
    return float(round(candidates[order[0]], 2))


def threshold_that_marks_alike(
    scores: Mapping[str, Sequence[PictureScore]],
    reference: Mapping[str, Sequence[PictureScore]],
    threshold: float,
) -> float:
    """The threshold at which a model marks as many pixels as another one does at ``threshold``.

    Args:
        scores: per set, of the model that wants a threshold.
        reference: of the other one, on the same pictures.

    Returns:
        A multiple of 0.01, between 0.1 and 0.95, of least mean deviation over the sets.
    """
    candidates = np.arange(10, 96) * 0.01
    levels = np.ceil(candidates * 255 - 1e-9).astype(int)
    deviation = np.zeros(len(candidates))
    for name, of_set in scores.items():
        wanted = _marked_by_level(reference[name])[level_of(threshold)]
        deviation += np.abs(_marked_by_level(of_set)[levels] / max(wanted, 1) - 1)
    return float(round(candidates[deviation.argmin()], 2))


def _marked_by_level(scores: Sequence[PictureScore]) -> npt.NDArray[np.int64]:
    """(256,): pixels that count as crack if every probability of at least that level does."""
    levels = np.sum([score.crack_levels + score.background_levels for score in scores], axis=0)
    return np.asarray(levels[::-1].cumsum()[::-1], np.int64)


def _marked_at(scores: Sequence[PictureScore], level: int) -> int:
    return sum(int(score.background_levels[level:].sum()) for score in scores)


def _rounded_rate(value: float | None) -> float | None:
    """Rounded so that a false-positive rate of one pixel in a million is still there."""
    return None if value is None else round(value, 7)


def _rounded(values: Mapping[str, Any]) -> dict[str, Any]:
    return dict(_round(values.items()))


def _round(items: Iterable[tuple[str, Any]]) -> Iterator[tuple[str, Any]]:
    for key, value in items:
        yield key, round(value, 4) if isinstance(value, float) else value
