"""Ends sessions and tokens after a new password, whether page, link or command set it."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.signals import password_reset
from allauth.core import context
from django.dispatch import receiver
from django.http import HttpRequest
from django.utils.translation import gettext as _

from assets.services.access_log import THE_PERSON
from assets.services.invitations import password_ends
from portal.sign_in.ledger import note
from portal.sign_in.sessions import end_everything_else

WAYS = {
    "account_change_password": "account page",
    "account_reset_password_from_key": "link",
    "invitation": "joined",
}


class EndsTokens:
    """A password validator that refuses nothing.

    Django tells its validators of each password that was set and saved, from a page as from
    ``manage.py changepassword``; a stronger hash of the same password is no change.
    """

    def validate(self, password: str, user: Any = None) -> None:
        """Any password will do."""

    def get_help_text(self) -> str:
        return _("A new password ends your other sessions and revokes your API tokens.")

    def password_changed(self, password: str, user: Any = None) -> None:
        """Signs the account out everywhere but here, and writes it down."""
        if user is None or user.pk is None:
            return
        end_everything_else(user)
        _note(user, "access.password_changed")


@receiver(password_ends)
def _end_what_it_opened(*, user: Any, **_: Any) -> None:
    """The account goes on without a password, or had none: all but this session ends."""
    ended = end_everything_else(user)
    if user.has_usable_password():
        _note(user, "access.password_ended")
    elif ended:
        _note(user, "access.signed_out", where="everywhere else")


def _note(user: Any, verb: str, **after: Any) -> None:
    request = context.request
    match = getattr(request, "resolver_match", None)
    how = WAYS.get(match.url_name if match else "", "page") if request else "command"
    note(user, verb, request, actor=None if request is None else THE_PERSON, how=how, **after)


@receiver(password_reset)
def _forget_failed_tries(*, request: HttpRequest, user: Any, **_: Any) -> None:
    """Who set a new password may use it at once; allauth forgets only rows that we do not keep."""
    get_adapter()._delete_login_attempts_cached_email(request, email=user.email)
