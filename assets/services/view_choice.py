"""Chooses, by indexes alone, the few earlier views with which a new photo is registered.

Each rule below is a handful of short walks along an index, so the choice costs the same whatever
the element holds. All of them are asked in one statement.

A fixed camera needs the views nearest in time. A walk along a long deck comes to a place that was
last seen thousands of photos ago: GPS finds it; without GPS the photo taken just before tells,
which was laid upon a view of an earlier visit, so this one lies near that view's neighbours. Where
neither helps, each known defect is stood for by its latest view, and a spread over time by a few.
Views with undecided lines or regions, or too few key points, are no candidates
(``ViewFeatures.is_usable``).
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import cos, radians
from typing import Any

from django.db import connection
from django.db.models import FloatField, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Cast, Coalesce

from assets.cells import cells_around, place_cell
from assets.models import Defect, DefectState, Measurement, Region, ViewFeatures

# Fewer key points than a homography must agree on, and the view is recognised by nothing.
LEAST_KEY_POINTS = 25
# A view counts as of another visit when it was taken at least this long before or after.
ANOTHER_VISIT = dt.timedelta(hours=12)
# How long before a photo the last one was taken that still tells where it must be.
SAME_WALK = dt.timedelta(hours=1)
A_CELL = 6  # views of one place cell; nine cells are looked at
SPREAD = 8  # moments between the first view and the last

# In turn one of each, so that no rule takes all places; place counts twice, it is the surest.
ORDER = (
    *("walk_lines_after", "walk_lines_before", "place", "lines_before", "defects_unseen_longest"),
    *("place", "walk_clean_after", "lines_after", "defects_seen_last", "walk_clean_before"),
    *("spread", "clean_before", "clean_after"),
)

Row = tuple[int, float | None, float | None]  # analysis, latitude, longitude


@dataclass(frozen=True, slots=True)
class Place:
    """Where and when a photo was taken.

    Attributes:
        oldest, newest: capture of the element's first and last usable view with lines, if any.
        earlier_visit_at: when an earlier visit was about here, as far as the walk tells.
    """

    element_id: int
    captured_at: dt.datetime
    latitude: float | None
    longitude: float | None
    oldest: dt.datetime | None
    newest: dt.datetime | None
    earlier_visit_at: dt.datetime | None


def usable(element: Any) -> QuerySet[ViewFeatures]:
    """Views of an element that a photo may be laid upon; ``element``: id or ``OuterRef``."""
    return ViewFeatures.objects.filter(element_id=element, is_usable=True).order_by()


def with_lines(views: QuerySet[ViewFeatures], shown: bool = True) -> QuerySet[ViewFeatures]:
    """Views that show any line or region, or (False) none.

    Not ``shows_lines=shown``: Django writes that as the bare column, by which SQLite walks no
    index: it then reads and sorts all views of the element.
    """
    return views.filter(shows_lines__in=[shown])


def choose_views(place: Place, most: int) -> list[int]:
    """Ids of at most ``most`` analyses; one statement."""
    found: dict[str, list[Row]] = defaultdict(list)
    rules = list(_rules(place))
    statement, params = [], []
    for number, (_name, rows) in enumerate(rules):
        sql, values = rows.annotate(rule=Value(number)).query.sql_with_params()
        # In brackets as a table of its own: SQLite takes no LIMIT in a part of a UNION.
        statement.append(f"SELECT * FROM ({sql}) AS part_{number}")  # noqa: S608  Django's own
        params += values
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(statement), params)
        for analysis_id, latitude, longitude, number in cursor.fetchall():
            if analysis_id is not None:
                found[rules[number][0]].append((analysis_id, latitude, longitude))
    found["place"].sort(key=lambda row: _distance(place, row))
    return _in_turn([[row[0] for row in found[name]] for name in ORDER], most)


def _rules(place: Place) -> Iterator[tuple[str, QuerySet[Any, Any]]]:
    """(name of :data:`ORDER`, its rows): several of one name follow each other."""
    views, at = usable(place.element_id), place.captured_at
    if place.latitude is not None and place.longitude is not None:
        for cell in cells_around(place_cell(place.latitude, place.longitude)):
            here = views.filter(place_cell=cell)
            yield "place", _rows(here.order_by("-shows_lines", "-captured_at"), A_CELL)
    for kind, lines, count in (("lines", True, 24), ("clean", False, 8)):
        before, after = _around(with_lines(views, lines), at)
        yield f"{kind}_before", _rows(before, count)
        yield f"{kind}_after", _rows(after, count)
        if place.earlier_visit_at is not None:
            before, after = _around(with_lines(views, lines), place.earlier_visit_at)
            yield f"walk_{kind}_before", _rows(before, 4)
            yield f"walk_{kind}_after", _rows(after, 4)
    if place.oldest is not None and place.newest is not None:
        step = (place.newest - place.oldest) / SPREAD
        for n in range(SPREAD):
            since = with_lines(views).filter(captured_at__gte=place.oldest + n * step)
            yield "spread", _rows(since.order_by("captured_at"), 1)
    for name, order in (
        ("defects_unseen_longest", ("last_seen_at", "pk")),
        ("defects_seen_last", ("-last_seen_at", "-pk")),
    ):
        yield name, _latest_views(place.element_id, order, 12)


def _around(
    views: QuerySet[ViewFeatures], moment: dt.datetime
) -> tuple[QuerySet[ViewFeatures], QuerySet[ViewFeatures]]:
    """Those captured before the moment and from it on, the nearest first."""
    return (
        views.filter(captured_at__lt=moment).order_by("-captured_at"),
        views.filter(captured_at__gte=moment).order_by("captured_at"),
    )


def _rows(views: QuerySet[ViewFeatures], count: int) -> QuerySet[Any, Any]:
    return views.values_list("analysis_id", "latitude", "longitude")[:count]


def _latest_views(element_id: int, order: Sequence[str], count: int) -> QuerySet[Any, Any]:
    """One view for each of ``count`` open defects: the latest usable one of its last sights."""
    views = []
    for shown_in in (Measurement, Region):
        sights = shown_in._default_manager.filter(defect=OuterRef(OuterRef("pk")), is_current=True)
        last = sights.order_by("-captured_at", "-photo_id").values("analysis_id")[:8]
        view = ViewFeatures.objects.filter(is_usable=True, analysis_id__in=Subquery(last))
        views.append(Subquery(view.order_by("-captured_at").values("analysis_id")[:1]))
    nowhere = Cast(Value(None), FloatField())
    return (
        Defect.objects.filter(element_id=element_id, state=DefectState.OPEN)
        .order_by(*order)
        .annotate(
            view=Coalesce(*views),
            latitude=nowhere,
            longitude=nowhere,
        )
        .values_list("view", "latitude", "longitude")[:count]
    )


def _distance(place: Place, row: Row) -> float:
    """Squared, in degrees of latitude; near enough among views some metres apart."""
    north = (row[1] or 0.0) - (place.latitude or 0.0)
    east = (row[2] or 0.0) - (place.longitude or 0.0)
    return north**2 + (east * cos(radians(place.latitude or 0.0))) ** 2


def _in_turn(lists: Sequence[Sequence[int]], most: int) -> list[int]:
    """One of each list in turn, each number once."""
    chosen: dict[int, None] = {}
    waiting = [iter(rows) for rows in lists]
    while waiting and len(chosen) < most:
        for rows in tuple(waiting):
            number = next((n for n in rows if n not in chosen), None)
            if number is None:
                waiting.remove(rows)
            elif len(chosen) < most:
                chosen[number] = None
    return list(chosen)
