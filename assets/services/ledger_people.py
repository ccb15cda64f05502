"""People in the ledger: a random key each. Its name can be erased; the ledger still verifies."""

from __future__ import annotations

from django.db import transaction
from django.db.models import Q

from assets.models import Event, LedgerHead, LedgerPerson, User


def person_of(organisation_id: int, who: User | str) -> LedgerPerson:
    """The person as this ledger knows them, made where it does not; with the head locked.

    Args:
        who: an account, or an address that has none as far as is known (an invitation's). Whose
            account turns out to have an address that was invited is the person of the invitation.
    """
    rows = LedgerPerson.objects.filter(organisation_id=organisation_id)
    address = who if isinstance(who, str) else str(who.email)
    invited = rows.filter(user=None, label=address)
    if isinstance(who, str):
        found = rows.filter(user__email=address).first() or invited.first()
        return found or LedgerPerson.objects.create(organisation_id=organisation_id, label=address)
    found = rows.filter(user=who).first() or invited.first()
    if found is None:
        return LedgerPerson.objects.create(organisation_id=organisation_id, user=who, label=address)
    if (found.user_id, found.label) != (who.pk, address):
        found.user, found.label = who, address
        found.save(update_fields=["user", "label"])
    return found


def forget_name(who: User | str) -> int:
    """Erases a person from the ledgers: name, account and every address written beside an entry.

    What was done stays, by somebody whose name was erased, and every ledger still verifies. Who
    acts again afterwards is a new person to the ledger.

    Args:
        who: an account, or an address that was invited and has none.

    Returns:
        how many entries still hold the address: those of seal 0, which has it inside. Only
        breaking the seal could take it out.
    """
    address = who if isinstance(who, str) else str(who.email)
    known = Q(user=None, label=address)
    if not isinstance(who, str):
        known |= Q(user=who)
    with transaction.atomic():
        people = list(LedgerPerson.objects.filter(known).values_list("pk", "organisation_id"))
        keys = [key for key, _place in people]
        places = sorted({place for _key, place in people})
        # Nothing is written to these ledgers meanwhile. In order, as those who write do.
        list(LedgerHead.objects.select_for_update().filter(pk__in=places).order_by("pk"))
        entries = Event.objects.filter(organisation__in=places)
        theirs = entries.filter(Q(person__in=keys) | Q(about__in=keys))
        theirs.filter(personal__isnull=False).update(personal=None)
        entries.filter(person__in=keys).update(actor=None)
        LedgerPerson.objects.filter(pk__in=keys).update(user=None, label="")
        return Event.objects.filter(seal_version=0, actor_label=address).count()
