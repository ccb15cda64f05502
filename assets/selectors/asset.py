"""One asset: its parts, its open cracks, how wide they were when, and who went to look."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q, QuerySet

from assets.models import Asset, Defect, DefectState, Element, Inspection, Measurement
from assets.models.worst_first import worst_first, worst_level


@dataclass(frozen=True, slots=True)
class HistoryPoint:
    """One crack on one photo, by the current analysis. ``*_u``: standard uncertainty of p95."""

    defect_id: int
    measurement_id: int
    photo_id: int
    inspection_id: int
    captured_at: dt.datetime
    captured_at_source: str
    width_mm_p95: float | None
    width_mm_u: float | None
    width_px_p95: float | None
    width_px_u: float | None
    length_mm: float | None
    length_px: float
    severity: str
    level: int | None
    confidence: float
    identity: str


@dataclass(frozen=True, slots=True)
class DefectHistory:
    """A crack and its points in the order of capture."""

    defect: Defect
    points: tuple[HistoryPoint, ...]


def visible_asset(user: Any) -> QuerySet[Asset]:
    """Assets for one asset's page, with their organisation."""
    return Asset.objects.visible_to(user).select_related("organisation")


def open_defects(user: Any, asset: Asset) -> QuerySet[Defect]:
    """Open cracks, the worst first, each with its element's name and where its width is from.

    Of the latest measurement and its analysis only what says so is read: their lines are long.
    """
    return (
        Defect.objects.visible_to(user)
        .filter(asset=asset, state=DefectState.OPEN)
        .select_related("element", "latest_measurement__analysis")
        .only(
            "asset_id",
            "element__name",
            "number",
            "state",
            "severity",
            "level",
            "width_mm",
            "width_mm_u",
            "width_px",
            "first_seen_at",
            "last_seen_at",
            "latest_measurement__width_px_u",
            "latest_measurement__not_measurable",
            "latest_measurement__analysis__photo_id",
        )
        .order_by(*worst_first(), "number")
    )


def asset_history(user: Any, asset: Asset) -> list[DefectHistory]:
    """Every open crack with its widths over time, the worst first; two queries in all."""
    points = history_points(user, defect__asset=asset, defect__state=DefectState.OPEN)
    return [DefectHistory(defect, tuple(points[defect.pk])) for defect in open_defects(user, asset)]


def defect_history(user: Any, defect: Defect) -> list[HistoryPoint]:
    """One crack's points in the order of capture."""
    return history_points(user, defect=defect)[defect.pk]


def history_points(user: Any, **chosen: Any) -> dict[int, list[HistoryPoint]]:
    """crack id -> its points in the order of capture; one query."""
    rows = (
        Measurement.objects.visible_to(user)
        .filter(analysis__is_current=True, **chosen)
        .order_by("analysis__photo__captured_at", "analysis__photo_id", "pk")
        .values_list(
            "defect_id",
            "pk",
            "analysis__photo_id",
            "analysis__photo__inspection_id",
            "analysis__photo__captured_at",
            "analysis__photo__captured_at_source",
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
    )
    points: dict[int, list[HistoryPoint]] = defaultdict(list)
    for row in rows:
        points[row[0]].append(HistoryPoint(*row))
    return points


def elements_of(user: Any, asset: Asset) -> QuerySet[Element]:
    """The asset's parts, the whole first, each with ``open_defects`` and ``worst_level``."""
    is_open = Q(defects__state=DefectState.OPEN)
    return (
        Element.objects.visible_to(user)
        .filter(asset=asset)
        .annotate(
            open_defects=Count("defects", filter=is_open),
            worst_level=worst_level("defects", is_open),
        )
        .order_by("-is_whole", "name")
    )


def inspections_of(user: Any, asset: Asset) -> QuerySet[Inspection]:
    """The asset's visits, the latest first, with ``photo_count`` and ``done_count``."""
    return (
        Inspection.objects.visible_to(user)
        .filter(asset=asset)
        .select_related("element")
        .annotate(
            photo_count=Count("photos"),
            done_count=Count("photos", filter=Q(photos__state="done")),
        )
        .order_by("-held_on", "-pk")
    )
