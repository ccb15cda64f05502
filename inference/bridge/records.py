"""Converts the instrument's values for the register: plain numbers, no arrays, no NaN."""

from __future__ import annotations

import math
from typing import Any

from assets.kept.quality import quality
from assets.services.records import (
    AnalysisRecord,
    MeasuredCrack,
    MeasuredRegion,
    PhotoFacts,
    Widths,
)
from inference.bridge.kept_files import Views
from inference.bridge.scale import in_the_middle, scale_facts
from inference.imaging.decode import DecodedPicture
from inference.measure.scale import ScaleResult
from inference.measure.width.facts import facts_of, profile_of
from inference.types import (
    Analysis,
    CrackMeasurement,
    Finding,
    Polyline,
    Quality,
    Region,
    WidthStatistics,
)

POINT_DECIMALS = 2  # no line is known better than to a hundredth of a pixel
METRIC_DECIMALS = 4


def as_record(
    analysis: Analysis,
    found: ScaleResult,
    *,
    mask: str,
    features: bytes | None = None,
    key_points: int = 0,
) -> AnalysisRecord:
    """Converts an analysis to the record that the register writes.

    Args:
        found: the scale of the analysis, and the reasons against better ones.
        features: features with which later photos are registered; None if the photo was only
            measured again.
        key_points: number of features.
        mask: storage name of the mask picture.
    """
    scale = analysis.scale
    gsd, u_relative = in_the_middle(scale, analysis.image_size_px) if scale else (None, None)
    return AnalysisRecord(
        model_name=analysis.model.name,
        model_sha256=analysis.model.sha256,
        model_runtime=analysis.model.runtime,
        model_terms=analysis.model.terms,
        threshold=float(analysis.model.threshold),
        image_width_px=int(analysis.image_size_px[0]),
        image_height_px=int(analysis.image_size_px[1]),
        gsd_mm_per_px=gsd,
        gsd_u_relative=u_relative,
        gsd_source=scale.source if scale else "",
        scale_facts=scale_facts(found),
        scale_refusals=[refusal.as_stored() for refusal in found.refusals],
        quality=_quality(analysis.quality),
        crack_density=float(analysis.crack_density),
        crack_density_unit=analysis.crack_density_unit,
        timings_ms=_timings(analysis),
        features=features,
        key_points=key_points,
        mask=mask,
        cracks=[_crack(crack) for crack in analysis.cracks],
        regions=[_region(region) for region in analysis.regions],
    )


def _timings(analysis: Analysis) -> dict[str, float]:
    """Milliseconds by stage; after screening also the share of skipped tiles, 0 to 1."""
    timings = {name: round(float(ms), 1) for name, ms in analysis.timings_ms.items()}
    if analysis.tiles is not None:
        timings["tiles_skipped_share"] = round(analysis.tiles.share, 4)
    return timings


def describe_photo(picture: DecodedPicture, views: Views) -> PhotoFacts:
    """What the picture file says about the photo, with the names of the stored views."""
    data = picture.metadata
    height, width = picture.pixels.shape[:2]
    return PhotoFacts(
        width_px=int(width),
        height_px=int(height),
        captured_local=data.captured_local,
        captured_offset=data.captured_offset,
        gps_utc=data.gps_utc,
        latitude=data.latitude,
        longitude=data.longitude,
        altitude_m=data.altitude_m,
        camera_make=data.camera_make,
        camera_model=data.camera_model,
        lens_model=data.lens_model,
        focal_length_mm=data.focal_length_mm,
        findings=[finding.as_stored() for finding in data.findings],
        thumbnail=views.thumbnail,
        tiles_folder=views.tiles_folder,
        tiles_max_zoom=views.tiles_max_zoom,
    )


def quality_of(kept: Any) -> Quality | None:
    """The quality that an earlier analysis of the same photo found.

    None if its reasons cannot be read, or are finished sentences, as in older rows. Then the caller
    assesses the quality again.
    """
    before = quality(kept)
    detect, measure = before.fit_to_detect, before.fit_to_measure
    if detect is None or measure is None or not isinstance(before.reasons, list):
        return None
    reasons = [Finding.from_stored(reason) for reason in before.reasons]
    found = tuple(reason for reason in reasons if reason is not None)
    if len(found) < len(reasons):
        return None
    return Quality(
        fit_to_detect=detect,
        fit_to_measure=measure,
        reasons=found,
        metrics={name: value for name, value in before.metrics.items() if value is not None},
    )


def _quality(quality: Quality) -> dict[str, Any]:
    return {
        "fit_to_detect": quality.fit_to_detect,
        "fit_to_measure": quality.fit_to_measure,
        "reasons": [reason.as_stored() for reason in quality.reasons],
        "metrics": {name: _number(value) for name, value in quality.metrics.items()},
    }


def _crack(crack: CrackMeasurement) -> MeasuredCrack:
    profile = profile_of(crack)
    return MeasuredCrack(
        centreline_px=_points(crack.trace.centreline_px),
        length_px=float(crack.trace.length_px),
        length_mm=None if crack.length_mm is None else float(crack.length_mm),
        width_px=_widths(crack.width_px),
        width_mm=_widths(crack.width_mm),
        profile=profile,
        orientation_deg=float(crack.trace.orientation_deg),
        confidence=min(1.0, max(0.0, float(crack.trace.confidence))),
        not_measurable=crack.not_measurable.as_stored() if crack.not_measurable else None,
        width_facts=facts_of(crack, profile),
        mm_per_px=None if crack.surface is None else float(crack.surface.mm_per_px),
    )


def _region(region: Region) -> MeasuredRegion:
    on_surface = region.surface
    return MeasuredRegion(
        kind=region.kind,
        outline_px=_points(region.outline_px),
        area_px=float(region.area_px),
        confidence=min(1.0, max(0.0, float(region.confidence))),
        area_mm2=on_surface.area_mm2 if on_surface else None,
        area_mm2_u=on_surface.area_mm2_u if on_surface else None,
        extent_mm=on_surface.extent_mm if on_surface else None,
        extent_mm_u=on_surface.extent_mm_u if on_surface else None,
    )


def _widths(statistics: WidthStatistics | None) -> Widths | None:
    """The statistics as plain numbers, in their unit."""
    if statistics is None:
        return None
    return Widths(*(float(getattr(statistics, name)) for name in ("p50", "p95", "max", "u")))


def _number(value: Any) -> float | None:
    """The number, rounded for JSON; None if it is not finite."""
    number = float(value)
    return round(number, METRIC_DECIMALS) if math.isfinite(number) else None


def _points(line: Polyline) -> list[list[float]]:
    return [[round(float(x), POINT_DECIMALS), round(float(y), POINT_DECIMALS)] for x, y in line]
