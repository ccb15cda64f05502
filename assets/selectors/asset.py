"""Reads one asset: its elements, its open cracks and their widths over time, its visits."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, IntegerField, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from assets.models import Asset, Defect, DefectState, Element, Inspection, Photo, PhotoState
from assets.models.defect import GRADE_AND_SIZE
from assets.models.worst_first import worst_first, worst_level
from assets.selectors.history import DefectHistory, histories


def visible_asset(user: Any) -> QuerySet[Asset]:
    """Assets for one asset's page, with their organisation."""
    return Asset.objects.visible_to(user).select_related("organisation")


def open_defects(user: Any, asset: Asset) -> QuerySet[Defect]:
    """Open defects, the worst first, each with its element's name and where its width is from.

    Of the latest measurement only what says so is read: its line is long.
    """
    return (
        Defect.objects.visible_to(user)
        .filter(asset=asset, state=DefectState.OPEN)
        .select_related("element", "latest_measurement", "latest_region")
        .only(
            "asset_id",
            "element__name",
            "number",
            "kind",
            "state",
            *GRADE_AND_SIZE,
            "first_seen_at",
            "last_seen_at",
            "latest_measurement__width_px_u",
            "latest_measurement__not_measurable",
            "latest_measurement__photo_id",
            "latest_region__photo_id",
        )
        .order_by(*worst_first(), "number")
    )


def asset_history(user: Any, asset: Asset) -> list[DefectHistory]:
    """Every open defect with its widths or extents over time, the worst first.

    Four queries at most; where some are no cracks, three more.
    """
    return histories(user, list(open_defects(user, asset)))


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
    """The asset's visits, the latest first, with ``photo_count`` and ``done_count``.

    Counted visit by visit, so that a page of visits does not count the photos of all.
    """
    photos = Photo.objects.filter(inspection=OuterRef("pk"))
    return (
        Inspection.objects.visible_to(user)
        .filter(asset=asset)
        .select_related("element")
        .annotate(
            photo_count=_count(photos), done_count=_count(photos.filter(state=PhotoState.DONE))
        )
        .order_by("-held_on", "-pk")
    )


def _count(photos: QuerySet[Photo]) -> Coalesce:
    counted = photos.order_by().values("inspection").annotate(n=Count("pk")).values("n")
    return Coalesce(Subquery(counted, output_field=IntegerField()), 0)
