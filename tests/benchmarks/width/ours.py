"""The instrument under test, from a mask of the crack to its width in pixels and millimetres."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from inference.measure.ridge import follow_darkness
from inference.measure.scale import to_millimetres
from inference.measure.trace import trace_cracks
from inference.measure.width import measure_widths
from inference.types import RgbImage, Scale, WidthStatistics


@dataclass(frozen=True, slots=True)
class Answer:
    """What the instrument said of one crack; widths None where it refused, with the code."""

    width_px: WidthStatistics | None
    width_mm: WidthStatistics | None
    refusal: str | None


def measure(
    pixels: RgbImage, found: npt.NDArray[np.bool_], mm_per_px: float, u_relative: float
) -> Answer:
    """Traces the mask, follows the dark line and measures it.

    Args:
        mm_per_px: scale across the crack as a marker would give it, u_relative its uncertainty.
    """
    traces = trace_cracks(np.where(found, np.uint8(255), np.uint8(0)), 0.5)
    if not traces:
        return Answer(None, None, "not_traced")
    longest = max(traces, key=lambda trace: trace.length_px)
    line = follow_darkness(pixels, longest.centreline_px)
    width_px, _, reason = measure_widths(pixels, line)
    scale = Scale(mm_per_px, u_relative, "photo")
    width_mm, _, _ = to_millimetres(width_px, longest.length_px, scale)
    return Answer(width_px, width_mm, None if reason is None else reason.code)
