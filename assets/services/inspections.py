"""Creates visits before their photos are sent, and corrects them later."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from assets.errors import DomainError
from assets.models import Asset, Element, Inspection, InspectionKind, User
from assets.services.client_keys import SentKey, sent_key
from assets.services.given_scale import check_distance, check_scale
from assets.services.ledger import Entry, append_event
from assets.services.visit_scale import GIVEN, set_inspection_scale
from assets.texts import LONGEST_NOTE, sound_text

FIELDS = ("kind", "held_on", "title", "element", "note")


@dataclass(frozen=True, slots=True)
class Opened:
    """The visit's row, and whether this call made it (False: its key was sent before)."""

    inspection: Inspection
    created: bool


def open_inspection_once(
    *, asset: Asset, actor: User, client_key: str, element: Element | None = None, **given: Any
) -> Opened:
    """Opens a visit, or answers with the one that the same key opened before.

    Args:
        client_key: made by the sender, see ``assets.services.client_keys``; empty: none.
        given: as for :func:`open_inspection`. The same means: as they were sent, whatever has
            been corrected on the visit since.

    Raises:
        DomainError: ``invalid_key``, ``key_used``, and what :func:`open_inspection` raises.
    """
    content = {"asset": asset.pk, "element": element and element.pk, **given}
    sent = sent_key(client_key, user=actor, kind="inspection", content=content)
    if sent and (before := sent.stands_for()):
        return Opened(before.inspection, created=False)
    try:
        made = open_inspection(asset=asset, actor=actor, element=element, sent=sent, **given)
    except IntegrityError:
        # The same key came in twice at the same moment: the other one was first.
        before = sent.stands_for() if sent else None
        if before is None:
            raise
        return Opened(before.inspection, created=False)
    return Opened(made, created=True)


def open_inspection(
    *,
    asset: Asset,
    actor: User | None,
    kind: str,
    held_on: dt.date | None = None,
    title: str = "",
    element: Element | None = None,
    gsd_mm_per_px: float | None = None,
    distance_m: float | None = None,
    distance_u_m: float | None = None,
    note: str = "",
    sent: SentKey | None = None,
) -> Inspection:
    """Opens a visit to an asset.

    Args:
        held_on: day of the visit; default today where the asset stands.
        element: what its photos show unless a photo says otherwise.
        gsd_mm_per_px: scale of photos that have none of their own, millimetres per pixel.
        distance_m, distance_u_m: from which they are taken, and its standard uncertainty, metres.
        sent: the key that came with it, see :func:`open_inspection_once`.

    Raises:
        DomainError: ``invalid``, ``invalid_scale``, ``invalid_distance``, ``element_elsewhere``.
    """
    distance_m, distance_u_m = check_distance(distance_m, distance_u_m)
    inspection = Inspection(
        asset=asset,
        kind=kind,
        held_on=held_on or _today(asset),
        title=sound_text(title, field="title"),
        element=element,
        gsd_mm_per_px=check_scale(gsd_mm_per_px),
        distance_m=distance_m,
        distance_u_m=distance_u_m,
        note=sound_text(note, field="note", most=LONGEST_NOTE),
        created_by=actor,
    )
    _check(inspection)
    with transaction.atomic():
        inspection.save()
        if sent is not None:
            sent.keep(organisation=asset.organisation_id, inspection=inspection)
        scale = {"gsd_mm_per_px": gsd_mm_per_px, "distance_m": distance_m}
        after = {**_values(inspection), "asset": asset.pk, **scale}
        append_event(
            organisation=asset.organisation_id,
            entry=Entry(
                "inspection.opened", "inspection", inspection.pk, after=after, asset_id=asset.pk
            ),
            actor=actor,
        )
    return inspection


def edit_inspection(*, inspection: Inspection, actor: User | None, **changes: Any) -> Inspection:
    """Changes a visit; a new scale measures its photos again (``assets.services.visit_scale``).

    Args:
        changes: of kind, held_on, title, element, note and the scale (:data:`GIVEN`). A new element
            holds for photos that come in from now on.

    Raises:
        DomainError: ``invalid``, ``invalid_scale``, ``invalid_distance``, ``invalid_profile``,
            ``element_elsewhere``; nothing is changed.
    """
    if unknown := set(changes) - {*FIELDS, *GIVEN}:
        raise TypeError(f"An inspection takes no {', '.join(sorted(unknown))} here.")
    with transaction.atomic():
        rows = Inspection.objects.select_for_update(no_key=True, of=("self",))
        row = rows.select_related("asset", "element").get(pk=inspection.pk)
        said = {name: changes[name] for name in GIVEN if name in changes}
        if said:
            scaled = set_inspection_scale(inspection=row, actor=actor, **said)
            for name in GIVEN:
                setattr(row, name, getattr(scaled, name))
        before = _values(row)
        for name in FIELDS:
            if name in changes:
                value = changes[name]
                if isinstance(value, str):
                    value = sound_text(value, field=name, most=LONGEST_NOTE)
                setattr(row, name, value)
        _check(row)
        after = _values(row)
        if before != after:
            row.save(update_fields=FIELDS)
            append_event(
                organisation=row.asset.organisation_id,
                entry=Entry(
                    "inspection.edited",
                    "inspection",
                    row.pk,
                    before=before,
                    after=after,
                    asset_id=row.asset_id,
                ),
                actor=actor,
            )
    return row


def _today(asset: Asset) -> dt.date:
    return dt.datetime.now(ZoneInfo(asset.time_zone)).date()


def _check(inspection: Inspection) -> None:
    if inspection.kind not in InspectionKind.values:
        raise DomainError(
            "invalid",
            _("There is no inspection of the kind %(kind)s.") % {"kind": inspection.kind},
            _("Choose one of: %(kinds)s.") % {"kinds": ", ".join(InspectionKind.values)},
            field="kind",
        )
    if inspection.held_on is None:
        raise DomainError(
            "invalid",
            _("The day of the inspection is missing."),
            _("Give it as year-month-day, for example 2026-05-20."),
            field="held_on",
        )
    if len(inspection.title) > 120:
        raise DomainError(
            "invalid",
            _("The title has more than 120 characters."),
            _("Shorten it; the note takes the rest."),
            field="title",
        )
    if inspection.element is not None and inspection.element.asset_id != inspection.asset_id:
        raise DomainError(
            "element_elsewhere",
            _("That element belongs to another asset."),
            _("Choose an element of the asset that is inspected."),
            field="element",
        )


def _values(inspection: Inspection) -> dict[str, Any]:
    return {
        "kind": str(inspection.kind),
        "held_on": inspection.held_on.isoformat(),
        "title": inspection.title,
        "element": inspection.element_id,
        "note": inspection.note,
    }
