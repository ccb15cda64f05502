"""The physical cracks: begin one, and keep its numbers and its asset's worst state true.

All functions work inside the caller's transaction, which holds the element and the asset
(:func:`lock_place`), so that two results for one place are written one after the other.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, F, OuterRef, QuerySet, Subquery, Window

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


def raise_views_version(element_ids: Iterable[int]) -> None:
    """Counts that lines of these elements, which the caller holds, have another crack now."""
    elements = Element.objects.filter(pk__in=set(element_ids))
    elements.update(views_version=F("views_version") + 1)


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


@dataclass(frozen=True, slots=True)
class Sights:
    """What current analyses say of one crack, as far as its numbers and alerts depend on it.

    Attributes:
        first_at: when the first photo that shows it was captured.
        last: what was captured last, whenever it came in.
        graded: the last ones that have a grade, two at most, the latest first.
        width_px: of the last one that has a width in pixels.
    """

    first_at: dt.datetime
    last: Sight
    graded: tuple[Sight, ...]
    width_px: float | None


# The last lines of a crack that are read at once: some photos show it in several pieces.
_LAST_LINES = 16
# The widest line of a photo speaks for it.
_WIDEST = (F("width_mm_p95").desc(nulls_last=True), F("width_px_p95").desc(nulls_last=True), "-pk")
_SIGHT = (
    "pk",
    "photo_id",
    "captured_at",
    "severity",
    "level",
    "width_mm_p95",
    "width_mm_u",
    "width_px_p95",
)


def sights(defect: Defect) -> Sights | None:
    """What is known of the crack; None where no current analysis shows it.

    Short steps in an index, one query as a rule, however many photos show it.
    """
    current = Measurement.objects.filter(defect=defect, is_current=True)
    first = Measurement.objects.filter(defect=OuterRef("defect"), is_current=True)
    rows = list(
        _latest_first(current)
        .annotate(first_at=Subquery(first.order_by("captured_at").values("captured_at")[:1]))
        .values_list(*_SIGHT, "first_at")[:_LAST_LINES]
    )
    if not rows:
        return None
    seen = _by_photo(rows)
    graded = [sight for sight in seen if sight.level is not None][:2]
    width_px = next((sight.width_px for sight in seen if sight.width_px is not None), None)
    if len(rows) == _LAST_LINES:  # there may be more, further back
        while len(graded) < 2 and (older := _last_graded(current, graded)):
            graded.append(older)
        if width_px is None:
            of_width = _latest_first(current.filter(width_px_p95__isnull=False))
            width_px = of_width.values_list("width_px_p95", flat=True).first()
    return Sights(rows[0][-1], seen[0], tuple(graded), width_px)


def sight_on(defect: Defect, photo_id: int) -> Sight | None:
    """The crack on one photo, None where its current analysis does not show it."""
    here = Measurement.objects.filter(defect=defect, is_current=True, photo_id=photo_id)
    row = here.order_by(*_WIDEST).values_list(*_SIGHT).first()
    return None if row is None else Sight(*row)


def _latest_first(lines: QuerySet[Measurement]) -> QuerySet[Measurement]:
    return lines.order_by("-captured_at", "-photo_id", *_WIDEST)


def _by_photo(rows: Iterable[Sequence[Any]]) -> list[Sight]:
    """One a photo, the widest of its lines, which comes first among them."""
    seen: dict[int, Sight] = {}
    for row in rows:
        seen.setdefault(row[1], Sight(*row[: len(_SIGHT)]))
    return list(seen.values())


def _last_graded(current: QuerySet[Measurement], later: Sequence[Sight]) -> Sight | None:
    """The last sight with a grade, of a photo captured before those of ``later``."""
    lines = current.filter(level__isnull=False)
    if later:
        at, photo_id = later[-1].captured_at, later[-1].photo_id
        lines = lines.filter(captured_at__lte=at).exclude(captured_at=at, photo_id__gte=photo_id)
    row = _latest_first(lines).values_list(*_SIGHT).first()
    return None if row is None else Sight(*row)


def refresh_defect(defect: Defect) -> Sights | None:
    """Sets the crack's numbers from its current measurements, and returns what they say.

    The latest is what was *captured* last, whenever it came in. Grade and width in mm are those of
    the last sight that has a grade. A crack that no current analysis shows is closed, and open
    again when one does.
    """
    seen = sights(defect)
    if seen is None:
        if defect.state == DefectState.OPEN:
            defect.state = DefectState.CLOSED
        defect.latest_measurement = None
        defect.save(update_fields=["state", "latest_measurement"])
        return None
    graded = seen.graded[0] if seen.graded else None
    defect.width_px = seen.width_px
    defect.severity = graded.severity if graded else ""
    defect.level = graded.level if graded else None
    defect.width_mm = graded.width_mm if graded else None
    defect.width_mm_u = graded.width_mm_u if graded else None
    defect.first_seen_at, defect.last_seen_at = seen.first_at, seen.last.captured_at
    defect.latest_measurement_id = seen.last.measurement_id
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
