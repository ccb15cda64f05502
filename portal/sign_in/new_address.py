"""Gives an account another address. Only the operator can do this."""

from __future__ import annotations

from allauth.account.models import EmailAddress
from django.db import transaction
from django.utils.translation import gettext as _

from assets.errors import DomainError
from assets.models import User
from assets.services.access_log import note_access
from assets.services.member_rules import clean_email
from portal.sign_in.letters import send_letter
from portal.sign_in.sessions import end_everything


def account_of(email: str) -> User:
    """The account with this address.

    Raises:
        DomainError: ``unknown`` where there is none.
    """
    found = User.objects.filter(email__iexact=email.strip()).first()
    if found is None:
        raise DomainError(
            "unknown",
            _("There is no account with the address %(email)s.") % {"email": email},
            _("Check its spelling; the list of members shows the address of everybody."),
        )
    return found


def change_email(*, old: str, new: str) -> User:
    """The account that was opened with ``old`` is opened with ``new``, and signed out everywhere.

    Raises:
        DomainError: ``unknown``, ``invalid``, ``address_taken``.
    """
    new = clean_email(new)
    with transaction.atomic():
        person = User.objects.select_for_update().get(pk=account_of(old).pk)
        others = User.objects.exclude(pk=person.pk)
        if others.filter(email__iexact=new).exists():
            raise DomainError(
                "address_taken",
                _("Another account has the address %(email)s.") % {"email": new},
                _("Give one that is free, or change the other account's address first."),
            )
        before, person.email = person.email, new
        person.save(update_fields=["email"])
        EmailAddress.objects.filter(user=person).delete()  # the proof was for the old one
        end_everything(person)
        after = {"before": before, "email": new}
        note_access(person, "access.email_changed", after, actor=None)
    for address in (before, new):
        send_letter(address, "address_changed", old=before, new=new)
    return person
