"""Bootstrap intervals of figures: percentiles over resampled pictures.

Pictures are drawn with replacement as often as there are pictures, 1,000 times, and the pooled
figure is computed of each draw from the pictures' counts; nothing is predicted or scored again.
The interval holds the middle 95 % of the draws (Efron, Tibshirani, *An introduction to the
bootstrap*, 1993, chapter 13). Two models on the same pictures are compared on the same draws, so
that what makes a picture hard for both cancels.

Pictures stand for themselves: several cut from one photograph make an interval too narrow.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from inference.training.evaluate.metrics import PictureScore, level_of

DRAWS = 1000
SEED = 1729
COVERAGE = 0.95

# Rows of a count table, one a picture, and the figure of any sums of them.
CountTable = npt.NDArray[np.float64]  # (pictures, columns)
Figure = Callable[[CountTable], npt.NDArray[np.float64]]  # (draws, columns) -> (draws,)


@dataclass(frozen=True, slots=True)
class Interval:
    """A figure with the middle 95 % of its draws. ``None`` where the pictures cannot say."""

    value: float | None
    low: float | None
    high: float | None
    n_images: int


@dataclass(frozen=True, slots=True)
class Difference:
    """One model's figure less another's on the same pictures.

    Attributes:
        share_above_zero: of the draws; 0.5 says that neither is better.
    """

    value: float | None
    low: float | None
    high: float | None
    share_above_zero: float | None
    n_images: int


@lru_cache(maxsize=16)
def draw_counts(n_images: int) -> npt.NDArray[np.float64]:
    """(draws, n_images): how often each draw holds each picture; rows sum to ``n_images``."""
    even = np.full(n_images, 1.0 / n_images)
    drawn = np.random.default_rng(SEED).multinomial(n_images, even, size=DRAWS)
    counts = drawn.astype(np.float64)
    counts.flags.writeable = False  # one table serves every figure
    return counts


def interval(table: CountTable, figure: Figure) -> Interval:
    """The figure of the sums of a table's rows, with its interval.

    Raises:
        ValueError: if the table has no rows.
    """
    value = _of_all(table, figure)
    drawn = _of_draws(table, figure)
    low, high = _middle(drawn)
    if value is None:
        low = high = None
    return Interval(value, low, high, len(table))


def difference(ours: CountTable, theirs: CountTable, figure: Figure) -> Difference:
    """How much higher the figure of ``ours`` is than that of ``theirs``.

    Raises:
        ValueError: if the tables are not of the same pictures by number, or have no rows.
    """
    if ours.shape != theirs.shape:
        raise ValueError(
            f"Two models are compared on the same pictures, not on {len(ours)} and {len(theirs)}."
        )
    of_ours, of_theirs = _of_all(ours, figure), _of_all(theirs, figure)
    if of_ours is None or of_theirs is None:
        return Difference(None, None, None, None, len(ours))
    drawn = _of_draws(ours, figure) - _of_draws(theirs, figure)
    low, high = _middle(drawn)
    told = drawn[np.isfinite(drawn)]
    # A draw where both are alike speaks for neither.
    above = np.mean((told > 0) + 0.5 * (told == 0)) if len(told) else None
    return Difference(
        of_ours - of_theirs, low, high, None if above is None else float(above), len(ours)
    )


def confusion_table(scores: Sequence[PictureScore], threshold: float) -> CountTable:
    """(pictures, 4): true positives, false positives, false negatives, true negatives."""
    level = level_of(threshold)
    rows = [
        (
            score.crack_levels[level:].sum(),
            score.background_levels[level:].sum(),
            score.crack_levels[:level].sum(),
            score.background_levels[:level].sum(),
        )
        for score in scores
    ]
    return np.array(rows, dtype=np.float64).reshape(-1, 4)


def f1(counts: CountTable) -> npt.NDArray[np.float64]:
    """F1 of rows of a confusion table; ``nan`` where there are no cracks."""
    hits, false, misses, _ = counts.T
    return _share(2 * hits, 2 * hits + false + misses, hits + misses > 0)


def iou(counts: CountTable) -> npt.NDArray[np.float64]:
    """IoU of crack; ``nan`` where there are no cracks."""
    hits, false, misses, _ = counts.T
    return _share(hits, hits + false + misses, hits + misses > 0)


def miou(counts: CountTable) -> npt.NDArray[np.float64]:
    """Mean of the IoU of crack and of background; ``nan`` where there are no cracks."""
    _, false, misses, rest = counts.T
    return (iou(counts) + _share(rest, rest + false + misses, rest + false > 0)) / 2


def false_positive_rate(counts: CountTable) -> npt.NDArray[np.float64]:
    """Share of the pixels without crack that are marked."""
    _, false, _, rest = counts.T
    return _share(false, false + rest, false + rest > 0)


FIGURES: Mapping[str, Figure] = {
    "f1": f1,
    "iou": iou,
    "miou": miou,
    "false_positive_rate": false_positive_rate,
}


def intervals(scores: Sequence[PictureScore], threshold: float) -> dict[str, Interval]:
    """Every one of :data:`FIGURES` with its interval.

    Raises:
        ValueError: if there are no pictures.
    """
    table = confusion_table(scores, threshold)
    return {name: interval(table, figure) for name, figure in FIGURES.items()}


def differences(
    ours: Sequence[PictureScore],
    theirs: Sequence[PictureScore],
    threshold: float,
    their_threshold: float | None = None,
) -> dict[str, Difference]:
    """Every one of :data:`FIGURES`, ours less theirs, picture by picture in the same order.

    Args:
        their_threshold: None = the same.

    Raises:
        ValueError: if the pictures are not the same, or there are none.
    """
    for mine, other in zip(ours, theirs, strict=False):
        if mine.crack_levels.sum() != other.crack_levels.sum() or mine.size_px != other.size_px:
            raise ValueError("Two models are compared on the same pictures in the same order.")
    table = confusion_table(ours, threshold)
    other_level = threshold if their_threshold is None else their_threshold
    their_table = confusion_table(theirs, other_level)
    return {name: difference(table, their_table, figure) for name, figure in FIGURES.items()}


def _of_all(table: CountTable, figure: Figure) -> float | None:
    if not len(table):
        raise ValueError("There are no pictures to resample.")
    value = float(figure(table.sum(axis=0, keepdims=True))[0])
    return value if np.isfinite(value) else None


def _of_draws(table: CountTable, figure: Figure) -> npt.NDArray[np.float64]:
    return figure(draw_counts(len(table)) @ table)


def _middle(drawn: npt.NDArray[np.float64]) -> tuple[float | None, float | None]:
    """The percentiles that enclose the coverage; of the draws that have the figure at all."""
    told = drawn[np.isfinite(drawn)]
    if not len(told):
        return None, None
    outside = 100 * (1 - COVERAGE) / 2
    low, high = np.percentile(told, [outside, 100 - outside])
    return float(low), float(high)


def _share(
    part: npt.NDArray[np.float64],
    whole: npt.NDArray[np.float64],
    is_told: npt.NDArray[np.bool_],
) -> npt.NDArray[np.float64]:
    return np.where(is_told, part / np.maximum(whole, 1), np.nan)
