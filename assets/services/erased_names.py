"""Erases a name from a ledger: its entries stay, under a key that stands for nobody.

Each organisation's ledger knows a person by a key of its own, so each erases the name for itself
alone. Nothing that is sealed changes: the ledger verifies as before.
"""

from __future__ import annotations

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from assets.errors import DomainError
from assets.models import Event, Invitation, LedgerHead, LedgerPerson, Membership, User
from assets.services.ledger import PERSON, Entry, append_event
from assets.services.member_rules import lock_members


def erase_name(*, person: LedgerPerson, actor: User | None) -> int:
    """Erases name, account and addresses of a person from one ledger.

    The entries stay, as acts of somebody whose name was erased. The erasing is an entry, too,
    without the name. It cannot be undone. If the person acts here again, the ledger takes them for
    a new person.

    Returns:
        how many entries still hold the address (:func:`sealed_with_the_name`).

    Raises:
        DomainError: ``already_erased``, ``still_here``.
    """
    place = person.organisation_id
    with transaction.atomic():
        lock_members(place)  # nobody is invited or switched on again meanwhile
        # Nothing is written to this ledger meanwhile.
        list(LedgerHead.objects.select_for_update().filter(pk=place))
        row = LedgerPerson.objects.select_related("user", "organisation").get(pk=person.pk)
        require_erasable(row)
        left = sealed_with_the_name(row).count()
        entries = Event.objects.filter(organisation=place)
        theirs = entries.filter(Q(person=row) | Q(about=row))
        theirs.filter(personal__isnull=False).update(personal=None)
        own = Q(person=row)
        if row.user_id is not None:
            own |= Q(person=None, actor=row.user_id)  # of seal 0, which names no key
        entries.filter(own).update(actor=None)
        row.user, row.label = None, ""
        row.save(update_fields=["user", "label"])
        entry = Entry("person.name_erased", PERSON, 0, about=row)
        append_event(organisation=place, entry=entry, actor=actor)
    return left


def require_erasable(person: LedgerPerson) -> None:
    """Lets pass a person whose name may be erased; read with account and organisation.

    Raises:
        DomainError: ``already_erased``; ``still_here`` for a member who is not switched off and
            for an invited person: their next act would bring the name back.
    """
    if not person.label:
        raise DomainError(
            "already_erased",
            _("This name was erased already."),
            _("The entries stay, without it."),
        )
    if not without_members(LedgerPerson.objects.filter(pk=person.pk)).exists():
        words = {"who": person.label, "organisation": person.organisation.name}
        raise DomainError(
            "still_here",
            _("%(who)s belongs to %(organisation)s, or is invited to it.") % words,
            _("Remove the member or switch them off, or withdraw the invitation; then erase."),
        )


def people_called(address: str) -> QuerySet[LedgerPerson]:
    """Everybody whom a ledger knows by the address, or whose account has it; one an organisation.

    Their accounts and organisations come with them.
    """
    address = address.strip().lower()
    known = Q(user=None, label__iexact=address) | Q(user__email__iexact=address)
    rows = LedgerPerson.objects.filter(known).exclude(label="")
    return rows.select_related("user", "organisation").order_by("organisation_id", "pk")


def without_members(people: QuerySet[LedgerPerson]) -> QuerySet[LedgerPerson]:
    """Those of the people who have a name to erase: it is known, and nobody goes on acting by it.

    Left out are the members of the ledger's organisation who are not switched off, and who is
    invited to it now.
    """
    here = Membership.objects.active().filter(organisation=OuterRef("organisation"))
    asked = Invitation.objects.filter(
        organisation=OuterRef("organisation"), accepted_at=None, revoked_at=None
    )
    return people.exclude(label="").exclude(
        Exists(here.filter(user=OuterRef("user")))
        | Q(Exists(here.filter(user__email=OuterRef("label"))), user=None)
        | Exists(asked.filter(email=OuterRef("label")))
        | Exists(asked.filter(email=OuterRef("user__email")))
    )


def sealed_with_the_name(person: LedgerPerson) -> QuerySet[Event]:
    """The entries of the ledger that hold the person's address inside their seal.

    They are of seal 0, which had it there; only breaking the seal could take it out.
    """
    addresses = {person.label, person.user.email if person.user else person.label} - {""}
    inside = Q(actor_label__in=addresses)
    for place in ("before__email", "after__email", "after__before"):
        for address in sorted(addresses):
            inside |= Q(**{place: address})
    if person.user_id is not None:
        inside |= Q(actor=person.user_id)
    return Event.objects.filter(inside, organisation=person.organisation_id, seal_version=0)
