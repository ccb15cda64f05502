"""From traced lines to measured and graded cracks."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from assets.severity import grade, state_probabilities
from inference.measure.scale import NO_SCALE, to_millimetres
from inference.measure.width import measure_widths
from inference.types import (
    CrackMeasurement,
    CrackTrace,
    NotMeasurable,
    Polyline,
    Quality,
    RgbImage,
    Scale,
    WidthProfile,
    WidthStatistics,
)

# Cracks farther away than this cannot be in the window in which a width is measured.
NEIGHBOURHOOD_PX = 256.0


def measure_cracks(
    pixels: RgbImage,
    traces: Sequence[CrackTrace],
    *,
    scale: Scale | None,
    rule_set: str,
    quality: Quality,
    blur_px: float | None = None,
    why_no_scale: NotMeasurable = NO_SCALE,
) -> list[CrackMeasurement]:
    """Widths, millimetres and grades of traced cracks, in their order.

    ``blur_px``: see :func:`inference.measure.width.measure_widths`.
    """
    lines = [trace.centreline_px for trace in traces]
    boxes = np.array([[*line.min(axis=0), *line.max(axis=0)] for line in lines]).reshape(-1, 4)

    def measure(number: int) -> CrackMeasurement:
        trace = traces[number]
        near = _boxes_near(boxes, number)
        width_px, profile, why_no_width = _widths(
            pixels, lines[number], [lines[other] for other in near], quality, blur_px
        )
        width_mm, length_mm, why_no_mm = to_millimetres(
            width_px,
            trace.length_px,
            scale,
            centreline=lines[number],
            profile=profile,
            why_no_scale=why_no_scale,
        )
        return CrackMeasurement(
            trace=trace,
            width_px=width_px,
            width_mm=width_mm,
            length_mm=length_mm,
            not_measurable=why_no_width or why_no_mm,
            severity=None if width_mm is None else grade(width_mm.p95, rule_set),
            profile=profile,
            states=_states(width_mm, rule_set),
        )

    return [measure(number) for number in range(len(traces))]


def _states(width_mm: WidthStatistics | None, rule_set: str) -> dict[str, float] | None:
    if width_mm is None:
        return None
    return state_probabilities(width_mm.p95, width_mm.u, rule_set)


def _boxes_near(boxes: npt.NDArray[np.floating], number: int) -> npt.NDArray[np.intp]:
    """Numbers of the other lines that could come close to one, from their (N, 4) boxes."""
    low, high = boxes[number, :2] - NEIGHBOURHOOD_PX, boxes[number, 2:] + NEIGHBOURHOOD_PX
    near = np.flatnonzero(np.all((boxes[:, :2] <= high) & (boxes[:, 2:] >= low), axis=1))
    return near[near != number]


def _widths(
    pixels: RgbImage,
    line: Polyline,
    others: Sequence[Polyline],
    quality: Quality,
    blur_px: float | None,
) -> tuple[WidthStatistics | None, WidthProfile | None, NotMeasurable | None]:
    if not quality.fit_to_measure:
        reason = quality.reasons[0]
        return None, None, NotMeasurable(reason.code, reason.sentence, reason.remedy)
    return measure_widths(pixels, line, others, blur_px)
