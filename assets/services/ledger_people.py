"""People in the ledger: a random key for each, and the address that it stands for."""

from __future__ import annotations

from assets.models import LedgerPerson, User


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
