"""Measures traced cracks: widths in pixels and, if the photo has a scale, in millimetres."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from inference.imaging.jpeg_rounding import JpegRounding
from inference.measure.scale import ScaleResult, to_millimetres
from inference.measure.width.small_matrices import on_one_blas_thread
from inference.measure.width.widths import measure_widths
from inference.types import (
    CrackMeasurement,
    CrackTrace,
    NotMeasurable,
    Polyline,
    Quality,
    RgbImage,
    WidthProfile,
    WidthStatistics,
)

# Cracks farther away than this lie outside the window in which a width is measured.
NEIGHBOURHOOD_PX = 256.0


@on_one_blas_thread
def measure_cracks(
    pixels: RgbImage,
    traces: Sequence[CrackTrace],
    *,
    scale: ScaleResult,
    quality: Quality,
    rounding: JpegRounding | None = None,
) -> list[CrackMeasurement]:
    """Measures the width and length of traced cracks.

    Args:
        pixels: the untouched picture, upright sRGB, (H, W, 3).
        traces: the cracks, with centrelines in pixels.
        scale: the scale of the photo. If it holds none, no crack has millimetres, and each says
            why. Its ``blur_px`` helps to fit the widths.
        quality: if it is not fit to measure, no crack has a width.
        rounding: see :func:`inference.measure.width.widths.measure_widths`.

    Returns:
        One measurement for each trace, in the same order.
    """
    lines = [trace.centreline_px for trace in traces]
    boxes = np.array([[*line.min(axis=0), *line.max(axis=0)] for line in lines]).reshape(-1, 4)

    cracks = []
    for number, trace in enumerate(traces):
        line = lines[number]
        others = [lines[other] for other in _boxes_near(boxes, number)]
        width_px, profile, why_no_width = _widths(
            pixels, line, others, quality, scale.blur_px, rounding
        )
        surface = None
        if scale.scale is not None:
            surface = to_millimetres(
                width_px, trace.length_px, scale.scale, centreline=line, profile=profile
            )
        elif why_no_width is None:
            why_no_width = scale.why_none
        cracks.append(
            CrackMeasurement(
                trace=trace,
                width_px=width_px,
                not_measurable=why_no_width,
                profile=profile,
                surface=surface,
            )
        )
    return cracks


def _boxes_near(boxes: npt.NDArray[np.floating], number: int) -> npt.NDArray[np.intp]:
    """Indices of the lines whose (N, 4) boxes come close to the box of line ``number``."""
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
