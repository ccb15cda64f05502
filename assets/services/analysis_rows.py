"""The rows of one result: the analysis, its lines and regions with their defects and grades.

The instrument gives widths, areas and their u; here they are graded by the owner's rule set.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from assets.cells import place_cell
from assets.findings import Finding
from assets.models import (
    Analysis,
    Asset,
    Defect,
    DefectKind,
    Identity,
    Measurement,
    Photo,
    Region,
    ViewFeatures,
)
from assets.services.defects import begin_defect, heir
from assets.services.identity_rules import Decision
from assets.services.queue import PhotoClaim
from assets.services.records import (
    AnalysisRecord,
    MatchProposal,
    MeasuredCrack,
    MeasuredRegion,
    Widths,
)
from assets.services.view_choice import LEAST_KEY_POINTS
from assets.severity import Graded, graded, level, pixels_too_coarse
from assets.severity.areas import grade_area


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
    decisions: Iterable[Decision],
) -> None:
    """Keeps what later photos are laid upon; usable once every line and region is decided."""
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
        shows_lines=bool(result.cracks or result.regions),
        is_usable=result.key_points >= LEAST_KEY_POINTS
        and all(decision.identity != Identity.UNMATCHED for decision in decisions),
        earlier_visit_at=match.earlier_visit_at,
        data=result.features,
    )


@dataclass(frozen=True, slots=True)
class Decided:
    """Which defect each line and each region of a result is, in their order."""

    lines: Sequence[Decision]
    regions: Sequence[Decision] = ()

    def __iter__(self) -> Iterator[Decision]:
        yield from self.lines
        yield from self.regions


@dataclass(slots=True)
class Touched:
    """The defects of a result.

    Attributes:
        known: by the ids in the decisions, the defects that they are, or were merged into.
        begun: those that begin with it, by id.
    """

    known: dict[int, Defect]
    begun: dict[int, Defect] = field(default_factory=dict)


def write_sights(
    analysis: Analysis, result: AnalysisRecord, decided: Decided, asset: Asset, photo: Photo
) -> Touched:
    """Inserts lines and regions, each with its defect; ``asset`` is locked by the caller.

    Raises:
        ValueError: a decision names a defect of another asset or kind, or a region's kind is none:
            a fault upstream.
    """
    wanted = [decision.defect_id for decision in decided if decision.defect_id]
    rows = Defect.objects.filter(asset=asset, pk__in=wanted) if wanted else []
    touched = Touched({defect.pk: heir(defect) for defect in rows})
    if missing := set(wanted) - set(touched.known):
        raise ValueError(f"Defects {sorted(missing)} are none of asset {asset.pk}.")

    def shared(ordinal: int, decision: Decision, kind: str) -> dict[str, Any]:
        return {
            "analysis": analysis,
            "photo": photo,
            "captured_at": photo.captured_at,
            "ordinal": ordinal,
            "identity": decision.identity,
            "defect": _defect_of(decision, kind, touched, asset, photo),
        }

    lines = zip(result.cracks, decided.lines, strict=True)
    Measurement.objects.bulk_create(
        [
            Measurement(
                **shared(ordinal, decision, str(DefectKind.CRACK)),
                **_numbers(line, analysis.rule_set),
            )
            for ordinal, (line, decision) in enumerate(lines)
        ]
    )
    regions = zip(result.regions, decided.regions, strict=True)
    Region.objects.bulk_create(
        [
            Region(**shared(ordinal, decision, region.kind), **_area(region, analysis.rule_set))
            for ordinal, (region, decision) in enumerate(regions)
        ]
    )
    return touched


def _defect_of(
    decision: Decision, kind: str, touched: Touched, asset: Asset, photo: Photo
) -> Defect | None:
    """The defect that a line or region is, which begins with it where it is new."""
    if decision.identity == Identity.NEW:
        if kind not in DefectKind.values:
            raise ValueError(f"{kind!r} is no kind of defect.")
        defect = begin_defect(
            asset=asset, element_id=photo.element_id, seen_at=photo.captured_at, kind=kind
        )
        touched.begun[defect.pk] = defect
        return defect
    if not decision.defect_id:
        return None
    known = touched.known[decision.defect_id]
    if known.kind != kind:
        raise ValueError(f"{known} cannot be a {kind}.")
    return known


def _area(region: MeasuredRegion, rule_set: str) -> dict[str, Any]:
    severity = grade_area(region.kind, region.extent_mm, rule_set)
    return {
        "kind": region.kind,
        "outline_px": [[float(x), float(y)] for x, y in region.outline_px],
        "area_px": region.area_px,
        "area_mm2": region.area_mm2,
        "area_mm2_u": region.area_mm2_u,
        "extent_mm": region.extent_mm,
        "extent_mm_u": region.extent_mm_u,
        "confidence": region.confidence,
        "severity": severity or "",
        "level": level(severity, rule_set),
    }


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
