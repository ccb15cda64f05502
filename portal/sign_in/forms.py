"""allauth's forms for passwords and addresses, in our words; see portal.settings.security."""

from __future__ import annotations

from typing import Any

from allauth.account import forms as account
from allauth.mfa.totp.forms import ActivateTOTPForm
from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal.sign_in.new_password import PASSWORD_RULES, require_same


class _OurWords:
    """Labels and hints of a class in place of allauth's, and what to do where a field is empty."""

    labels: dict[str, Any] = {}
    hints: dict[str, Any] = {}
    fields: dict[str, forms.Field]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            field.label = self.labels.get(name, field.label)
            field.help_text = self.hints.get(name, "")
            field.error_messages["required"] = _("Fill this in.")


class _NewPassword(_OurWords):
    """A new password, typed twice: the rules once, and a difference said whatever else is wrong."""

    labels = {
        "oldpassword": gettext_lazy("Password now"),
        "password1": gettext_lazy("New password"),
        "password2": gettext_lazy("New password again"),
    }
    data: Any
    cleaned_data: dict[str, Any]
    add_prefix: Any

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["password1"].help_text = PASSWORD_RULES

    def clean_password2(self) -> str:
        """Compared with what was typed: a password that is refused is not among the clean ones."""
        again = str(self.cleaned_data["password2"])
        require_same(self.data.get(self.add_prefix("password1")), again)
        return again


class ChangePasswordForm(_NewPassword, account.ChangePasswordForm):
    """On the page of the account."""


class NewPasswordForm(_NewPassword, account.ResetPasswordKeyForm):
    """Behind a link for a new password."""


class ForgottenPasswordForm(_OurWords, account.ResetPasswordForm):
    """The address that a link is sent to."""

    labels = {"email": gettext_lazy("E-mail")}


class PasswordAgainForm(_OurWords, account.ReauthenticateForm):
    """The password again, before something that changes how one signs in."""


class SetUpForm(_OurWords, ActivateTOTPForm):
    """The first code of an authenticator app."""

    labels = {"code": gettext_lazy("Code from the app")}
