"""Codes of the second factor: each works once; a wrong one may be due to the clock."""

from __future__ import annotations

from typing import Any

from allauth.core.internal.cryptokit import compare_user_code
from allauth.mfa.adapter import DefaultMFAAdapter, get_adapter
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import (
    format_hotp_value,
    hotp_value,
    yield_hotp_counters_from_time,
)
from allauth.mfa.utils import decrypt
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from portal.second_factor import is_required_of
from portal.sign_in import sealed_factors


class SecondFactorAdapter(DefaultMFAAdapter):
    """Words of our own, sealed seeds, and no way around what an organisation requires."""

    error_messages = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": _(
            "This code is wrong, has run out or was used before. Wait for the next one; if that is "
            "refused too, the clocks differ: let your device set its time by itself, then try "
            "again."
        ),
        "cannot_delete_authenticator": _(
            "An organisation of yours requires a second factor, so it cannot be switched off."
        ),
    }

    def encrypt(self, text: str) -> str:
        return sealed_factors.keep(text)

    def decrypt(self, encrypted_text: str) -> str:
        return sealed_factors.opened(encrypted_text)

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        return not is_required_of(authenticator.user)


def spend(authenticator: Authenticator, code: str) -> bool:
    """Whether this code of an authenticator app is later than the last one that was taken.

    allauth remembers a code for 30 s in the cache of one process, but takes it for 90 s where the
    clocks may differ by a step. Here the database remembers, for every process and for good.
    """
    with transaction.atomic():
        row = Authenticator.objects.select_for_update().get(pk=authenticator.pk)
        secret = decrypt(row.data["secret"])
        last = row.data.get("last_counter", -1)
        for counter in yield_hotp_counters_from_time():
            expected = format_hotp_value(hotp_value(secret, counter))
            if counter > last and compare_user_code(actual=code, expected=expected):
                row.data["last_counter"] = counter
                row.save(update_fields=["data"])
                return True
    return False


def is_right(authenticator: Authenticator, code: str) -> bool:
    """Whether the code is right and was not used before; it is used by this question."""
    if not authenticator.wrap().validate_code(code):
        return False
    return authenticator.type != Authenticator.Type.TOTP or spend(authenticator, code)


class _OnceMixin:
    """A form whose code is used up."""

    authenticator: Authenticator
    _emit_authentication_failed: Any

    def clean_code(self) -> str:
        code: str = super().clean_code()  # type: ignore[misc]
        app = self.authenticator.type == Authenticator.Type.TOTP
        if app and not spend(self.authenticator, code):
            self._emit_authentication_failed(self.authenticator)
            raise get_adapter().validation_error("incorrect_code")
        return code


class CodeForm(_OnceMixin, AuthenticateForm):
    """The second step of a sign-in."""


class CodeAgainForm(_OnceMixin, ReauthenticateForm):
    """The code again, before something that changes how one signs in."""
