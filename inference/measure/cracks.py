"""From traced lines to measured and graded cracks."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from assets.severity import RULE_SETS, grade, state_probabilities
from inference.imaging.jpeg_rounding import JpegRounding
from inference.measure.scale import NO_SCALE, to_millimetres
from inference.measure.width.small_matrices import on_one_blas_thread
from inference.measure.width.widths import TOO_THIN, measure_widths
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
# Across the narrowest crack that a standard tells apart.
PIXELS_ACROSS = 3.0


@on_one_blas_thread
def measure_cracks(
    pixels: RgbImage,
    traces: Sequence[CrackTrace],
    *,
    scale: Scale | None,
    rule_set: str,
    quality: Quality,
    blur_px: float | None = None,
    rounding: JpegRounding | None = None,
    why_no_scale: NotMeasurable = NO_SCALE,
) -> list[CrackMeasurement]:
    """Widths, millimetres and grades of traced cracks, in their order.

    ``blur_px``, ``rounding``: see :func:`inference.measure.width.widths.measure_widths`.
    """
    lines = [trace.centreline_px for trace in traces]
    boxes = np.array([[*line.min(axis=0), *line.max(axis=0)] for line in lines]).reshape(-1, 4)

    cracks = []
    for number, trace in enumerate(traces):
        line = lines[number]
        others = [lines[other] for other in _boxes_near(boxes, number)]
        width_px, profile, why_no_width = _widths(pixels, line, others, quality, blur_px, rounding)
        width_mm, length_mm, why_no_mm = to_millimetres(
            width_px,
            trace.length_px,
            scale,
            centreline=line,
            profile=profile,
            why_no_scale=why_no_scale,
        )
        if why_no_width is not None and scale is not None:
            why_no_width = in_terms_of_standard(why_no_width, line, scale, rule_set)
        cracks.append(
            CrackMeasurement(
                trace=trace,
                width_px=width_px,
                width_mm=width_mm,
                length_mm=length_mm,
                not_measurable=why_no_width or why_no_mm,
                severity=None if width_mm is None else grade(width_mm.p95, rule_set),
                profile=profile,
                states=_states(width_mm, rule_set),
            )
        )
    return cracks


def in_terms_of_standard(
    reason: NotMeasurable, line: Polyline, scale: Scale, rule_set: str
) -> NotMeasurable:
    """The same reason, or that the pixels are too coarse for the standard where that is why.

    Args:
        line: (N, 2) pixels; the scale half-way along it counts.
    """
    mm_per_px, _u = scale.at(np.asarray(line, np.float64)[len(line) // 2])
    rules = RULE_SETS[rule_set]
    code, limit_mm = rules.thresholds_mm()[0]
    if reason.code != TOO_THIN.code or mm_per_px <= limit_mm:
        return reason
    return NotMeasurable(
        "pixels_too_coarse",
        {
            "pixel_mm": mm_per_px,
            "rule_set": rules.key,
            "state": code,
            "limit_mm": limit_mm,
            "most_pixel_mm": limit_mm / PIXELS_ACROSS,
        },
    )


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
    rounding: JpegRounding | None,
) -> tuple[WidthStatistics | None, WidthProfile | None, NotMeasurable | None]:
    if not quality.fit_to_measure:
        return None, None, NotMeasurable.of(quality.reasons[0])
    return measure_widths(pixels, line, others, blur_px, rounding)
