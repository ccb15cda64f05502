"""Creates physical defects, and keeps their numbers and their asset's worst state up to date.

All functions work inside the caller's transaction, which holds the element and the asset
(:func:`lock_place`), so that two results for one place are written one after the other.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django.db.models import Count, F, Subquery, Value
from django.db.models.functions import Coalesce
from django.utils import timezone

from assets.models import Asset, Defect, DefectKind, DefectState, Element
from assets.models.defect import GRADE_AND_SIZE
from assets.models.worst_first import worst_first
from assets.services.sights import Sights, sights
from assets.severity.order import NONE_OPEN, UNGRADED


def lock_place(asset_id: int, element_ids: Iterable[int]) -> Asset:
    """Locks elements, in the order of their ids, and then their asset; returns the asset.

    Always in this order, so that two transactions never wait for each other in a circle. Rows that
    merely refer to them (a photo that comes in) are not held up: NO KEY UPDATE.
    """
    elements = Element.objects.select_for_update(no_key=True).filter(pk__in=set(element_ids))
    list(elements.order_by("pk").values_list("pk", flat=True))
    return Asset.objects.select_for_update(no_key=True).get(pk=asset_id)


def raise_views_version(element_ids: Iterable[int]) -> None:
    """Counts that lines or regions of these elements, held by the caller, have another defect."""
    elements = Element.objects.filter(pk__in=set(element_ids))
    elements.update(views_version=F("views_version") + 1)


def begin_defect(
    *, asset: Asset, element_id: int, seen_at: dt.datetime, kind: str = str(DefectKind.CRACK)
) -> Defect:
    """A new defect with the asset's next number. ``asset`` is locked by the caller."""
    asset.last_defect_number += 1
    asset.save(update_fields=["last_defect_number"])
    return Defect.objects.create(
        asset=asset,
        element_id=element_id,
        number=asset.last_defect_number,
        kind=kind,
        first_seen_at=seen_at,
        last_seen_at=seen_at,
    )


# What refresh_defect sets; the caller may write many at once.
REFRESHED = (
    "state",
    *GRADE_AND_SIZE,
    "first_seen_at",
    "last_seen_at",
    "latest_measurement",
    "latest_region",
)


def refresh_defect(defect: Defect, *, save: bool = True) -> Sights | None:
    """Sets the defect's numbers from its current sights, and returns what they say.

    Without ``save`` the caller writes :data:`REFRESHED`.

    The latest is what was *captured* last, whenever it came in. Grade and width in mm are those of
    the last sight that has a grade, area and extent those of the last one that has a scale (some
    kinds have a grade without one). A defect that no current analysis shows is closed, and open
    again when one does.
    """
    seen = sights(defect)
    if seen is None:
        if defect.state == DefectState.OPEN:
            defect.state = DefectState.CLOSED
        defect.latest_measurement, defect.latest_region = None, None
        if save:
            defect.save(update_fields=REFRESHED)
        return None
    graded = seen.graded[0] if seen.graded else None
    defect.width_px = seen.width_px
    defect.severity = graded.severity if graded else ""
    defect.level = graded.level if graded else None
    defect.width_mm = graded.width_mm if graded else None
    defect.width_mm_u = graded.width_mm_u if graded else None
    defect.first_seen_at, defect.last_seen_at = seen.first_at, seen.last.captured_at
    if defect.is_crack:
        defect.latest_measurement_id = seen.last.row_id
    else:
        measured = seen.measured
        defect.latest_region_id = seen.last.row_id
        defect.area_mm2 = measured.area_mm2 if measured else None
        defect.area_mm2_u = measured.area_mm2_u if measured else None
        defect.extent_mm = measured.extent_mm if measured else None
    if defect.state == DefectState.CLOSED:
        defect.state = DefectState.OPEN
    if save:
        defect.save(update_fields=REFRESHED)
    return seen


def refresh_asset(asset: Asset, *, seen_at: dt.datetime | None = None) -> None:
    """Sets the asset's open defects, the worst, and its last sight where ``seen_at`` is newer.

    One statement; ``asset`` itself keeps what it was read with.
    """
    defects = Defect.objects.filter(asset=asset.pk, state=DefectState.OPEN)
    first = defects.order_by(*worst_first(), "number")
    counted = defects.order_by().values("asset").annotate(how_many=Count("pk"))
    rank = first.values(rank=Coalesce("level", Value(UNGRADED)))[:1]
    changes: dict[str, Any] = {
        "worst_defect": Subquery(first.values("pk")[:1]),
        "open_defects": Coalesce(Subquery(counted.values("how_many")), Value(0)),
        "worst_level": Coalesce(Subquery(rank), Value(NONE_OPEN)),
        "updated_at": timezone.now(),
    }
    if seen_at is not None and (asset.last_seen_at is None or seen_at > asset.last_seen_at):
        changes["last_seen_at"] = seen_at
    Asset.objects.filter(pk=asset.pk).update(**changes)


def heir(defect: Defect) -> Defect:
    """The crack that this one was merged into, however often; itself where it was not."""
    passed = set()
    while defect.merged_into_id is not None and defect.pk not in passed:
        passed.add(defect.pk)
        defect = Defect.objects.get(pk=defect.merged_into_id)
    return defect
