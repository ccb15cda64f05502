"""What current analyses say of a defect, for its numbers and alerts.

A crack is seen in measurements, everything else in regions; both are read in the same way.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from django.db.models import F, OuterRef, QuerySet, Subquery

from assets.models import Defect, DefectKind, Measurement, Region


@dataclass(frozen=True, slots=True)
class Sight:
    """One defect on one photo as the current analysis has it: the widest of its lines there, or
    the largest of its regions.

    Attributes:
        row_id: of the measurement, or of the region.
        width_mm: 95th percentile, with ``width_mm_u``; None where it is no crack, as ``width_px``.
        area_mm2: with ``area_mm2_u`` and ``extent_mm``; None where it is a crack.
    """

    row_id: int
    photo_id: int
    captured_at: dt.datetime
    severity: str
    level: int | None
    width_mm: float | None = None
    width_mm_u: float | None = None
    width_px: float | None = None
    area_mm2: float | None = None
    area_mm2_u: float | None = None
    extent_mm: float | None = None


@dataclass(frozen=True, slots=True)
class Sights:
    """The current sights of one defect.

    Attributes:
        first_at: when the first photo that shows it was captured.
        last: what was captured last, whenever it came in.
        graded: the last ones that have a grade, two at most, the latest first.
        measured: the last one that has an extent in mm, graded or not; None for a crack.
        width_px: of the last one that has a width in pixels.
    """

    first_at: dt.datetime
    last: Sight
    graded: tuple[Sight, ...]
    measured: Sight | None
    width_px: float | None


# The last rows of a defect that are read at once: some photos show it in several pieces.
_LAST_ROWS = 16
_SHARED = {"row_id": "pk", "photo_id": "photo_id", "captured_at": "captured_at"}
_GRADE = {"severity": "severity", "level": "level"}
_OF_LINES = {
    **_SHARED,
    **_GRADE,
    "width_mm": "width_mm_p95",
    "width_mm_u": "width_mm_u",
    "width_px": "width_px_p95",
}
_OF_AREAS = {
    **_SHARED,
    **_GRADE,
    "area_mm2": "area_mm2",
    "area_mm2_u": "area_mm2_u",
    "extent_mm": "extent_mm",
}
# The widest line, or the largest region, of a photo speaks for it.
_WIDEST = (F("width_mm_p95").desc(nulls_last=True), F("width_px_p95").desc(nulls_last=True), "-pk")
_LARGEST = (F("extent_mm").desc(nulls_last=True), "-area_px", "-pk")

Rows: TypeAlias = QuerySet[Any]  # of measurements or of regions


def rows_of(kind: str) -> Rows:
    """All rows of the table that a defect of this kind is seen in."""
    return Measurement.objects.all() if kind == DefectKind.CRACK else Region.objects.all()


def sights(defect: Defect) -> Sights | None:
    """The sights of a defect; None if no current analysis shows it.

    Short steps in an index, one query as a rule, however many photos show it.
    """
    current = rows_of(defect.kind).filter(defect=defect, is_current=True)
    first = rows_of(defect.kind).filter(defect=OuterRef("defect"), is_current=True)
    columns = _columns(defect)
    rows: list[Sequence[Any]] = list(
        _latest_first(current, defect)
        .annotate(first_at=Subquery(first.order_by("captured_at").values("captured_at")[:1]))
        .values_list(*columns.values(), "first_at")[:_LAST_ROWS]
    )
    if not rows:
        return None
    seen = _by_photo(rows, columns)
    graded = [sight for sight in seen if sight.level is not None][:2]
    measured = next((sight for sight in seen if sight.extent_mm is not None), None)
    width_px = next((sight.width_px for sight in seen if sight.width_px is not None), None)
    if len(rows) == _LAST_ROWS:  # there may be more, further back
        while len(graded) < 2 and (older := _last_graded(current, defect, graded)):
            graded.append(older)
        if not defect.is_crack and measured is None:
            measured = _first(
                _latest_first(current.filter(extent_mm__isnull=False), defect), defect
            )
        if defect.is_crack and width_px is None:
            of_width = _latest_first(current.filter(width_px_p95__isnull=False), defect)
            width_px = of_width.values_list("width_px_p95", flat=True).first()
    return Sights(rows[0][-1], seen[0], tuple(graded), measured, width_px)


def sight_on(defect: Defect, photo_id: int) -> Sight | None:
    """The defect on one photo, None where its current analysis does not show it."""
    here = rows_of(defect.kind).filter(defect=defect, is_current=True, photo_id=photo_id)
    return _first(here.order_by(*_order(defect)), defect)


def _columns(defect: Defect) -> dict[str, str]:
    return _OF_LINES if defect.is_crack else _OF_AREAS


def _order(defect: Defect) -> Sequence[Any]:
    return _WIDEST if defect.is_crack else _LARGEST


def _latest_first(rows: Any, defect: Defect) -> Any:
    return rows.order_by("-captured_at", "-photo_id", *_order(defect))


def _first(rows: Any, defect: Defect) -> Sight | None:
    columns = _columns(defect)
    row = rows.values_list(*columns.values()).first()
    return None if row is None else Sight(**dict(zip(columns, row, strict=True)))


def _by_photo(rows: Iterable[Sequence[Any]], columns: dict[str, str]) -> list[Sight]:
    """One a photo, the one that speaks for it, which comes first among them."""
    seen: dict[int, Sight] = {}
    for row in rows:
        seen.setdefault(row[1], Sight(**dict(zip(columns, row, strict=False))))
    return list(seen.values())


def _last_graded(current: Any, defect: Defect, later: Sequence[Sight]) -> Sight | None:
    """The last sight with a grade, of a photo captured before those of ``later``."""
    rows = current.filter(level__isnull=False)
    if later:
        at, photo_id = later[-1].captured_at, later[-1].photo_id
        rows = rows.filter(captured_at__lte=at).exclude(captured_at=at, photo_id__gte=photo_id)
    return _first(_latest_first(rows, defect), defect)
