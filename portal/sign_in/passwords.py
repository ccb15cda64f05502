"""What a new password ends, however it was set: page, link or command."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.signals import password_reset
from allauth.core import context
from django.dispatch import receiver
from django.http import HttpRequest
from django.utils.translation import gettext as _

from assets.services.access_log import THE_PERSON
from portal.sign_in.ledger import note
from portal.sign_in.sessions import end_sessions, revoke_tokens

WAYS = {
    "account_change_password": "account page",
    "account_reset_password_from_key": "link",
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
        request = context.request
        own = request is not None and request.user.pk == user.pk
        end_sessions(user, but=request.session.session_key if own else None)
        revoke_tokens(user)
        match = getattr(request, "resolver_match", None)
        how = WAYS.get(match.url_name if match else "", "page") if request else "command"
        actor = None if request is None else THE_PERSON
        note(user, "access.password_changed", request, actor=actor, how=how)


@receiver(password_reset)
def _forget_failed_tries(*, request: HttpRequest, user: Any, **_: Any) -> None:
    """Who set a new password may use it at once; allauth forgets only rows that we do not keep."""
    get_adapter()._delete_login_attempts_cached_email(request, email=user.email)
