"""The values that the instrument passes around: frozen, validated, free of any framework.

Pixels: every coordinate and every ``image_size_px`` is of the *upright* picture;
(0, 0) is the centre of its top-left pixel; points are (x, y), arrays are (H, W).
What cannot be measured is ``None`` beside a :class:`NotMeasurable`, never 0.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from assets.coverage import expanded
from assets.findings import Finding as Finding
from assets.findings import Value as Value

if TYPE_CHECKING:
    from inference.surface import AreaOnSurface, OnSurface

RgbImage = npt.NDArray[np.uint8]  # (H, W, 3), sRGB
Mask = npt.NDArray[np.uint8]  # (H, W), 0 or 255
Polyline = npt.NDArray[np.float32]  # (N, 2), x and y in pixels of the upright picture


class NotMeasurable(Finding):
    """Why a width has no value here. A result, not an error."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Scale:
    """One scale, in millimetres per pixel, for all places and directions of the picture.

    A scale that differs from place to place is a
    :class:`inference.measure.scale.plane.PlaneScale`, with the same methods.

    Attributes:
        gsd_mm_per_px: ground sampling distance, millimetres per pixel, > 0.
        u_relative: relative standard uncertainty of it, 0.02 = 2 %.
        source: where it comes from: ``marker_card``, ``two_points``, ``camera_distance``, or,
            where a person gave the number, ``photo``, ``inspection`` or ``command_line``.
    """

    gsd_mm_per_px: float
    u_relative: float = 0.02
    source: str = "photo"

    def __post_init__(self) -> None:
        if not (np.isfinite(self.gsd_mm_per_px) and self.gsd_mm_per_px > 0):
            raise ValueError(
                f"A scale is millimetres per pixel above 0, not {self.gsd_mm_per_px!r}."
            )

    def mm_per_px_along(
        self, points_px: npt.NDArray[np.float64], directions: npt.NDArray[np.float64]
    ) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        """Millimetres per pixel at (N, 2) points along (N, 2) directions, and its relative u."""
        count = len(points_px)
        return np.full(count, self.gsd_mm_per_px), np.full(count, self.u_relative)

    def length_mm(self, line_px: npt.NDArray[np.float64]) -> float:
        """Length along an (N, 2) line of the picture."""
        steps = np.diff(np.asarray(line_px, np.float64), axis=0)
        return float(np.hypot(steps[:, 0], steps[:, 1]).sum()) * self.gsd_mm_per_px

    def at(self, point_px: npt.NDArray[np.float64]) -> tuple[float, float]:
        """Millimetres per pixel at a (2,) point, mean over the directions, and its relative u."""
        return self.gsd_mm_per_px, self.u_relative

    def seen_area_mm2(self, image_size_px: tuple[int, int]) -> float | None:
        """Area of the surface in the picture; None where it cannot be told."""
        return float(image_size_px[0] * image_size_px[1]) * self.gsd_mm_per_px**2


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
            to tell (:mod:`inference.measure.line.confidence`); else mean probability along
            the line.
    """

    centreline_px: Polyline
    length_px: float
    orientation_deg: float
    confidence: float


@dataclass(frozen=True, slots=True)
class UncertaintyTerms:
    """The terms of a width's standard uncertainty, each as a standard uncertainty.

    The budget of the *Guide to the expression of uncertainty in measurement* (JCGM 100:2008);
    the terms are independent, so they add in quadrature.

    Attributes:
        fit: grain of the concrete and noise of the picture.
        floor: how dark the inside of the crack is, where the blur hides it.
        blur: the point spread of lens and camera.
        curve: the camera's tone curve, taken to be sRGB.
        repeatability: what another photo of the same crack would change.
        rounding: what JPEG took of the crack, and was given back.
        scale: millimetres per pixel.
        plane: tilt and departure from the plane of the scale.
    """

    fit: float
    floor: float
    blur: float
    curve: float
    repeatability: float
    rounding: float = 0.0
    scale: float = 0.0
    plane: float = 0.0

    @property
    def combined(self) -> float:
        """Root of the sum of squares."""
        return float(np.sqrt(sum(getattr(self, term.name) ** 2 for term in fields(self))))

    def times(self, factor: float, *, scale: float = 0.0, plane: float = 0.0) -> UncertaintyTerms:
        """The same terms in another unit, with those of the new unit (given in it)."""
        return UncertaintyTerms(
            fit=self.fit * factor,
            floor=self.floor * factor,
            blur=self.blur * factor,
            curve=self.curve * factor,
            repeatability=self.repeatability * factor,
            rounding=self.rounding * factor,
            scale=float(np.hypot(self.scale * factor, scale)),
            plane=float(np.hypot(self.plane * factor, plane)),
        )


@dataclass(frozen=True, slots=True)
class WidthStatistics:
    """Widths along one crack and the standard uncertainty ``u`` of its p95; one unit for all.

    Attributes:
        p50, p95, max: percentiles along the crack; p95 is the one that is graded.
        u: combined standard uncertainty of p95.
        max_at_px: where along the centreline the largest width is, pixels from its first point.
        terms: the budget of ``u``.
        interval: (low, high) that holds p95 in 95 % of cases (JCGM 101:2008). It reaches further
            up than ``p95 ± U``: a crack whose inside is lighter than usual is wider than it looks.
    """

    p50: float
    p95: float
    max: float
    u: float
    max_at_px: float | None = None
    terms: UncertaintyTerms | None = None
    interval: tuple[float, float] | None = None

    @property
    def U(self) -> float:  # noqa: N802 - the field's symbol
        """Expanded uncertainty."""
        return expanded(self.u)

    def times(
        self, factor: float, u: float, terms: UncertaintyTerms | None = None
    ) -> WidthStatistics:
        """The same widths in another unit, with the uncertainty ``u`` of the product."""
        interval = None
        if self.interval is not None:
            # What the new unit adds to u widens the interval by as much, in quadrature.
            added = expanded(float(np.sqrt(max(u**2 - (self.u * factor) ** 2, 0.0))))
            p95 = factor * self.p95
            low, high = (
                float(np.hypot(factor * (limit - self.p95), added)) for limit in self.interval
            )
            interval = (max(0.0, p95 - low), p95 + high)
        return WidthStatistics(
            self.p50 * factor,
            self.p95 * factor,
            self.max * factor,
            u,
            self.max_at_px,
            terms,
            interval,
        )


@dataclass(frozen=True, slots=True)
class WidthProfile:
    """Width along the centreline, pixel units; ``nan`` where it was left out.

    Attributes:
        position_px: (M,) distance along the centreline from its first point.
        width_px: (M,) full width.
        u_px: (M,) standard uncertainty of each.
        left_out: (M,) why there is no width, of :data:`assets.budget.LEFT_OUT`; empty where there
            is one. Empty altogether: not told.
    """

    position_px: npt.NDArray[np.float32]
    width_px: npt.NDArray[np.float32]
    u_px: npt.NDArray[np.float32]
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CrackMeasurement:
    """A trace with its widths; what they mean by a standard is for others to say.

    ``surface``: all of it in millimetres; None without a scale, as ``not_measurable`` tells.
    """

    trace: CrackTrace
    width_px: WidthStatistics | None
    not_measurable: NotMeasurable | None
    profile: WidthProfile | None = None
    surface: OnSurface | None = None

    @property
    def width_mm(self) -> WidthStatistics | None:
        """Widths on the surface; None without a scale, or where none could be measured."""
        return None if self.surface is None else self.surface.width_mm

    @property
    def length_mm(self) -> float | None:
        """Length on the surface; None without a scale."""
        return None if self.surface is None else self.surface.length_mm


@dataclass(frozen=True, slots=True)
class Region:
    """An areal defect: its closed outline in pixels. No network of this version proposes any.

    Attributes:
        kind: of ``assets.models.DefectKind``, not ``crack``.
        area_px: area of the region, > 0; without its holes, where it has any.
        surface: the same in millimetres; None without a scale.
    """

    kind: str
    outline_px: Polyline
    area_px: float
    confidence: float
    surface: AreaOnSurface | None = None


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
    # Kinds of defects that it looks for, of ``assets.models.DefectKind``: all shipped ones see
    # cracks alone, so that an analysis without regions says nothing about spalls.
    kinds: tuple[str, ...] = ("crack",)


@dataclass(frozen=True, slots=True)
class TilesSkipped:
    """The numbers of a photo's tiles: all of them, and those that screening skipped."""

    skipped: int
    planned: int

    @property
    def share(self) -> float:
        """From 0 to 1."""
        return self.skipped / self.planned


@dataclass(frozen=True, slots=True)
class Analysis:
    """The result of one set of networks for one photo.

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
    tiles: TilesSkipped | None = None  # None = searched without screening, or not at all
