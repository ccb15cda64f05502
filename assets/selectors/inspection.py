"""Reads visits, and the photos of a visit with state and result."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from django.db.models import Count, Max, Q, QuerySet

from assets.models import Asset, Identity, Inspection, Measurement, Photo, PhotoState, Region
from assets.work.lines import ORDER, waiting


def list_inspections(
    user: Any, *, asset: Asset | None = None, search: str = ""
) -> QuerySet[Inspection]:
    """Visits, the latest first, with asset and element; counts come from :func:`photo_counts`.

    Args:
        search: words that each occur in the title or in the asset's name or code.
    """
    inspections = Inspection.objects.visible_to(user).select_related("asset", "element")
    if asset is not None:
        inspections = inspections.filter(asset=asset)
    for word in search.split()[:8]:
        inspections = inspections.filter(
            Q(title__icontains=word)
            | Q(asset__name__icontains=word)
            | Q(asset__code__icontains=word)
        )
    return inspections.order_by("-held_on", "-pk")


def photo_counts(user: Any, inspections: Iterable[Inspection]) -> dict[int, dict[str, int]]:
    """inspection id -> {state: photos}, every state present, for a page of visits; one query."""
    ids = [inspection.pk for inspection in inspections]
    counts: dict[int, dict[str, int]] = {pk: dict.fromkeys(PhotoState.values, 0) for pk in ids}
    rows = (
        Photo.objects.visible_to(user)
        .filter(inspection_id__in=ids)
        .order_by()
        .values_list("inspection_id", "state")
        .annotate(n=Count("pk"))
    )
    for pk, state, n in rows:
        counts[pk][state] = n
    return counts


def state_counts(user: Any, inspection: Inspection) -> dict[str, int]:
    """{state: photos} of one visit, every state present."""
    return photo_counts(user, [inspection])[inspection.pk]


def inspection_photos(user: Any, inspection: Inspection) -> QuerySet[Photo]:
    """The photos of a visit in the order they came in, the newest first."""
    return (
        Photo.objects.visible_to(user)
        .filter(inspection=inspection)
        .select_related("element", "inspection__asset")
        .order_by("-received_at", "-pk")
    )


@dataclass(frozen=True, slots=True)
class PhotoResult:
    """The result of a photo's current analysis in short. The width is the widest p95.

    Attributes:
        regions: areal defects by kind; a kind that is not seen is left out.
        unmatched: lines and regions that await a person.
        level: the worst of both.
        extent_mm: of the largest region.
    """

    cracks: int = 0
    unmatched: int = 0
    level: int | None = None
    width_mm: float | None = None
    width_px: float | None = None
    regions: Mapping[str, int] = field(default_factory=dict)
    extent_mm: float | None = None


def photo_results(user: Any, photos: Iterable[Photo]) -> dict[int, PhotoResult]:
    """photo id -> result, for a page of photos; two queries. Photos without lines: zero cracks."""
    found: dict[int, PhotoResult] = defaultdict(PhotoResult)
    ids = [photo.pk for photo in photos]
    rows = (
        Measurement.objects.visible_to(user)
        .filter(analysis__photo_id__in=ids, analysis__is_current=True)
        .order_by()
        .values_list("analysis__photo_id")
        .annotate(
            n=Count("pk"),
            undecided=Count("pk", filter=Q(defect__isnull=True)),
            worst=Max("level"),
            widest_mm=Max("width_mm_p95"),
            widest_px=Max("width_px_p95"),
        )
    )
    for pk, *numbers in rows:
        found[pk] = PhotoResult(*numbers)
    areas = (
        Region.objects.visible_to(user)
        .filter(photo_id__in=ids, is_current=True)
        .order_by()
        .values_list("photo_id", "kind")
        .annotate(
            n=Count("pk"),
            # Nobody is asked about regions from before regions had an identity.
            undecided=Count("pk", filter=Q(identity=Identity.UNMATCHED)),
            worst=Max("level"),
            largest_mm=Max("extent_mm"),
        )
    )
    for pk, kind, count, undecided, level, extent_mm in areas:
        so_far = found[pk]
        found[pk] = replace(
            so_far,
            regions={**so_far.regions, kind: count},
            unmatched=so_far.unmatched + undecided,
            level=_larger(so_far.level, level),
            extent_mm=_larger(so_far.extent_mm, extent_mm),
        )
    return found


Number = TypeVar("Number", int, float)


def _larger(one: Number | None, other: Number | None) -> Number | None:
    known = [value for value in (one, other) if value is not None]
    return max(known, default=None)


def queue_positions(photos: Iterable[Photo]) -> dict[int, int]:
    """photo id -> place in line (1 = next) for those of ``photos`` that wait; one query.

    Places are counted among the photos of the same organisation, as
    :func:`assets.services.queue.queue_position` does.
    """
    wanted = {photo.pk for photo in photos if photo.state == PhotoState.QUEUED}
    if not wanted:
        return {}
    owners = Photo.objects.filter(pk__in=wanted).values("organisation_id")
    line = (
        Photo.objects.filter(waiting())
        .filter(organisation_id__in=owners)
        .order_by(*ORDER)
        .values_list("pk", "organisation_id")
    )
    passed: Counter[int] = Counter()
    places = {}
    for pk, owner in line.iterator():
        passed[owner] += 1
        if pk in wanted:
            places[pk] = passed[owner]
    return places
