"""One record a crack: the truth, the conditions, and what every method said."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from inference.measure.width.small_matrices import on_one_blas_thread
from tests.benchmarks.width import ours, plain
from tests.benchmarks.width.specs import StripSpec
from tests.benchmarks.width.strips import Strip, draw_strip
from tests.benchmarks.width.texture import Light

# The scale is given with this relative standard uncertainty, and is wrong by as much.
SCALE_U = 0.005
FindMask = Callable[[Strip], npt.NDArray[np.bool_]]
Widths = dict[str, float]


@dataclass(frozen=True, slots=True)
class Record:
    """Widths by statistic (p50, p95, max; ``u``: standard uncertainty), None where refused."""

    spec: StripSpec
    truth_px: Widths
    truth_mm: Widths
    ours_px: Widths | None
    ours_mm: Widths | None
    refusal: str | None
    distance_transform_px: Widths
    across_skeleton_px: Widths


def records_of(
    specs: Iterable[StripSpec], walls: tuple[Light, ...], find_mask: FindMask | None = None
) -> Iterator[Record]:
    """Draws and measures one crack after the other; ``find_mask`` None = the true mask."""
    cv2.setNumThreads(1)
    for spec in specs:
        yield record_of(draw_strip(spec, walls), find_mask)


@on_one_blas_thread
def record_of(strip: Strip, find_mask: FindMask | None = None) -> Record:
    """Measures one crack every way."""
    mask = strip.mask if find_mask is None else find_mask(strip)
    mm_per_px = float(np.median(strip.mm_per_px))
    error = np.random.default_rng([strip.spec.seed, 1]).normal() * SCALE_U
    answer = ours.measure(
        strip.pixels, strip.rounding, mask, mm_per_px * (1.0 + error), SCALE_U,
        strip.line_px[[0, -1]], strip.spec.width_px,
    )  # fmt: skip
    truth = strip.truth_px()
    return Record(
        spec=strip.spec,
        truth_px=truth,
        truth_mm={name: value * mm_per_px for name, value in truth.items()},
        ours_px=_of(answer.width_px),
        ours_mm=_of(answer.width_mm),
        refusal=answer.refusal,
        distance_transform_px=_statistics(plain.by_distance_transform(mask, strip.ends_px)),
        across_skeleton_px=_statistics(plain.across_skeleton(mask, strip.ends_px)),
    )


def _of(widths: ours.WidthStatistics | None) -> Widths | None:
    if widths is None:
        return None
    found = {name: float(getattr(widths, name)) for name in ("p50", "p95", "max", "u")}
    low, high = widths.interval or (widths.p95 - widths.U, widths.p95 + widths.U)
    # The interval is of p95; of the median it is the same shares of the width.
    for name in ("p50", "p95", "max"):
        share = found[name] / found["p95"]
        found[f"{name}_low"], found[f"{name}_high"] = low * share, high * share
    return found


def _statistics(values: npt.NDArray[np.float64]) -> Widths:
    if not len(values):
        return {"p50": 0.0, "p95": 0.0, "max": 0.0}
    p50, p95 = np.percentile(values, [50, 95])
    return {"p50": float(p50), "p95": float(p95), "max": float(values.max())}
