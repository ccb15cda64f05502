"""The earlier views of an element, with their lines, for matching a new photo."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery

from assets.kept.values import Point, points
from assets.models import (
    Analysis,
    Defect,
    DefectState,
    Element,
    Identity,
    Measurement,
    Photo,
    Region,
    ViewFeatures,
)
from assets.services.capture_time import capture_time
from assets.services.records import PhotoFacts
from assets.services.view_choice import (
    ANOTHER_VISIT,
    LEAST_KEY_POINTS,
    SAME_WALK,
    Place,
    choose_views,
    usable,
    with_lines,
)

MOST_VIEWS = 24  # laying a photo upon one costs some 50 ms


@dataclass(frozen=True, slots=True)
class KnownLine:
    """A line of an earlier analysis and the crack that it shows; [[x, y], …] upright pixels."""

    defect_id: int
    centreline_px: Sequence[Point]


@dataclass(frozen=True, slots=True)
class KnownArea:
    """A region of an earlier analysis and the defect that it shows; [[x, y], …] upright pixels."""

    defect_id: int
    kind: str
    outline_px: Sequence[Point]


@dataclass(frozen=True, slots=True)
class KnownView:
    """A current analysis of the same element whose lines and regions all have their defect.

    ``areas`` are read only where the new photo shows regions.
    ``earlier_visit_at``: when an earlier visit was at this place, as far as it is known.
    """

    analysis_id: int
    photo_id: int
    captured_at: dt.datetime
    image_width_px: int
    image_height_px: int
    earlier_visit_at: dt.datetime | None
    features: bytes | memoryview | None
    lines: tuple[KnownLine, ...]
    areas: tuple[KnownArea, ...] = ()


@dataclass(frozen=True, slots=True)
class KnownElement:
    """All that a match needs.

    Attributes:
        basis: goes into :class:`~assets.services.records.MatchProposal`.
        captured_at: of the photo that is matched.
        views: the photo's own earlier analysis first where it has one, then those that it most
            likely lies upon (:mod:`assets.services.view_choice`), :data:`MOST_VIEWS` in all.
            Views with undecided lines are left out: what lies in them is not known yet.
        has_defects: whether any other photo shows an open defect here; without, nothing is
            matched.
    """

    basis: int
    captured_at: dt.datetime
    views: tuple[KnownView, ...]
    has_defects: bool


def known_views(
    photo: Photo, facts: PhotoFacts | None = None, *, with_areas: bool = False
) -> KnownElement:
    """Four queries, whatever the number of views.

    Args:
        photo: as it is claimed, or as its row is now.
        with_areas: whether the photo shows regions: then those of the views are read as well, by
            a sixth query.
        facts: what decoding told about the photo, where its row does not say it yet.
    """
    captured_at, latitude, longitude = photo.captured_at, photo.latitude, photo.longitude
    if facts is not None:
        zone = photo.inspection.asset.time_zone
        captured_at, _source = capture_time(
            facts=facts, time_zone=zone, received_at=photo.received_at
        )
        latitude, longitude = facts.latitude, facts.longitude
    # The number is read before what it counts: a change in between makes the match outdated.
    version, place, has_defects = _place(photo, captured_at, latitude, longitude)
    chosen = choose_views(place, MOST_VIEWS) if has_defects else []
    views = _read(photo.pk, chosen, with_areas)
    return KnownElement(version, captured_at, views, has_defects)


def _place(
    photo: Photo, captured_at: dt.datetime, latitude: float | None, longitude: float | None
) -> tuple[int, Place, bool]:
    """The element's ``views_version``, where the photo stands among its views, and whether others
    show open defects.
    """
    views = usable(OuterRef("pk"))
    lines = with_lines(views)
    walk = views.filter(
        earlier_visit_at__isnull=False,
        captured_at__gt=captured_at - SAME_WALK,
        captured_at__lte=captured_at,
    ).order_by("-captured_at")
    version, oldest, newest, last_at, earlier_at, has_defects = (
        Element.objects.filter(pk=photo.element_id)
        .annotate(
            oldest=Subquery(lines.order_by("captured_at").values("captured_at")[:1]),
            newest=Subquery(lines.order_by("-captured_at").values("captured_at")[:1]),
            last_at=Subquery(walk.values("captured_at")[:1]),
            earlier_at=Subquery(walk.values("earlier_visit_at")[:1]),
            has_defects=Exists(others_show_cracks(photo.pk, OuterRef("pk")))
            | Exists(others_show_areas(photo.pk, OuterRef("pk"))),
        )
        .values_list("views_version", "oldest", "newest", "last_at", "earlier_at", "has_defects")
        .get()
    )
    if earlier_at is not None:  # the walk goes on at the pace of the one before
        earlier_at += captured_at - last_at
    place = Place(
        element_id=photo.element_id,
        captured_at=captured_at,
        latitude=latitude,
        longitude=longitude,
        oldest=oldest,
        newest=newest,
        earlier_visit_at=earlier_at,
    )
    return version, place, has_defects


def others_show_cracks(photo_id: int, element: Any) -> QuerySet[Measurement]:
    """Lines on other photos that are open cracks of an element, by id or ``OuterRef``."""
    return Measurement.objects.filter(
        defect__element=element, defect__state=DefectState.OPEN, is_current=True
    ).exclude(photo_id=photo_id)


def others_show_areas(photo_id: int, element: Any) -> QuerySet[Region]:
    """Regions on other photos that are open defects of an element, by id or ``OuterRef``."""
    return Region.objects.filter(
        defect__element=element, defect__state=DefectState.OPEN, is_current=True
    ).exclude(photo_id=photo_id)


def _read(photo_id: int, chosen: Sequence[int], with_areas: bool) -> tuple[KnownView, ...]:
    """The photo's own view and the chosen ones, in their order, with what they show.

    A view with a line or a region that cannot be read is none: what lies there would count as new.
    """
    rows = (
        Analysis.objects.filter(is_current=True)
        .filter(Q(pk__in=chosen) | Q(photo_id=photo_id))
        .values_list(
            "pk",
            "photo_id",
            "photo__captured_at",
            "image_width_px",
            "image_height_px",
            "view__earlier_visit_at",
            "view__data",
        )
    )
    found: dict[int, tuple[Any, ...]] = {row[0]: row for row in rows}
    lines: dict[int, list[KnownLine]] = defaultdict(list)
    measured = Measurement.objects.filter(analysis_id__in=list(found)).order_by("ordinal")
    for analysis_id, defect_id, centreline in measured.values_list(
        "analysis_id", "defect_id", "centreline_px"
    ):
        line = points(centreline)
        if defect_id is None or not line:
            found.pop(analysis_id, None)
        else:
            lines[analysis_id].append(KnownLine(defect_id, line))
    areas: dict[int, list[KnownArea]] = defaultdict(list)
    outlined = Region.objects.filter(analysis_id__in=list(found)) if with_areas else None
    for analysis_id, defect_id, kind, outline, identity in (
        ()
        if outlined is None
        else outlined.order_by("ordinal").values_list(
            "analysis_id", "defect_id", "kind", "outline_px", "identity"
        )
    ):
        closed = points(outline)
        if not closed:
            found.pop(analysis_id, None)
        elif defect_id is not None:
            areas[analysis_id].append(KnownArea(defect_id, kind, closed))
        elif identity == Identity.UNMATCHED:
            found.pop(analysis_id, None)
    own = [pk for pk, row in found.items() if row[1] == photo_id]
    order = list(dict.fromkeys([*own, *(pk for pk in chosen if pk in found)]))[:MOST_VIEWS]
    return tuple(KnownView(*[*found[pk], tuple(lines[pk]), tuple(areas[pk])]) for pk in order)


def settle_view(analysis_id: int) -> None:
    """After a person decided on one: usable for matching once nothing in it awaits a word."""
    undecided = {"analysis": analysis_id, "defect__isnull": True}
    ViewFeatures.objects.filter(
        ~Exists(Measurement.objects.filter(**undecided)),
        ~Exists(Region.objects.filter(**undecided, identity=Identity.UNMATCHED)),
        pk=analysis_id,
        is_usable=False,
        key_points__gte=LEAST_KEY_POINTS,
    ).update(is_usable=True)


def earlier_visit_at(known: KnownElement, laid: Sequence[KnownView]) -> dt.datetime | None:
    """When an earlier visit was where this photo was taken; None where nothing tells.

    Args:
        laid: the views that the photo lies upon, the best first.
    """
    for view in laid:
        if abs(view.captured_at - known.captured_at) >= ANOTHER_VISIT:
            return view.captured_at
    for view in laid:
        if view.earlier_visit_at is not None:  # on along the walk, at the same pace
            return view.earlier_visit_at + (known.captured_at - view.captured_at)
    return None


def defect_numbers(defect_ids: list[int]) -> dict[int, int]:
    """id -> the number that people know a crack by."""
    return dict(Defect.objects.filter(pk__in=defect_ids).values_list("pk", "number"))
