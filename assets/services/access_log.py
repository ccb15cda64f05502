"""Ledger entries for sign-ins, failed sign-ins and downloads of originals; they are no news."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from assets.models import Event, Membership, Organisation, Photo, User
from assets.services.ledger import PERSON, Entry, append_event

THE_PERSON = object()  # as the actor of an entry: the person whom it is about
# What says where a person was, or by which address they are reached.
PERSONAL = frozenset({"email", "before", "from", "where"})


def note_access(
    user: User,
    verb: str,
    after: dict[str, Any] | None = None,
    *,
    organisation: Organisation | int | None = None,
    actor: Any = THE_PERSON,
    photo: Photo | None = None,
) -> list[Event]:
    """Writes one entry to the ledger of each organisation of ``user``, all of them or none.

    An account whose memberships are all switched off still signs in: then those ledgers tell it.
    One that never belonged anywhere has no ledger to be written to.

    Args:
        verb: begins with ``access.``, so that no page asks again because of it.
        after: what is to be known about it; never a password, a code or a key. What is
            :data:`PERSONAL` of it stands beside the seal and can be erased.
        organisation: only this one.
        actor: who did it; None where it is not known who tried, or where the command line did it.
        photo: the photo that was touched, with its inspection; the person where it is left out.

    Raises:
        ValueError: for another verb.
        DatabaseError: where it could not be written; then nothing was.
    """
    if not verb.startswith("access."):
        raise ValueError(f"{verb} is not about access.")
    said = after or {}
    words: dict[str, Any] = {
        "after": {name: value for name, value in said.items() if name not in PERSONAL} or None,
        "personal": {name: value for name, value in said.items() if name in PERSONAL} or None,
    }
    if photo is None:
        entry = Entry(verb, PERSON, 0, about=user, **words)
    else:
        entry = Entry(verb, "photo", photo.pk, asset_id=photo.inspection.asset_id, **words)
    by = user if actor is THE_PERSON else actor
    with transaction.atomic():
        if organisation is not None:
            return [append_event(organisation=organisation, entry=entry, actor=by)]
        # In the order of their numbers: two sign-ins at once cannot hold each other's ledger.
        mine = Membership.objects.filter(user=user).order_by("organisation_id")
        active = mine.filter(deactivated_at=None).values_list("organisation_id", flat=True)
        return [
            append_event(organisation=place, entry=entry, actor=by)
            for place in list(active) or mine.values_list("organisation_id", flat=True)
        ]
