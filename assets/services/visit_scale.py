"""The scale that people give for all photos of a visit, and its undo.

It holds for photos that have none of their own: no card, no points, no number.
"""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from assets.errors import DomainError
from assets.models import Analysis, Event, Inspection, Photo, ScaleSource, User
from assets.services.given_scale import check_distance, check_scale
from assets.services.ledger import Entry, append_event
from assets.services.scale import measure_again

# What a person may say of a visit.
GIVEN = ("gsd_mm_per_px", "distance_m", "distance_u_m", "camera_profile")
VERB = "scale.changed"


def set_inspection_scale(*, inspection: Inspection, actor: User | None, **given: Any) -> Inspection:
    """Gives a visit its scale; its photos without one of their own are measured again.

    Args:
        given: what is new, of :data:`GIVEN`: millimetres per pixel; the distance from the camera to
            the surface with its standard uncertainty, metres; the name of a camera's calibration.
            None (an empty name) takes it away.

    Raises:
        DomainError: ``invalid_scale``, ``invalid_distance``, ``invalid_profile``; nothing changes.
    """
    if unknown := set(given) - set(GIVEN):
        raise TypeError(f"The scale of a visit takes no {', '.join(sorted(unknown))}.")
    with transaction.atomic():
        row = (
            Inspection.objects.select_for_update(no_key=True, of=("self",))
            .select_related("asset")
            .get(pk=inspection.pk)
        )
        before = {name: getattr(row, name) for name in GIVEN}
        after = {**before, **_columns(given, row)}
        changed = [name for name in GIVEN if before[name] != after[name]]
        if not changed:
            return row
        for name in changed:
            setattr(row, name, after[name])
        row.save(update_fields=changed)
        measure_again(_concerned(row, changed))
        append_event(
            organisation=row.asset.organisation_id,
            entry=Entry(
                VERB,
                "inspection",
                row.pk,
                before={name: before[name] for name in changed},
                after={name: after[name] for name in changed},
                asset_id=row.asset_id,
            ),
            actor=actor,
        )
    return row


def undo_inspection_scale(*, inspection: Inspection, actor: User | None) -> Inspection:
    """Takes the last change of a visit's scale back; the photos are measured again as before.

    Raises:
        DomainError: ``nothing_to_undo``.
    """
    change = last_change(inspection)
    if change is None or change.before is None:
        raise DomainError(
            "nothing_to_undo",
            _("There is no change of this visit's scale to take back."),
            _("Type the scale or the distance that holds."),
        )
    return set_inspection_scale(inspection=inspection, actor=actor, **change.before)


def last_change(inspection: Inspection, events: QuerySet[Event] | None = None) -> Event | None:
    """The last change of a visit's scale, as long as what it said still holds; one query.

    Args:
        events: those that may be looked at; None = all.
    """
    ledger = Event.objects.all() if events is None else events
    change = (
        ledger.filter(
            organisation=inspection.asset.organisation_id,
            subject_type="inspection",
            subject_id=inspection.pk,
            verb=VERB,
        )
        .select_related("person")
        .order_by("-seq")
        .first()
    )
    holds = change is not None and all(
        getattr(inspection, name, None) == value for name, value in (change.after or {}).items()
    )
    return change if holds else None


def _columns(given: dict[str, Any], row: Inspection) -> dict[str, Any]:
    """The checked statements as columns of the visit."""
    columns: dict[str, Any] = {}
    if "gsd_mm_per_px" in given:
        columns["gsd_mm_per_px"] = check_scale(given["gsd_mm_per_px"])
    if "distance_m" in given or "distance_u_m" in given:
        distance_m = given.get("distance_m", row.distance_m)
        # Another distance has another uncertainty.
        u_m = given.get("distance_u_m", None if "distance_m" in given else row.distance_u_m)
        columns["distance_m"], columns["distance_u_m"] = check_distance(distance_m, u_m)
    if "camera_profile" in given:
        columns["camera_profile"] = _check_profile(given["camera_profile"])
    return columns


def _check_profile(name: str | None) -> str:
    name = (name or "").strip()
    if len(name) > 120 or any(sign in name for sign in "/\\\0"):
        raise DomainError(
            "invalid_profile",
            _("“%(name)s” is no name of a camera profile.") % {"name": name[:40]},
            _("Choose one of the list, or leave it out: then each photo's own camera counts."),
            field="camera_profile",
        )
    return name


def _concerned(row: Inspection, changed: list[str]) -> QuerySet[Photo]:
    """Photos whose scale could be another one now."""
    photos = Photo.objects.filter(inspection=row, gsd_mm_per_px__isnull=True)
    if "gsd_mm_per_px" in changed:
        return photos
    if "camera_profile" not in changed:
        photos = photos.filter(distance_m__isnull=True)
    # What is seen or marked in the picture ranks before camera and distance.
    better = Analysis.objects.filter(
        photo__inspection=row,
        is_current=True,
        gsd_source__in=[ScaleSource.MARKER_CARD, ScaleSource.TWO_POINTS],
    )
    return photos.exclude(pk__in=better.values("photo_id"))
