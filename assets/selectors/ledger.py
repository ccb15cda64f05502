"""Reads results of the nightly ledger checks, and names in the ledger that can be erased."""

from __future__ import annotations

from typing import Any

from django.db.models import Exists, OuterRef, QuerySet, Subquery

from assets.models import LedgerCheck, LedgerPerson, Membership, Organisation, WorkState
from assets.services.erased_names import without_members


def newest_faults(organisation: str) -> Subquery:
    """How many faults the last finished check found; None before the first.

    Args:
        organisation: the way from the outer row to its organisation's id.
    """
    done = LedgerCheck.objects.filter(
        organisation_id=OuterRef(organisation), state=WorkState.DONE
    ).order_by("-night")
    return Subquery(done.values("fault_count")[:1])


def broken_ledgers() -> QuerySet[Organisation]:
    """Organisations whose ledger did not fit when it was last read; of the whole installation."""
    found = Organisation.objects.annotate(ledger_faults=newest_faults("pk"))
    return found.filter(ledger_faults__gt=0)


def unfinished_checks() -> QuerySet[LedgerCheck]:
    """Checks that failed three times and wait for somebody to press Retry."""
    return LedgerCheck.objects.filter(state=WorkState.FAILED)


def last_checks(user: Any, organisations: list[int]) -> dict[int, dict[str, LedgerCheck]]:
    """organisation id -> its ``newest`` check, and the last one that was ``finished``."""
    found: dict[int, dict[str, LedgerCheck]] = {pk: {} for pk in organisations}
    mine = LedgerCheck.objects.visible_to(user).filter(organisation_id__in=organisations)
    newest = mine.filter(organisation_id=OuterRef("organisation_id")).order_by("-night")
    wanted = {
        "newest": newest.values("pk")[:1],
        "finished": newest.filter(state=WorkState.DONE).values("pk")[:1],
    }
    for name, which in wanted.items():
        for check in mine.filter(pk=Subquery(which)):
            found[check.organisation_id][name] = check
    return found


def names_to_erase(user: Any, organisation: int) -> QuerySet[LedgerPerson]:
    """People of the organisation's ledger who act here no more and have a name, by address.

    Their accounts come with them. ``switched_off``: they are members, who could come back.
    """
    people = LedgerPerson.objects.visible_to(user).filter(organisation=organisation)
    off = Membership.objects.filter(user=OuterRef("user"), organisation=OuterRef("organisation"))
    found = without_members(people).select_related("user").annotate(switched_off=Exists(off))
    return found.order_by("label", "pk")
