"""The values that the instrument passes around: frozen, validated, free of any framework.

Pixels: every coordinate and every ``image_size_px`` is of the *upright* picture;
(0, 0) is the centre of its top-left pixel; points are (x, y), arrays are (H, W).
What cannot be measured is ``None`` beside a :class:`NotMeasurable`, never 0.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

RgbImage = npt.NDArray[np.uint8]  # (H, W, 3), sRGB
Mask = npt.NDArray[np.uint8]  # (H, W), 0 or 255
Polyline = npt.NDArray[np.float32]  # (N, 2), x and y in pixels of the upright picture


@dataclass(frozen=True, slots=True)
class Finding:
    """A fact about a picture in three parts: a code, a sentence and what to do about it."""

    code: str
    sentence: str
    remedy: str


class NotMeasurable(Finding):
    """Why a width has no value here. A result, not an error."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Scale:
    """How many millimetres one pixel covers.

    Attributes:
        gsd_mm_per_px: ground sampling distance, millimetres per pixel, > 0.
        u_relative: relative standard uncertainty of it, 0.02 = 2 %.
        source: where it comes from: ``photo``, ``inspection`` or ``command_line``.
    """

    gsd_mm_per_px: float
    u_relative: float = 0.02
    source: str = "photo"

    def __post_init__(self) -> None:
        if not (np.isfinite(self.gsd_mm_per_px) and self.gsd_mm_per_px > 0):
            raise ValueError(
                f"A scale is millimetres per pixel above 0, not {self.gsd_mm_per_px!r}."
            )


@dataclass(frozen=True, slots=True)
class Quality:
    """Whether a picture can be searched for cracks, and whether widths can be measured in it.

    Only ``fit_to_detect`` rejects a photo. ``reasons`` speak for either answer.
    ``metrics`` holds the measured values by name (unit in the name).
    """

    fit_to_detect: bool
    fit_to_measure: bool
    reasons: tuple[Finding, ...] = ()
    metrics: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CrackTrace:
    """One crack as a person would call it: an ordered centreline without branches.

    Attributes:
        centreline_px: (N, 2) float32, N >= 2, ordered along the crack, about 1 to 4 px apart.
        length_px: length along the curve.
        orientation_deg: direction of the main axis against the horizontal, in [0, 180),
            counted anticlockwise as a person sees it (y up).
        confidence: share of such lines that lie on a crack, 0..1, where the model's card says how
            to tell (:mod:`inference.measure.confidence`); else mean probability along the line.
    """

    centreline_px: Polyline
    length_px: float
    orientation_deg: float
    confidence: float


@dataclass(frozen=True, slots=True)
class WidthStatistics:
    """Widths along one crack and the standard uncertainty ``u`` of its p95; one unit for all."""

    p50: float
    p95: float
    max: float
    u: float

    def times(self, factor: float, u: float) -> WidthStatistics:
        """The same widths in another unit, with the uncertainty ``u`` of the product."""
        return WidthStatistics(self.p50 * factor, self.p95 * factor, self.max * factor, u)


@dataclass(frozen=True, slots=True)
class WidthProfile:
    """Width along the centreline, pixel units; ``nan`` where it was left out.

    Attributes:
        position_px: (M,) distance along the centreline from its first point.
        width_px: (M,) full width.
        u_px: (M,) standard uncertainty of each.
    """

    position_px: npt.NDArray[np.float32]
    width_px: npt.NDArray[np.float32]
    u_px: npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class CrackMeasurement:
    """A trace with its widths. ``width_mm`` is None without a scale: ``not_measurable`` tells."""

    trace: CrackTrace
    width_px: WidthStatistics | None
    width_mm: WidthStatistics | None
    length_mm: float | None
    not_measurable: NotMeasurable | None
    severity: str | None  # "CS1" … by assets.severity; None = ungraded
    profile: WidthProfile | None = None


@dataclass(frozen=True, slots=True)
class Region:
    """An areal defect: closed outline(s) in pixels. No network of this version proposes any."""

    kind: str
    outline_px: Polyline
    area_px: float
    confidence: float


@dataclass(frozen=True, slots=True)
class ConfidenceCalibration:
    """Turns probability along a line and its length into a confidence; see ``measure.confidence``.

    Attributes:
        per_logit: weight of the log-odds of the mean probability.
        per_log_length: weight of the natural log of the length in pixels.
        length_range_px: lengths that the fit has seen, shortest and longest.
    """

    intercept: float
    per_logit: float
    per_log_length: float
    length_range_px: tuple[float, float]


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """Which weights spoke: enough to reproduce a number years later."""

    name: str
    sha256: str
    runtime: str  # "onnx-cpu", "torch-cuda" …
    threshold: float
    terms: str  # one sentence, shown wherever the model is named
    confidence: ConfidenceCalibration | None = None  # None = as the network says it


@dataclass(frozen=True, slots=True)
class Analysis:
    """What one model set said about one photo.

    ``crack_density`` is metres of crack per square metre where a scale is known,
    else pixels of crack length per megapixel (``crack_density_unit`` says which).
    """

    image_size_px: tuple[int, int]  # (width, height)
    quality: Quality
    scale: Scale | None
    model: ModelInfo
    cracks: tuple[CrackMeasurement, ...]
    regions: tuple[Region, ...]
    crack_density: float
    crack_density_unit: str  # "m/m2" or "px/Mpx"
    timings_ms: Mapping[str, float]
