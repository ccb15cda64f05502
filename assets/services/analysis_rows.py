"""The rows of one result: the analysis, its lines with their cracks and grades, its regions.

The instrument gives widths and their u; here each line is graded by the owner's rule set.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from assets.cells import place_cell
from assets.findings import Finding
from assets.models import (
    Analysis,
    Asset,
    Defect,
    Identity,
    Measurement,
    Photo,
    Region,
    ViewFeatures,
)
from assets.services.defects import begin_defect, heir
from assets.services.identity_rules import Decision
from assets.services.queue import PhotoClaim
from assets.services.records import AnalysisRecord, MatchProposal, MeasuredCrack, Widths
from assets.services.view_choice import LEAST_KEY_POINTS
from assets.severity import Graded, graded, pixels_too_coarse


def write_analysis(
    photo: Photo,
    claim: PhotoClaim,
    result: AnalysisRecord,
    match: MatchProposal | None,
    rule_set: str,
) -> Analysis:
    return Analysis.objects.create(
        photo=photo,
        attempt=claim.attempt,
        work=claim.work,
        model_name=result.model_name,
        model_sha256=result.model_sha256,
        model_runtime=result.model_runtime,
        model_terms=result.model_terms,
        threshold=result.threshold,
        rule_set=rule_set,
        image_width_px=result.image_width_px,
        image_height_px=result.image_height_px,
        gsd_mm_per_px=result.gsd_mm_per_px,
        gsd_u_relative=result.gsd_u_relative,
        gsd_source=result.gsd_source,
        scale_facts=dict(result.scale_facts),
        scale_refusals=[dict(refusal) for refusal in result.scale_refusals],
        quality=dict(result.quality),
        crack_density=result.crack_density,
        crack_density_unit=result.crack_density_unit,
        timings_ms=dict(result.timings_ms),
        registration=dict(match.registration) if match and match.registration else None,
        mask=result.mask,
    )


def write_view(
    analysis: Analysis,
    result: AnalysisRecord,
    match: MatchProposal,
    photo: Photo,
    decisions: Sequence[Decision],
) -> None:
    """Keeps what later photos are laid upon; usable once every line is decided."""
    if result.features is None:
        return
    latitude, longitude = photo.latitude, photo.longitude
    is_placed = latitude is not None and longitude is not None
    ViewFeatures.objects.create(
        analysis=analysis,
        element_id=photo.element_id,
        captured_at=photo.captured_at,
        latitude=latitude,
        longitude=longitude,
        place_cell=place_cell(latitude, longitude) if is_placed else None,
        key_points=result.key_points,
        shows_lines=bool(result.cracks),
        is_usable=result.key_points >= LEAST_KEY_POINTS
        and all(decision.identity != Identity.UNMATCHED for decision in decisions),
        earlier_visit_at=match.earlier_visit_at,
        data=result.features,
    )


def write_measurements(
    analysis: Analysis,
    result: AnalysisRecord,
    decisions: Sequence[Decision],
    asset: Asset,
    photo: Photo,
) -> tuple[dict[int, Defect], dict[int, Defect]]:
    """Inserts lines and regions.

    Returns:
        The cracks that begin with them, by id; and by the ids in ``decisions`` the known cracks
        that they are, or that these were merged into.
    """
    wanted = [decision.defect_id for decision in decisions if decision.defect_id]
    known = Defect.objects.filter(asset=asset, pk__in=wanted) if wanted else []
    defects = {defect.pk: heir(defect) for defect in known}
    if missing := set(wanted) - set(defects):
        raise ValueError(f"Cracks {sorted(missing)} are none of asset {asset.pk}.")
    begun: dict[int, Defect] = {}
    rows = []
    for ordinal, (line, decision) in enumerate(zip(result.cracks, decisions, strict=True)):
        defect = defects[decision.defect_id] if decision.defect_id else None
        if decision.identity == Identity.NEW:
            defect = begin_defect(
                asset=asset, element_id=photo.element_id, seen_at=photo.captured_at
            )
            begun[defect.pk] = defect
        rows.append(
            Measurement(
                analysis=analysis,
                photo=photo,
                captured_at=photo.captured_at,
                defect=defect,
                ordinal=ordinal,
                identity=decision.identity,
                **_numbers(line, analysis.rule_set),
            )
        )
    Measurement.objects.bulk_create(rows)
    Region.objects.bulk_create(
        Region(
            analysis=analysis,
            kind=region.kind,
            outline_px=[list(point) for point in region.outline_px],
            area_px=region.area_px,
            confidence=region.confidence,
        )
        for region in result.regions
    )
    return begun, defects


def _numbers(line: MeasuredCrack, rule_set: str) -> dict[str, Any]:
    def of(widths: Widths | None, unit: str) -> dict[str, float | None]:
        return {
            f"width_{unit}_{name}": getattr(widths, name) if widths else None
            for name in ("p50", "p95", "max", "u")
        }

    in_mm = line.width_mm
    grade = graded(in_mm.p95, in_mm.u, rule_set) if in_mm else Graded()
    return {
        "centreline_px": [[float(x), float(y)] for x, y in line.centreline_px],
        "length_px": line.length_px,
        "length_mm": line.length_mm,
        **of(line.width_px, "px"),
        **of(line.width_mm, "mm"),
        "profile": dict(line.profile) if line.profile is not None else None,
        "width_facts": dict(line.width_facts),
        "orientation_deg": line.orientation_deg,
        "confidence": line.confidence,
        "severity": grade.severity or "",
        "level": grade.level,
        "not_measurable": _in_terms_of_standard(line, rule_set),
    }


def _in_terms_of_standard(line: MeasuredCrack, rule_set: str) -> dict[str, Any] | None:
    """Why there is no width; that the pixels are too coarse for the rule set where that is why."""
    why = line.not_measurable
    if why is None:
        return None
    coarse = pixels_too_coarse(why["code"], line.mm_per_px, rule_set)
    return dict(why) if coarse is None else Finding("pixels_too_coarse", asdict(coarse)).as_stored()
