"""Reads widths of cracks and sizes of other defects over time, whole or thinned out."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from django.db import connection
from django.db.models import F, OuterRef, Q, QuerySet, Subquery

from assets.models import Defect, Measurement, Photo, Region

# Points of one crack that a chart can show apart, and of all cracks of a page together.
MOST_POINTS, FEWEST_POINTS = 120, 24
POINTS_A_PAGE = 2400
LOOKED_AHEAD = 8  # measurements from a moment on, of which the widest stays
# What the widest line, or the largest region, is told by; the second where the first is unknown.
_LARGEST: dict[Any, tuple[str, str]] = {
    Measurement: ("width_mm_p95", "width_px_p95"),
    Region: ("extent_mm", "area_px"),
}

Rows: TypeAlias = QuerySet[Any]  # of measurements or of regions


@dataclass(frozen=True, slots=True)
class HistoryPoint:
    """One defect on one photo, by the current analysis. ``*_u``: standard uncertainty.

    A crack has a measurement, with widths (their ``u`` is that of p95) and a length; what is no
    crack has a region, with an area and an extent.
    """

    defect_id: int
    measurement_id: int | None
    photo_id: int
    inspection_id: int
    captured_at: dt.datetime
    captured_at_source: str
    width_mm_p95: float | None
    width_mm_u: float | None
    width_px_p95: float | None
    width_px_u: float | None
    length_mm: float | None
    length_px: float | None
    severity: str
    level: int | None
    confidence: float
    identity: str
    region_id: int | None = None
    area_px: float | None = None
    area_mm2: float | None = None
    area_mm2_u: float | None = None
    extent_mm: float | None = None
    extent_mm_u: float | None = None


@dataclass(frozen=True, slots=True)
class DefectHistory:
    """A defect and its points in the order of capture; ``is_thinned``: there are more of them."""

    defect: Defect
    points: tuple[HistoryPoint, ...]
    is_thinned: bool = False


def histories(user: Any, defects: Sequence[Defect], most: int | None = None) -> list[DefectHistory]:
    """Defects with at most ``most`` points each; three queries in all, however many photos.

    Where some are no cracks, three more.

    Where there are more, the first and the last stay, and between them the widest of a few at
    moments that lie evenly in time.

    Args:
        most: largest number of points of each defect. None: a number that a page can bear.
    """
    if not defects:
        return []
    if most is None:
        most = max(FEWEST_POINTS, min(MOST_POINTS, POINTS_A_PAGE // len(defects)))
    points: dict[int, list[HistoryPoint]] = defaultdict(list)
    thinned: set[int] = set()
    for rows in (measurements(user), regions(user)):
        some = [defect for defect in defects if defect.is_crack == (rows.model is Measurement)]
        if not some:
            continue
        longer = _with_more_than(most, some, rows)
        kept = _thinned([defect for defect in some if defect.pk in longer], most, rows)
        whole = [defect.pk for defect in some if defect.pk not in longer]
        chosen = Q(defect__in=whole, is_current=True) | Q(pk__in=kept)
        for point in as_points(rows.filter(chosen)):
            points[point.defect_id].append(point)
        thinned |= longer
    return [
        DefectHistory(defect, tuple(points[defect.pk]), defect.pk in thinned) for defect in defects
    ]


def _with_more_than(most: int, defects: Sequence[Defect], sights: Rows) -> set[int]:
    """Ids of defects with more current sights than that; none is counted to its end."""
    current = sights.model._default_manager.filter(defect=OuterRef("pk"), is_current=True)
    one_more = Subquery(current.order_by("captured_at").values("pk")[most : most + 1])
    rows = Defect.objects.filter(pk__in=[defect.pk for defect in defects])
    return set(rows.annotate(more=one_more).exclude(more=None).values_list("pk", flat=True))


def _thinned(defects: Sequence[Defect], most: int, sights: Rows) -> list[int]:
    """Ids of the measurements or regions that stay: a few steps in one index for each."""
    if not defects:
        return []
    ends: list[tuple[int, dt.datetime]] = []
    between: list[tuple[int, dt.datetime]] = []
    for defect in defects:
        first, last = defect.first_seen_at, defect.last_seen_at
        ends += [(defect.pk, first), (defect.pk, last)]
        step = (last - first) / (most - 1)
        between += [(defect.pk, first + n * step) for n in range(1, most - 1)]
    by, otherwise = _LARGEST[sights.model]
    ahead = (
        f"SELECT id, {by}, {otherwise} FROM {sights.model._meta.db_table} WHERE is_current"  # noqa: S608
        " AND defect_id = mark.column1 AND captured_at >= mark.column2"
        " ORDER BY captured_at, photo_id LIMIT "
    )
    widest = f"ORDER BY {by} DESC NULLS LAST, {otherwise} DESC NULLS LAST LIMIT 1"
    moment = "%s::timestamptz" if connection.vendor == "postgresql" else "%s"
    statements: list[str] = []
    params: list[Any] = []
    for marks, count in ((ends, 1), (between, LOOKED_AHEAD)):
        one = f"SELECT id FROM ({ahead}{count}) AS few {widest}"  # noqa: S608  constants alone
        table = ", ".join([f"(%s, {moment})"] * len(marks))
        statements.append(f"SELECT ({one}) FROM (VALUES {table}) AS mark")  # noqa: S608
        for defect_id, at in marks:
            params += [defect_id, connection.ops.adapt_datetimefield_value(at)]
    with connection.cursor() as cursor:
        cursor.execute(" UNION ".join(statements), params)
        return [pk for (pk,) in cursor.fetchall() if pk is not None]


def defect_history(user: Any, defect: Defect, most: int) -> DefectHistory:
    """One defect's points, ``most`` of them."""
    (history,) = histories(user, [defect], most)
    return history


def sights_of(user: Any, defect: Defect) -> Rows:
    """Sights of cracks, or of areal defects, that the person may see, in the order of capture."""
    return measurements(user) if defect.is_crack else regions(user)


def whole_history(user: Any, defect: Defect) -> Rows:
    """Every current sight of a defect in the order of capture, to be read page by page."""
    return sights_of(user, defect).filter(defect=defect, is_current=True)


def last_before(user: Any, photo: Photo, defect_ids: Sequence[int]) -> dict[int, HistoryPoint]:
    """defect id -> how it was on the photo captured last before this one.

    Where that photo shows it in several pieces: the widest line, or the largest region. Two
    queries; three where some are cracks and some are not.
    """
    defects = Defect.objects.visible_to(user).filter(pk__in=defect_ids)
    lines, areas = _earlier(Measurement, photo), _earlier(Region, photo)
    last = list(defects.annotate(line=lines, area=areas).values_list("line", "area"))
    points: list[HistoryPoint] = []
    for rows, column in ((measurements(user), 0), (regions(user), 1)):
        if kept := [found[column] for found in last if found[column] is not None]:
            points += as_points(rows.filter(pk__in=kept))
    return {point.defect_id: point for point in points}


def _earlier(shown_in: type[Measurement] | type[Region], photo: Photo) -> Subquery:
    """Id of the last sight of a defect before a photo."""
    largest = [F(column).desc(nulls_last=True) for column in _LARGEST[shown_in]]
    rows = shown_in.objects.filter(
        defect=OuterRef("pk"), is_current=True, captured_at__lt=photo.captured_at
    )
    return Subquery(rows.order_by("-captured_at", "-photo_id", *largest, "-pk").values("pk")[:1])


def measurements(user: Any) -> QuerySet[Measurement]:
    """The points that the person may see, in the order of capture."""
    return Measurement.objects.visible_to(user).order_by("captured_at", "photo_id", "pk")


def regions(user: Any) -> QuerySet[Region]:
    """The same of areal defects."""
    return Region.objects.visible_to(user).order_by("captured_at", "photo_id", "pk")


def as_points(rows: Rows) -> list[HistoryPoint]:
    """Measurements or regions as plain values; one query."""
    if rows.model is Region:
        return [_area_point(row) for row in rows.values_list(*_OF_REGIONS)]
    chosen = rows.values_list(
        "defect_id",
        "pk",
        "photo_id",
        "photo__inspection_id",
        "captured_at",
        "photo__captured_at_source",
        "width_mm_p95",
        "width_mm_u",
        "width_px_p95",
        "width_px_u",
        "length_mm",
        "length_px",
        "severity",
        "level",
        "confidence",
        "identity",
    )
    return [HistoryPoint(*row) for row in chosen]


_OF_REGIONS = (
    "defect_id",
    "pk",
    "photo_id",
    "photo__inspection_id",
    "captured_at",
    "photo__captured_at_source",
    "severity",
    "level",
    "confidence",
    "identity",
    "area_px",
    "area_mm2",
    "area_mm2_u",
    "extent_mm",
    "extent_mm_u",
)


def _area_point(row: Sequence[Any]) -> HistoryPoint:
    defect_id, pk, *where = row[:6]
    severity, level, confidence, identity, *areas = row[6:]
    nothing = [None] * 6  # no widths, no length
    grade = (severity, level, confidence, identity)
    return HistoryPoint(*[defect_id, None, *where, *nothing, *grade, pk, *areas])
