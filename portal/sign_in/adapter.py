"""Answers allauth's questions: no sign-up, failures recorded, mail only if it can be sent."""

from __future__ import annotations

from smtplib import SMTPException
from typing import Any

import structlog
from allauth.account.adapter import DefaultAccountAdapter
from allauth.core.exceptions import ImmediateHttpResponse
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from portal.mail import sends_mail
from portal.second_factor import has_second_factor
from portal.sign_in.ledger import note_failed_address, note_failed_person

log = structlog.get_logger(__name__)

FIRST_STEP = "password_at_first_step"  # in the session, beside what allauth keeps of a sign-in


class InvitedOnlyAdapter(DefaultAccountAdapter):
    """Nobody signs up by themselves: members are invited by their organisation."""

    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "email_password_mismatch": _(
            "This e-mail address and password do not fit together. Type both again, or use "
            "“Forgotten”."
        ),
        "incorrect_password": _("This is not the password of your account. Type it again."),
        "too_many_login_attempts": _(
            "There were too many failed tries; this account is held for a few minutes. Wait, "
            "then try again."
        ),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        note_failed_address(request, str(credentials.get("email", "")))

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        """One count an account. allauth's key has the request's Host in it, port and all, so that
        whoever writes another port there would have another five tries."""
        return str(credentials.get("email", credentials.get("username", ""))).lower()

    def pre_login(self, request: HttpRequest, user: Any, **kwargs: Any) -> HttpResponse | None:
        request.session[FIRST_STEP] = user.get_session_auth_hash()
        return super().pre_login(request, user, **kwargs)

    def login(self, request: HttpRequest, user: Any) -> None:
        """After the last step: not with a password that has ended since the first one.

        Sessions that wait are ended with the password, but one may be written a moment later.
        """
        then = request.session.pop(FIRST_STEP, "")
        if not constant_time_compare(then, user.get_session_auth_hash()):
            note_failed_person(request, user, "the password changed meanwhile")
            messages.error(request, gettext("Your password was changed meanwhile. Sign in again."))
            raise ImmediateHttpResponse(redirect("account_login"))
        super().login(request, user)

    def get_reauthentication_methods(self, user: Any) -> list[dict[str, Any]]:
        """Asks for the second factor if there is one: a password alone does not prove who it is."""
        methods: list[dict[str, Any]] = super().get_reauthentication_methods(user)
        if not has_second_factor(user):
            return methods
        return [method for method in methods if method["id"] != "reauthenticate"]

    def respond_user_inactive(self, request: HttpRequest, user: Any) -> HttpResponse:
        note_failed_person(request, user, "switched off")
        return super().respond_user_inactive(request, user)

    def set_password(self, user: Any, password: str) -> None:
        """The new password, and the end of what the old one opened: both or neither."""
        with transaction.atomic():
            super().set_password(user, password)

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        return reverse("account")

    def send_mail(self, *args: Any, **kwargs: Any) -> None:
        """A letter that the mail server does not take undoes nothing, and its sender is told the
        same as of one that went out: the answer must not say whether the address has an account.
        """
        try:
            super().send_mail(*args, **kwargs)
        except (OSError, SMTPException) as error:
            log.warning("mail_lost", error=str(error))

    def send_notification_mail(self, *args: Any, **kwargs: Any) -> None:
        """Tells a person by mail what happened to the account."""
        if sends_mail():
            super().send_notification_mail(*args, **kwargs)
