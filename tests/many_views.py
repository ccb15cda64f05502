"""Thousands of analysed photos of one element at once, as rows; their pipeline is left out."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from assets.cells import place_cell
from assets.models import (
    Analysis,
    Asset,
    Defect,
    Element,
    Identity,
    Inspection,
    Measurement,
    Photo,
    PhotoState,
    ViewFeatures,
)
from assets.services.defects import refresh_defect
from assets.services.view_choice import LEAST_KEY_POINTS


@dataclass(frozen=True)
class Shot:
    """One photo: when, where, what features it left, and the cracks that its lines are.

    ``defects`` are one a line, None where the line awaits a person.
    """

    captured_at: dt.datetime
    features: bytes = b""
    key_points: int = 500
    position: tuple[float, float] | None = None
    defects: tuple[Defect | None, ...] = ()
    line_px: tuple[tuple[float, float], ...] = ((10.0, 20.0), (60.0, 24.0), (120.0, 22.0))
    width_mm: float = 0.2
    size_px: tuple[int, int] = (800, 600)


def make_defect(element: Element, number: int, at: dt.datetime) -> Defect:
    """A crack whose sights are added later."""
    Asset.objects.filter(pk=element.asset_id).update(last_defect_number=number)
    return Defect.objects.create(
        asset_id=element.asset_id, element=element, number=number, first_seen_at=at, last_seen_at=at
    )


def add_views(visit: Inspection, element: Element, shots: Sequence[Shot]) -> list[Analysis]:
    """Photos with their current analyses, lines and features; the cracks' numbers follow."""
    first = Photo.objects.count()
    photos = Photo.objects.bulk_create(
        [_photo(visit, element, shot, first + n) for n, shot in enumerate(shots)], batch_size=500
    )
    analyses = Analysis.objects.bulk_create(
        [_analysis(photo, shot) for photo, shot in zip(photos, shots, strict=True)], batch_size=500
    )
    pairs = list(zip(analyses, shots, strict=True))
    Measurement.objects.bulk_create(
        [
            _line(analysis, shot, n, defect)
            for analysis, shot in pairs
            for n, defect in enumerate(shot.defects)
        ],
        batch_size=500,
    )
    ViewFeatures.objects.bulk_create(
        [_view(analysis, element, shot) for analysis, shot in pairs], batch_size=100
    )
    for defect in {defect for shot in shots for defect in shot.defects if defect}:
        refresh_defect(defect)
    element.views_version += 1
    element.save(update_fields=["views_version"])
    return analyses


def _photo(visit: Inspection, element: Element, shot: Shot, n: int) -> Photo:
    latitude, longitude = shot.position or (None, None)
    return Photo(
        organisation_id=visit.asset.organisation_id,
        inspection=visit,
        element=element,
        sha256=f"{n:064x}",
        file=f"photos/{n}.jpg",
        original_name=f"IMG_{n}.JPG",
        format="JPEG",
        size_bytes=1000,
        state=PhotoState.DONE,
        queued_at=shot.captured_at,
        captured_at=shot.captured_at,
        latitude=latitude,
        longitude=longitude,
    )


def _analysis(photo: Photo, shot: Shot) -> Analysis:
    return Analysis(
        photo=photo,
        attempt=1,
        work="analyse",
        model_name="trace-edge",
        model_sha256="0" * 64,
        model_runtime="onnx-cpu",
        threshold=0.5,
        rule_set="aashto_mbei_rc",
        image_width_px=shot.size_px[0],
        image_height_px=shot.size_px[1],
        quality={"fit_to_detect": True, "fit_to_measure": True, "reasons": [], "metrics": {}},
        crack_density=0.0,
        crack_density_unit="px/Mpx",
    )


def _line(analysis: Analysis, shot: Shot, ordinal: int, defect: Defect | None) -> Measurement:
    return Measurement(
        analysis=analysis,
        photo_id=analysis.photo_id,
        captured_at=shot.captured_at,
        defect=defect,
        ordinal=ordinal,
        identity=Identity.MATCHED if defect else Identity.UNMATCHED,
        centreline_px=[[x, y + 10.0 * ordinal] for x, y in shot.line_px],
        length_px=110.0,
        width_px_p50=3.0,
        width_px_p95=4.0,
        width_px_max=5.0,
        width_px_u=0.3,
        width_mm_p50=shot.width_mm * 0.8,
        width_mm_p95=shot.width_mm,
        width_mm_max=shot.width_mm * 1.2,
        width_mm_u=0.02,
        profile={"position_px": [5.0 * n for n in range(24)], "width_px": [4.0] * 24,
                 "u_px": [0.3] * 24},
        orientation_deg=177.5,
        confidence=0.9,
        severity="CS1",
        level=1,
    )  # fmt: skip


def _view(analysis: Analysis, element: Element, shot: Shot) -> ViewFeatures:
    latitude, longitude = shot.position or (None, None)
    return ViewFeatures(
        analysis=analysis,
        element=element,
        captured_at=shot.captured_at,
        latitude=latitude,
        longitude=longitude,
        place_cell=place_cell(*shot.position) if shot.position else None,
        key_points=shot.key_points,
        shows_lines=bool(shot.defects),
        is_usable=shot.key_points >= LEAST_KEY_POINTS and None not in shot.defects,
        data=shot.features,
    )
