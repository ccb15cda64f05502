"""Stores what people say about scales; a changed scale queues a new measurement.

Measuring again needs no network: a worker goes along the stored centrelines, and the new analysis
supersedes the old one. A photo that is being analysed while its scale changes is measured again
right after (see ``assets.services.analysis``).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from assets.models import Photo, PhotoState, PhotoWork, Priority, User
from assets.services.given_scale import (
    check_distance,
    check_marker,
    check_scale,
    check_two_points,
    columns_of,
    given_scale,
)
from assets.services.ledger import Entry, append_event
from assets.work.rings import ring_all

# What a person may say of a photo.
GIVEN = frozenset(
    {"gsd_mm_per_px", "two_points", "distance_m", "distance_u_m", "marker_mm", "marker_family"}
)


def set_photo_scale(*, photo: Photo, actor: User | None, **given: Any) -> Photo:
    """Takes down what a person says of a photo's scale, and measures the photo again with it.

    Args:
        given: what is new, of :data:`GIVEN`; None takes it away. Without ``gsd_mm_per_px`` of its
            own a photo has that of its inspection.

    Raises:
        DomainError: as the checks of :mod:`assets.services.given_scale`; nothing is changed.
    """
    if unknown := set(given) - GIVEN:
        raise TypeError(f"A photo's scale takes no {', '.join(sorted(unknown))}.")
    with transaction.atomic():
        row = (
            Photo.objects.select_for_update(no_key=True, of=("self",))
            .select_related("inspection__asset")
            .get(pk=photo.pk)
        )
        before, held = _said(row), given_scale(row)
        for column, value in _columns(given, row).items():
            setattr(row, column, value)
        after = _said(row)
        if before == after:
            return row
        row.save(update_fields=list(after))
        if given_scale(row) != held:
            measure_again(Photo.objects.filter(pk=row.pk))
        changed = {name for name in after if before[name] != after[name]}
        append_event(
            organisation=row.inspection.asset.organisation_id,
            entry=Entry(
                "scale.changed",
                "photo",
                row.pk,
                before={name: before[name] for name in after if name in changed},
                after={name: after[name] for name in after if name in changed},
                asset_id=row.inspection.asset_id,
            ),
            actor=actor,
        )
    row.refresh_from_db()
    return row


def _columns(given: Mapping[str, Any], row: Photo) -> dict[str, Any]:
    """The checked statements as columns of the photo."""
    columns: dict[str, Any] = {}
    if "gsd_mm_per_px" in given:
        columns |= columns_of("gsd_mm_per_px", check_scale(given["gsd_mm_per_px"]))
    if "two_points" in given:
        columns |= columns_of("two_points", check_two_points(given["two_points"], row))
    if "distance_m" in given or "distance_u_m" in given:
        distance_m = given.get("distance_m", row.distance_m)
        # Another distance has another uncertainty.
        u_m = given.get("distance_u_m", None if "distance_m" in given else row.distance_u_m)
        columns["distance_m"], columns["distance_u_m"] = check_distance(distance_m, u_m)
    if "marker_mm" in given or "marker_family" in given:
        columns["marker_mm"], columns["marker_family"] = check_marker(
            given.get("marker_mm", row.marker_mm), given.get("marker_family", row.marker_family)
        )
    return columns


def _said(row: Photo) -> dict[str, Any]:
    names = (
        "gsd_mm_per_px",
        "two_points_px",
        "two_points_mm",
        "two_points_u_mm",
        "distance_m",
        "distance_u_m",
        "marker_mm",
        "marker_family",
    )
    return {name: getattr(row, name) for name in names}


def measure_again(photos: QuerySet[Photo]) -> list[int]:
    """Queues those of ``photos`` that have a result for measuring; within a transaction."""
    now = timezone.now()
    done = photos.filter(state=PhotoState.DONE)
    ids = list(
        done.select_for_update(no_key=True, of=("self",))
        .order_by("pk")
        .values_list("pk", flat=True)
    )
    Photo.objects.filter(pk__in=ids).update(
        state=PhotoState.QUEUED,
        work=PhotoWork.MEASURE,
        priority=Priority.PERSON,
        attempts=0,
        queued_at=now,
        rung_at=now,
    )
    ring_all(Photo, ids)
    return ids
