"""The physical cracks: begin one, and keep its numbers and its asset's worst state true.

All functions work inside the caller's transaction, which holds the element and the asset
(:func:`lock_place`), so that two results for one place are written one after the other.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Count, F, Window

from assets.models import Asset, Defect, DefectState, Element, Measurement
from assets.models.worst_first import worst_first
from assets.severity import worst


def lock_place(asset_id: int, element_ids: Iterable[int]) -> Asset:
    """Locks elements, in the order of their ids, and then their asset; returns the asset.

    Always in this order, so that two transactions never wait for each other in a circle. Rows that
    merely refer to them (a photo that comes in) are not held up: NO KEY UPDATE.
    """
    elements = Element.objects.select_for_update(no_key=True).filter(pk__in=set(element_ids))
    list(elements.order_by("pk").values_list("pk", flat=True))
    return Asset.objects.select_for_update(no_key=True).get(pk=asset_id)


def begin_defect(*, asset: Asset, element_id: int, seen_at: dt.datetime) -> Defect:
    """A new crack with the asset's next number. ``asset`` is locked by the caller."""
    asset.last_defect_number += 1
    asset.save(update_fields=["last_defect_number"])
    return Defect.objects.create(
        asset=asset,
        element_id=element_id,
        number=asset.last_defect_number,
        first_seen_at=seen_at,
        last_seen_at=seen_at,
    )


@dataclass(frozen=True, slots=True)
class Sight:
    """One crack on one photo as the current analysis has it: the widest of its lines there."""

    measurement_id: int
    photo_id: int
    captured_at: dt.datetime
    severity: str
    level: int | None
    width_mm: float | None
    width_mm_u: float | None
    width_px: float | None


def sights(defect: Defect) -> list[Sight]:
    """What current analyses say of the crack, one a photo, in the order of capture."""
    rows = (
        Measurement.objects.filter(defect=defect, analysis__is_current=True)
        .order_by(
            "analysis__photo__captured_at",
            "analysis__photo_id",
            F("width_mm_p95").asc(nulls_first=True),
            F("width_px_p95").asc(nulls_first=True),
            "pk",
        )
        .values_list(
            "pk",
            "analysis__photo_id",
            "analysis__photo__captured_at",
            "severity",
            "level",
            "width_mm_p95",
            "width_mm_u",
            "width_px_p95",
        )
    )
    # The widest line of a photo comes last in it, and so is the one that stays.
    return list({row[1]: Sight(*row) for row in rows}.values())


def refresh_defect(defect: Defect) -> list[Sight]:
    """Sets the crack's numbers from its current measurements, and returns them.

    The latest is what was *captured* last, whenever it came in. Grade and width in mm are those of
    the last sight that has a grade. A crack that no current analysis shows is closed, and open
    again when one does.
    """
    seen = sights(defect)
    if not seen:
        if defect.state == DefectState.OPEN:
            defect.state = DefectState.CLOSED
        defect.latest_measurement = None
        defect.save(update_fields=["state", "latest_measurement"])
        return seen
    latest = seen[-1]
    graded = next((sight for sight in reversed(seen) if sight.level is not None), None)
    defect.width_px = next(
        (sight.width_px for sight in reversed(seen) if sight.width_px is not None), None
    )
    defect.severity = graded.severity if graded else ""
    defect.level = graded.level if graded else None
    defect.width_mm = graded.width_mm if graded else None
    defect.width_mm_u = graded.width_mm_u if graded else None
    defect.first_seen_at, defect.last_seen_at = seen[0].captured_at, latest.captured_at
    defect.latest_measurement_id = latest.measurement_id
    if defect.state == DefectState.CLOSED:
        defect.state = DefectState.OPEN
    defect.save()
    return seen


def refresh_asset(asset: Asset, *, seen_at: dt.datetime | None = None) -> None:
    """Sets the asset's open cracks, the worst, and its last sight where ``seen_at`` is newer."""
    defects = Defect.objects.filter(asset=asset, state=DefectState.OPEN)
    first = (
        defects.annotate(how_many=Window(Count("pk"))).order_by(*worst_first(), "number").first()
    )
    asset.worst_defect, asset.open_defects = first, first.how_many if first else 0
    asset.worst_level = worst([] if first is None else [first.level])
    if seen_at is not None and (asset.last_seen_at is None or seen_at > asset.last_seen_at):
        asset.last_seen_at = seen_at
    kept = ["worst_defect", "worst_level", "open_defects", "last_seen_at", "updated_at"]
    asset.save(update_fields=kept)


def heir(defect: Defect) -> Defect:
    """The crack that this one was merged into, however often; itself where it was not."""
    passed = set()
    while defect.merged_into_id is not None and defect.pk not in passed:
        passed.add(defect.pk)
        defect = Defect.objects.get(pk=defect.merged_into_id)
    return defect
