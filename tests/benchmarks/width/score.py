"""From records to figures: bias, error, refusals and how often the interval holds the truth."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise

import numpy as np

from assets.coverage import COVERAGE_FACTOR
from tests.benchmarks.width.records import Record

Method = Callable[[Record], dict[str, float] | None]
METHODS: dict[str, Method] = {
    "hairline": lambda record: record.ours_px,
    "distance transform": lambda record: record.distance_transform_px,
    "across skeleton": lambda record: record.across_skeleton_px,
}


@dataclass(frozen=True, slots=True)
class Score:
    """Errors of one method on one group of cracks; None where nothing was measured.

    Attributes:
        cracks: in the group. measured: share of them that was not refused.
        bias, mean_abs, p95_abs: of measured minus true.
        median_u: standard uncertainty as reported.
        covered: share of the truths within ± 2 u. covered_interval: within the interval itself.
    """

    cracks: int
    measured: float
    bias: float | None = None
    mean_abs: float | None = None
    p95_abs: float | None = None
    median_u: float | None = None
    covered: float | None = None
    covered_interval: float | None = None

    def as_json(self) -> dict[str, float | int | None]:
        return {
            name: round(value, 4) if isinstance(value, float) else value
            for name, value in asdict(self).items()
        }


def score(records: Sequence[Record], method: Method, statistic: str = "p50") -> Score:
    """Errors in pixels of one statistic along the cracks."""
    found = [(record.truth_px[statistic], method(record)) for record in records]
    return _score([(truth, widths) for truth, widths in found], statistic)


def score_mm(records: Sequence[Record], statistic: str = "p95") -> Score:
    """Errors in millimetres of the instrument."""
    return _score([(record.truth_mm[statistic], record.ours_mm) for record in records], statistic)


def _score(pairs: Sequence[tuple[float, dict[str, float] | None]], statistic: str) -> Score:
    measured = [(truth, widths) for truth, widths in pairs if widths is not None]
    if not measured:
        return Score(len(pairs), 0.0)
    error = np.array([widths[statistic] - truth for truth, widths in measured])
    off = np.abs(error)
    share = len(measured) / len(pairs)
    plain = Score(
        len(pairs), share, float(error.mean()), float(off.mean()), float(np.percentile(off, 95))
    )
    if "u" not in measured[0][1]:
        return plain
    u = np.array([widths["u"] for _, widths in measured])
    held = [
        widths[f"{statistic}_low"] <= truth <= widths[f"{statistic}_high"]
        for truth, widths in measured
    ]
    return Score(
        plain.cracks,
        plain.measured,
        plain.bias,
        plain.mean_abs,
        plain.p95_abs,
        median_u=float(np.median(u)),
        covered=float(np.mean(off <= COVERAGE_FACTOR * u)),
        covered_interval=float(np.mean(held)),
    )


def groups(records: Sequence[Record]) -> dict[str, dict[str, list[Record]]]:
    """Measured or not, by blur, floor, tilt and JPEG quality: where coverage could differ."""
    cuts: dict[str, tuple[Callable[[Record], float], tuple[float, ...]]] = {
        "blur px": (lambda r: r.spec.blur_px, (0.5, 1.0, 1.6, 2.3, 3.0)),
        "floor": (lambda r: r.spec.floor, (0.02, 0.10, 0.18, 0.26, 0.35)),
        "tilt deg": (lambda r: r.spec.tilt_deg, (0.0, 15.0, 30.0, 45.0)),
        "JPEG": (lambda r: float(r.spec.jpeg), (60.0, 72.0, 84.0, 96.0)),
    }
    found: dict[str, dict[str, list[Record]]] = {}
    for name, (value, edges) in cuts.items():
        found[name] = {
            f"{low:g}-{high:g}": [
                r for r in records if low <= value(r) < high or value(r) == high == edges[-1]
            ]
            for low, high in pairwise(edges)
        }
    found["spread"] = {
        "Gaussian": [r for r in records if not r.spec.disc],
        "disc": [r for r in records if r.spec.disc],
    }
    return found
