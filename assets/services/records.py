"""The values that the instrument hands to the register: plain and frozen, without arrays or rows.

``inference.bridge`` fills them; :mod:`assets.services.analysis` writes them down. Lengths and
widths are of the *upright* picture; (0, 0) is the centre of its top-left pixel. What could not be
measured is None beside ``not_measurable``, never 0. Findings are {"code", "values"} as
:meth:`assets.findings.Finding.as_stored` gives them: their sentences are put together when read.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Widths:
    """Widths along one crack, one unit for all; ``u`` is the standard uncertainty of ``p95``."""

    p50: float
    p95: float
    max: float
    u: float


@dataclass(frozen=True, slots=True)
class MeasuredCrack:
    """One line that was found, with its widths.

    Attributes:
        centreline_px: [[x, y], …], at least two points, ordered along the crack.
        length_px: length along the line; ``length_mm`` None without a scale.
        width_px: None where nothing could be measured; ``width_mm`` None without a scale.
        profile: {"position_px": […], "width_px": […], "u_px": […]}, null where left out
            (never NaN: it is no JSON); with a scale also "position_mm", "width_mm", "u_mm".
        width_facts: where they are known "left_out", stretches without a width: [{"code" of
            :data:`assets.budget.LEFT_OUT`, "from_px", "to_px", "from_mm", "to_mm"}]; "max_at_px",
            "max_at_mm", how far along the line it is widest; "length_u_mm", what the scale's
            uncertainty makes of the length; and by unit, "px" and "mm": {"p50_u", "max_u",
            "interval": [low, high] of p95, "terms": {name: standard uncertainty}, of
            :data:`assets.budget.TERMS`}.
        orientation_deg: against the horizontal, [0, 180), anticlockwise as a person sees it.
        confidence: 0 to 1.
        not_measurable: a finding, or None.
        mm_per_px: what a pixel covers half-way along the line; None without a scale.
    """

    centreline_px: Sequence[Sequence[float]]
    length_px: float
    length_mm: float | None
    width_px: Widths | None
    width_mm: Widths | None
    profile: Mapping[str, Any] | None
    orientation_deg: float
    confidence: float
    not_measurable: Mapping[str, Any] | None = None
    width_facts: Mapping[str, Any] = field(default_factory=dict)
    mm_per_px: float | None = None


@dataclass(frozen=True, slots=True)
class MeasuredRegion:
    """An areal defect: outline [[x, y], …] in pixels.

    Attributes:
        kind: of :class:`assets.models.DefectKind`, not ``crack``.
        area_mm2: with its standard uncertainty ``area_mm2_u``.
        extent_mm: largest distance between two points of the outline, with its ``extent_mm_u``.
            All four None without a scale.
    """

    kind: str
    outline_px: Sequence[Sequence[float]]
    area_px: float
    confidence: float
    area_mm2: float | None = None
    area_mm2_u: float | None = None
    extent_mm: float | None = None
    extent_mm_u: float | None = None


@dataclass(frozen=True, slots=True)
class AnalysisRecord:
    """The result of one set of networks for one photo.

    ``cracks`` and ``regions`` are in order: the place in its own list is the ``ordinal``.

    Attributes:
        gsd_mm_per_px: scale that was used, in the middle of the picture; None where none was known.
        gsd_source: of :class:`assets.models.ScaleSource`, or empty.
        scale_facts: where they are known "tilt_deg", "distance_mm", "blur_px" and "cards": a list
            of {"corners_px": [[x, y] × 4]}, the outlines of the cards in the picture.
        scale_refusals: findings, why better sources gave no scale.
        quality: {"fit_to_detect", "fit_to_measure", "reasons": findings, "metrics": {…}}.
        crack_density_unit: ``m/m2`` or ``px/Mpx``.
        features: features with which later photos are registered, as bytes; ``key_points`` is
            their number. Measuring again keeps the old ones.
        mask: storage name of the mask picture; empty if none was stored.
    """

    model_name: str
    model_sha256: str
    model_runtime: str
    model_terms: str
    threshold: float
    image_width_px: int
    image_height_px: int
    gsd_mm_per_px: float | None
    gsd_u_relative: float | None
    gsd_source: str
    quality: Mapping[str, Any]
    crack_density: float
    crack_density_unit: str
    timings_ms: Mapping[str, float] = field(default_factory=dict)
    features: bytes | None = None
    key_points: int = 0
    mask: str = ""
    scale_facts: Mapping[str, Any] = field(default_factory=dict)
    scale_refusals: Sequence[Mapping[str, Any]] = ()
    cracks: Sequence[MeasuredCrack] = ()
    regions: Sequence[MeasuredRegion] = ()


@dataclass(frozen=True, slots=True)
class PhotoFacts:
    """What decoding told about the photo itself; written to its row with the result.

    Attributes:
        width_px, height_px: of the upright picture.
        captured_local: ISO 8601 without a zone, as the camera's clock said.
        captured_offset: ``+02:00``, where the picture carried it.
        gps_utc: ISO 8601, time of the GPS fix, UTC.
        findings: worth telling.
        thumbnail, tiles_folder: storage names.
    """

    width_px: int | None = None
    height_px: int | None = None
    captured_local: str | None = None
    captured_offset: str | None = None
    gps_utc: str | None = None
    latitude: float | None = None
    longitude: float | None = None
    altitude_m: float | None = None
    camera_make: str | None = None
    camera_model: str | None = None
    lens_model: str | None = None
    focal_length_mm: float | None = None
    findings: Sequence[Mapping[str, Any]] = ()
    thumbnail: str = ""
    tiles_folder: str = ""
    tiles_max_zoom: int | None = None


@dataclass(frozen=True, slots=True)
class MatchProposal:
    """Which known crack each new line is, as computed *before* the transaction.

    Attributes:
        basis: number of the element's views it was computed against
            (``known_views(...).basis``). Another one since then: :class:`MatchOutdated`.
        registered: whether the photo was laid upon at least one earlier view.
        pairs: ordinal of a new line -> id of the crack it lies on.
        new: ordinals that lie inside the area seen before where no crack was known, so they are
            new cracks. None: all that are not in ``pairs``. A line that is in neither awaits a
            person.
        area_pairs, new_areas: the same for the ordinals of the regions, by kind.
        registration: kept with the analysis, see :class:`assets.models.Analysis`.
        earlier_visit_at: when an earlier visit was at this place, see
            :class:`assets.models.ViewFeatures`.
    """

    basis: int = 0
    registered: bool = False
    pairs: Mapping[int, int] = field(default_factory=dict)
    new: frozenset[int] | None = None
    area_pairs: Mapping[int, int] = field(default_factory=dict)
    new_areas: frozenset[int] | None = None
    registration: Mapping[str, Any] | None = None
    earlier_visit_at: dt.datetime | None = None


class MatchOutdated(Exception):  # noqa: N818  no error: a state of things, with a next step
    """The element's views changed since the match: compute it again and record again."""
