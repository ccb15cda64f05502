"""The instrument under test, from a mask of the crack to its width in pixels and millimetres."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from inference.imaging.jpeg_rounding import JpegRounding
from inference.measure.line import centreline
from inference.measure.line.ridge import follow_darkness, reduction_for
from inference.measure.line.trace import trace_cracks
from inference.measure.scale import to_millimetres
from inference.measure.width.widths import measure_widths
from inference.types import Polyline, RgbImage, Scale, WidthStatistics

# An instrument leaves out the ends of a line: half a width, a little for the blur, and half a run.
# In pixels after the reduction that it measures wide cracks in.
END_PX, END_OF_WIDTH = 6.0, 0.5


@dataclass(frozen=True, slots=True)
class Answer:
    """What the instrument said of one crack; widths None where it refused, with the code."""

    width_px: WidthStatistics | None
    width_mm: WidthStatistics | None
    refusal: str | None


def measure(
    pixels: RgbImage,
    rounding: JpegRounding | None,
    found: npt.NDArray[np.bool_],
    mm_per_px: float,
    u_relative: float,
    stretch_px: npt.NDArray[np.float64],
    width_px: float,
) -> Answer:
    """Traces the mask, follows the dark line and measures it.

    Args:
        rounding: of the JPEG that the pixels were decoded from.
        mm_per_px: scale across the crack as a marker would give it, u_relative its uncertainty.
        stretch_px: (2, 2) first and last point of the stretch that is asked for; an opening that
            wanders has another median over another stretch.
        width_px: how wide the crack is roughly: so much longer is the line that is handed over.
    """
    traces = trace_cracks(np.where(found, np.uint8(255), np.uint8(0)), 0.5)
    if not traces:
        return Answer(None, None, "not_traced")
    longest = max(traces, key=lambda trace: trace.length_px)
    line = follow_darkness(pixels, longest.centreline_px)
    left_out_px = END_PX * reduction_for(width_px) + END_OF_WIDTH * width_px
    line = between(line, stretch_px, left_out_px)
    measured_px, _, reason = measure_widths(pixels, line, rounding=rounding)
    scale = Scale(mm_per_px, u_relative, "photo")
    width_mm = to_millimetres(measured_px, longest.length_px, scale).width_mm
    return Answer(measured_px, width_mm, None if reason is None else reason.code)


def between(line: Polyline, ends_px: npt.NDArray[np.float64], longer_px: float) -> Polyline:
    """The part of a line from one place to another, (N, 2) float32.

    Args:
        ends_px: (2, 2) the two places, near the line. longer_px: added at either end.
    """
    fine = centreline.resample(np.asarray(line, np.float64), 0.5)
    along = centreline.distance_along(fine)
    places = [along[np.hypot(*(fine - end).T).argmin()] for end in ends_px]
    kept = fine[(along >= min(places) - longer_px) & (along <= max(places) + longer_px)]
    return centreline.resample(kept, 2.0).astype(np.float32)
