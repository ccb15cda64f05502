"""Reads one photo: its findings, earlier knowledge, and its neighbours in the visit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet

from assets.models import Analysis, Measurement, Photo, Region
from assets.selectors.history import HistoryPoint, last_before


@dataclass(frozen=True, slots=True)
class PhotoDetail:
    """Everything a photo's page shows; a fixed number of queries.

    Attributes:
        analysis: the current one, None before the first.
        measurements: its lines in order, each with its crack (None while undecided).
        regions: its areal defects in order, in the same way, with their outlines.
        earlier: superseded analyses, the latest first.
        before: defect id -> how it was on the photo captured last before this one.
        previous_id, next_id: photos of the same visit in the order of capture, None at the ends.
    """

    photo: Photo
    analysis: Analysis | None
    measurements: tuple[Measurement, ...]
    regions: tuple[Region, ...]
    earlier: tuple[Analysis, ...]
    before: dict[int, HistoryPoint]
    previous_id: int | None
    next_id: int | None


def visible_photos(user: Any) -> QuerySet[Photo]:
    """Photos with visit, asset, organisation and element."""
    return Photo.objects.visible_to(user).select_related(
        "inspection__asset__organisation", "element", "uploaded_by"
    )


def photo_detail(user: Any, photo_id: int) -> PhotoDetail:
    """The photo with its results.

    Raises:
        Photo.DoesNotExist: where there is none, or this person may not see it.
    """
    photo = visible_photos(user).get(pk=photo_id)
    analyses = list(Analysis.objects.visible_to(user).filter(photo=photo).order_by("-pk"))
    current = next((row for row in analyses if row.is_current), None)
    measurements = (
        tuple(
            Measurement.objects.visible_to(user)
            .filter(analysis=current)
            .select_related("defect")
            .order_by("ordinal")
        )
        if current
        else ()
    )
    regions = (
        tuple(
            Region.objects.visible_to(user)
            .filter(analysis=current)
            .select_related("defect")
            .order_by("ordinal")
        )
        if current
        else ()
    )
    previous_id, next_id = neighbours(user, photo)
    shown = sorted({row.defect_id for row in (*measurements, *regions) if row.defect_id})
    return PhotoDetail(
        photo=photo,
        analysis=current,
        measurements=measurements,
        regions=regions,
        earlier=tuple(row for row in analyses if not row.is_current),
        before=last_before(user, photo, shown) if shown else {},
        previous_id=previous_id,
        next_id=next_id,
    )


def neighbours(user: Any, photo: Photo) -> tuple[int | None, int | None]:
    """Ids of the photos before and after this one in its visit, in the order of capture."""
    siblings = Photo.objects.visible_to(user).filter(inspection_id=photo.inspection_id)
    same = Q(captured_at=photo.captured_at)
    before = siblings.filter(Q(captured_at__lt=photo.captured_at) | same & Q(pk__lt=photo.pk))
    after = siblings.filter(Q(captured_at__gt=photo.captured_at) | same & Q(pk__gt=photo.pk))
    return (
        before.order_by("-captured_at", "-pk").values_list("pk", flat=True).first(),
        after.order_by("captured_at", "pk").values_list("pk", flat=True).first(),
    )
