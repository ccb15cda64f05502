"""Metrics of crack masks, all on the same predictions.

Papers differ in the threshold, the tolerance and in what they average, and a figure
without them means nothing. All metrics here are *pooled*: counts are summed over the
pictures, so a large picture counts for more than a small one. Crack is the positive class.

Conventions (pixels, upright pictures):

- precision, recall, F1, IoU at the threshold, exact pixels; ``miou`` is the mean of the IoU
  of crack and of background.
- ODS (optimal data set scale): F1 at the one best threshold; OIS (optimal image scale): each
  picture at its own best threshold, then pooled. Arbelaez, Maire, Fowlkes, Malik, *Contour
  detection and hierarchical image segmentation*, TPAMI 33(5), 2011; here on pixels of
  masks, without thinning.
- AUPRC: area under the precision-recall curve over pixels, as average precision (the sum over
  the 255 levels of precision times the gain in recall; no interpolation).
- F1 at a tolerance: a marked pixel is right within that distance of the truth, a true pixel
  is found within that distance of a marked one.
- F1 at the mask offset: exact pixels, with all masks of the set moved by the one offset at which
  they fit the marked pixels best. Well above F1, it says that the masks lie beside their cracks.
- clIoU at 4 px: of centrelines; TP = true centreline inside the predicted one dilated by a
  disk of 4 px, FP = predicted centreline outside the true one so dilated. Benz, Rodehorst,
  *OmniCrack30k*, CVPR workshops 2024.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt
from skimage.morphology import skeletonize

from inference.training.data.mask_offset import Hits, best_offset_px, hits_by_offset
from inference.types import Mask

TOLERANCES_PX = (0, 2, 5)
CENTRELINE_TOLERANCE_PX = 4
LEVELS = 256
CALIBRATION_BINS = 10
# Pixels below are background that nobody doubts; with them every calibration error looks like none.
LEAST_PIXEL_PROBABILITY = 0.05

ProbabilityMap = npt.NDArray[np.uint8]  # (H, W), probability * 255
Counts = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class PictureScore:
    """The counts that one picture adds to the pooled metrics.

    Attributes:
        crack_levels: (256,) histogram of the probability over true crack pixels.
        background_levels: (256,) the same over background.
        tolerance_counts: per tolerance: right marked, marked, found true, true pixels; None where
            they were not asked for.
        centreline_counts: true positives, false positives, false negatives; None as above.
        offset_hits: see :func:`inference.training.data.mask_offset.hits_by_offset`; None as above.
        marked_px: pixels at or above the threshold.
    """

    crack_levels: Counts
    background_levels: Counts
    tolerance_counts: tuple[tuple[int, int, int, int], ...] | None
    centreline_counts: tuple[int, int, int] | None
    marked_px: int
    offset_hits: Hits | None = None

    @property
    def has_cracks(self) -> bool:
        return bool(self.crack_levels.any())

    @property
    def size_px(self) -> int:
        return int(self.crack_levels.sum() + self.background_levels.sum())


@dataclass(frozen=True, slots=True)
class Metrics:
    """Pooled over ``n_images``. ``None`` where the pictures cannot say."""

    n_images: int
    threshold: float
    precision: float | None
    recall: float | None
    f1: float | None
    iou: float | None
    miou: float | None
    ods_f1: float | None
    ods_threshold: float | None
    ois_f1: float | None
    auprc: float | None
    f1_at_0px: float | None
    f1_at_2px: float | None
    f1_at_5px: float | None
    precision_at_5px: float | None
    recall_at_5px: float | None
    cliou_at_4px: float | None
    mask_offset_px: tuple[int, int] | None
    f1_at_mask_offset: float | None
    false_positive_px_per_megapixel: float | None


def level_of(threshold: float) -> int:
    """The smallest stored probability (0..255) that counts as crack."""
    return max(1, int(np.ceil(threshold * 255 - 1e-9)))


def evaluate_picture(
    probability: ProbabilityMap, mask: Mask, threshold: float, *, with_lines: bool = True
) -> PictureScore:
    """Score one prediction against its mask.

    Args:
        probability: (H, W) uint8, probability * 255.
        mask: (H, W), crack where above 0.
        with_lines: also count at tolerances and along centrelines, which takes ten times as long.

    Raises:
        ValueError: if their sizes differ.
    """
    if probability.shape != mask.shape:
        raise ValueError(f"Prediction {probability.shape} and mask {mask.shape} differ in size.")
    true = mask > 0
    marked = probability >= level_of(threshold)
    return PictureScore(
        crack_levels=np.bincount(probability[true], minlength=LEVELS),
        background_levels=np.bincount(probability[~true], minlength=LEVELS),
        tolerance_counts=_tolerance_counts(marked, true) if with_lines else None,
        centreline_counts=_centreline_counts(marked, true) if with_lines else None,
        marked_px=int(np.count_nonzero(marked)),
        offset_hits=hits_by_offset(marked, true) if with_lines else None,
    )


def pool(scores: Sequence[PictureScore], threshold: float) -> Metrics:
    """The metrics of many pictures together.

    Raises:
        ValueError: if there are none.
    """
    if not scores:
        raise ValueError("There are no pictures to score.")
    hits, false, misses, rest = _confusion(scores)
    level = level_of(threshold)
    tp, fp, fn, tn = (int(part.sum(axis=0)[level]) for part in (hits, false, misses, rest))
    any_crack = tp + fn > 0
    iou = _ratio(tp, tp + fp + fn)
    background_iou = _ratio(tn, tn + fp + fn)
    curve = _f1(hits.sum(axis=0), false.sum(axis=0), misses.sum(axis=0))
    best = int(curve[1:].argmax()) + 1
    at = {tolerance: _tolerant(scores, index) for index, tolerance in enumerate(TOLERANCES_PX)}
    lines = [score.centreline_counts for score in scores if score.centreline_counts is not None]
    line_tp, line_fp, line_fn = np.sum(lines, axis=0) if len(lines) == len(scores) else (0, 0, 0)
    clean = [score for score in scores if not score.has_cracks]
    clean_px = sum(score.size_px for score in clean)
    offset_px, hits_there = _at_mask_offset(scores) if any_crack else (None, None)
    return Metrics(
        n_images=len(scores),
        threshold=threshold,
        precision=_ratio(tp, tp + fp) if any_crack else None,
        recall=_ratio(tp, tp + fn),
        f1=_ratio(2 * tp, 2 * tp + fp + fn) if any_crack else None,
        iou=iou if any_crack else None,
        miou=(iou + background_iou) / 2
        if any_crack and iou is not None and background_iou
        else None,
        ods_f1=float(curve[best]) if any_crack else None,
        ods_threshold=best / 255 if any_crack else None,
        ois_f1=_ois(hits, false, misses) if any_crack else None,
        auprc=_auprc(hits.sum(axis=0), false.sum(axis=0)) if any_crack else None,
        f1_at_0px=at[0][2] if any_crack else None,
        f1_at_2px=at[2][2] if any_crack else None,
        f1_at_5px=at[5][2] if any_crack else None,
        precision_at_5px=at[5][0] if any_crack else None,
        recall_at_5px=at[5][1] if any_crack else None,
        cliou_at_4px=_ratio(line_tp, line_tp + line_fp + line_fn) if any_crack else None,
        mask_offset_px=offset_px,
        f1_at_mask_offset=None if hits_there is None else _ratio(2 * hits_there, 2 * tp + fp + fn),
        false_positive_px_per_megapixel=(
            sum(score.marked_px for score in clean) / (clean_px / 1e6) if clean_px else None
        ),
    )


def f1_by_level(scores: Sequence[PictureScore]) -> npt.NDArray[np.float64]:
    """(256,) pooled F1 if every probability of at least that level counts as crack."""
    hits, false, misses, _ = _confusion(scores)
    return _f1(hits.sum(axis=0), false.sum(axis=0), misses.sum(axis=0))


def pixel_calibration_error(scores: Sequence[PictureScore]) -> float | None:
    """Expected calibration error over the pixels of probability 0.05 and above.

    Ten bins of equal count; a probability whose pixels lie in two bins is shared between them.
    None where no pixel is so probable.
    """
    levels = np.arange(LEVELS)
    kept = levels >= np.ceil(LEAST_PIXEL_PROBABILITY * 255)
    crack = np.sum([score.crack_levels for score in scores], axis=0)[kept]
    count = crack + np.sum([score.background_levels for score in scores], axis=0)[kept]
    if not count.sum():
        return None
    reached = np.append(0, count.cumsum())
    edges = np.linspace(0, reached[-1], CALIBRATION_BINS + 1)
    told = np.diff(np.interp(edges, reached, np.append(0, (count * levels[kept] / 255).cumsum())))
    true = np.diff(np.interp(edges, reached, np.append(0, crack.cumsum())))
    return float(np.abs(told - true).sum() / reached[-1])


def _confusion(scores: Sequence[PictureScore]) -> tuple[Counts, Counts, Counts, Counts]:
    """(N, 256) true positives, false positives, false negatives, true negatives by level."""
    crack = np.stack([score.crack_levels for score in scores])
    background = np.stack([score.background_levels for score in scores])
    hits = crack[:, ::-1].cumsum(axis=1)[:, ::-1]
    false = background[:, ::-1].cumsum(axis=1)[:, ::-1]
    return (
        hits,
        false,
        crack.sum(axis=1, keepdims=True) - hits,
        background.sum(axis=1, keepdims=True) - false,
    )


def _f1(hits: Counts, false: Counts, misses: Counts) -> npt.NDArray[np.float64]:
    return 2 * hits / np.maximum(2 * hits + false + misses, 1)


def _ois(hits: Counts, false: Counts, misses: Counts) -> float | None:
    """Each picture at its own best level; the strictest of equals, so clean pictures stay clean."""
    error_free = _f1(hits, false, misses)[:, 1:]
    best = error_free.shape[1] - error_free[:, ::-1].argmax(axis=1)
    rows = np.arange(len(hits))
    tp, fp, fn = (int(part[rows, best].sum()) for part in (hits, false, misses))
    return _ratio(2 * tp, 2 * tp + fp + fn)


def _auprc(hits: Counts, false: Counts) -> float:
    """Average precision of cumulated counts by level; every pixel is marked at level 0."""
    precision = hits / np.maximum(hits + false, 1)
    gained = hits - np.append(hits[1:], 0)
    return float((precision * gained).sum() / hits[0])


def _tolerant(
    scores: Sequence[PictureScore], index: int
) -> tuple[float | None, float | None, float | None]:
    """Precision, recall and F1 at one tolerance; None where a picture was not counted so."""
    counts = [s.tolerance_counts[index] for s in scores if s.tolerance_counts is not None]
    if len(counts) < len(scores):
        return None, None, None
    right, marked, found, true = np.sum(counts, axis=0)
    precision, recall = _ratio(right, marked), _ratio(found, true)
    if not precision or not recall:
        return precision, recall, 0.0
    return precision, recall, 2 * precision * recall / (precision + recall)


def _at_mask_offset(scores: Sequence[PictureScore]) -> tuple[tuple[int, int] | None, int | None]:
    """The set's offset and the hits there; None where a picture was not counted so."""
    counts = [score.offset_hits for score in scores if score.offset_hits is not None]
    if len(counts) < len(scores):
        return None, None
    hits = np.sum(counts, axis=0)
    return best_offset_px(hits), int(hits.max())


def _tolerance_counts(
    marked: npt.NDArray[np.bool_], true: npt.NDArray[np.bool_]
) -> tuple[tuple[int, int, int, int], ...]:
    to_true, to_marked = _distance_to(true), _distance_to(marked)
    return tuple(
        (
            int(np.count_nonzero(marked & (to_true <= tolerance))),
            int(np.count_nonzero(marked)),
            int(np.count_nonzero(true & (to_marked <= tolerance))),
            int(np.count_nonzero(true)),
        )
        for tolerance in TOLERANCES_PX
    )


def _distance_to(wanted: npt.NDArray[np.bool_]) -> npt.NDArray[np.float32]:
    """Distance of every pixel to the nearest wanted one; infinite where there is none."""
    if not wanted.any():
        return np.full(wanted.shape, np.inf, dtype=np.float32)
    other = np.where(wanted, np.uint8(0), np.uint8(1))
    distance = cv2.distanceTransform(other, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    return np.asarray(distance, dtype=np.float32)


def _centreline_counts(
    marked: npt.NDArray[np.bool_], true: npt.NDArray[np.bool_]
) -> tuple[int, int, int]:
    marked_line, true_line = skeletonize(marked), skeletonize(true)
    near_marked = _distance_to(marked_line) <= CENTRELINE_TOLERANCE_PX
    near_true = _distance_to(true_line) <= CENTRELINE_TOLERANCE_PX
    found = int(np.count_nonzero(true_line & near_marked))
    return (
        found,
        int(np.count_nonzero(marked_line & ~near_true)),
        int(np.count_nonzero(true_line)) - found,
    )


def _ratio(part: float, whole: float) -> float | None:
    return float(part) / float(whole) if whole else None
