"""Measures what fine-tuning gained on held-out photos, and what it lost on old test sets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from inference.runtime import SegmentationModel
from inference.training.data.datasets import Pair
from inference.training.evaluate.set_groups import CONCRETE, group_of
from inference.training.evaluate.sets import comparison, evaluate_sets, model_figures


@dataclass(frozen=True, slots=True)
class Row:
    """One set, before and after, each at its own model's threshold.

    Attributes:
        figure: ``F1``, or ``marked`` for sets without cracks (share of pixels, lower is better).
        low, high: the middle 95 % of the difference by paired bootstrap.
    """

    name: str
    n_images: int
    figure: str
    before: float
    after: float
    low: float | None
    high: float | None

    @property
    def difference(self) -> float:
        """After less before."""
        return self.after - self.before


@dataclass(frozen=True, slots=True)
class Outcome:
    """The facility's row, and those of the old sets; no old rows = could not be measured."""

    facility: Row
    old: tuple[Row, ...]

    def lines(self) -> list[str]:
        """A table and two sentences, for the terminal."""
        rows = [self.facility, *self.old]
        width = max(len(row.name) for row in rows)
        lines = [f"{'set':<{width}}    n  figure  before   after  difference (95 %)"]
        lines += [
            f"{row.name:<{width}} {row.n_images:>4}  {row.figure:<6} {_number(row, row.before):>7} "
            f"{_number(row, row.after):>7}  {_number(row, row.difference, sign=True)}"
            f" {_interval(row)}"
            for row in rows
        ]
        return [*lines, self.sentence()]

    def sentence(self) -> str:
        """Gain beside loss, in words."""
        gain = self.facility
        said = (
            f"On the facility's {gain.n_images} held-out photos F1 went from {gain.before:.3f} to "
            f"{gain.after:.3f} ({gain.difference:+.3f} {_interval(gain)})."
        )
        if not self.old:
            return (
                f"{said} What was lost elsewhere could not be measured: there are no old test "
                "sets here (--old-tests FOLDER)."
            )
        with_cracks = [row for row in self.old if row.figure == "F1"]
        concrete = [row for row in with_cracks if group_of(row.name) == CONCRETE] or with_cracks
        if concrete:
            mean = sum(row.difference for row in concrete) / len(concrete)
            worst = min(with_cracks, key=lambda row: row.difference)
            said += (
                f" On the old test sets it changed by {mean:+.3f} "
                f"(mean of {', '.join(row.name for row in concrete)}); "
                f"least well on {worst.name}: {worst.difference:+.3f}."
            )
        for row in self.old:
            if row.figure != "F1":
                said += (
                    f" Of {row.name}, where nothing is a crack, it marks {_number(row, row.after)} "
                    f"instead of {_number(row, row.before)}."
                )
        return said

    def plain(self) -> dict[str, Any]:
        """For the card."""
        return {
            "facility": _plain(self.facility),
            "old_test_sets": [_plain(row) for row in self.old] or None,
        }


def measure(
    before: SegmentationModel,
    after: SegmentationModel,
    facility: tuple[str, Sequence[Pair]],
    old: Mapping[str, Sequence[Pair]],
) -> Outcome:
    """Both models through the product's path on the same pictures.

    Raises:
        ValueError: naming a file that is wrong.
    """
    name, held_out = facility
    rows = []
    for each, pairs in {name: held_out, **old}.items():
        first, second = (
            evaluate_sets(model, {each: pairs}, quick=True) for model in (before, after)
        )
        reports = [
            model_figures(one, with_confidence=False)["sets"][each] for one in (first, second)
        ]
        rows.append(_row(each, reports[0], reports[1], comparison(second, first)[each]))
    return Outcome(rows[0], tuple(rows[1:]))


def _row(
    name: str,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    differences: Mapping[str, Mapping[str, Any]],
) -> Row:
    has_cracks = before["f1"] is not None
    key = "f1" if has_cracks else "false_positive_rate"
    values = [
        each["f1"] if has_cracks else each["false_positive_px_per_megapixel"] / 1e6
        for each in (before, after)
    ]
    interval = differences[key]
    return Row(
        name=name,
        n_images=int(before["n_images"]),
        figure="F1" if has_cracks else "marked",
        before=float(values[0]),
        after=float(values[1]),
        low=interval["low"],
        high=interval["high"],
    )


def _number(row: Row, value: float, *, sign: bool = False) -> str:
    if row.figure == "F1":
        return f"{value:+.3f}" if sign else f"{value:.3f}"
    return f"{value:+.3%}" if sign else f"{value:.3%}"


def _interval(row: Row) -> str:
    if row.low is None or row.high is None:
        return "[no interval]"
    return f"[{_number(row, row.low, sign=True)}, {_number(row, row.high, sign=True)}]"


def _plain(row: Row) -> dict[str, Any]:
    return {
        "set": row.name,
        "n_images": row.n_images,
        "figure": row.figure,
        "before": round(row.before, 5),
        "after": round(row.after, 5),
        "difference_low": row.low,
        "difference_high": row.high,
    }
