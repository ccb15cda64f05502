"""Setting up a second factor, and going on to the page that was asked for."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from allauth.mfa.models import Authenticator
from allauth.mfa.totp.views import ActivateTOTPView
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from portal.sign_in.codes import spend


def wanted_address(request: HttpRequest) -> str:
    """The path of ``next`` in this request; "" where it is missing or leads to another site."""
    wanted = str(request.POST.get("next") or request.GET.get("next") or "")
    return wanted if url_has_allowed_host_and_scheme(wanted, allowed_hosts=None) else ""


class SetUpSecondFactor(ActivateTOTPView):
    """allauth's page; the recovery codes that follow it lead on to the address that was wanted."""

    def form_valid(self, form: Any) -> HttpResponse:
        """The code that proves the app is used up, as every other one."""
        with transaction.atomic():
            answer = super().form_valid(form)
            app = Authenticator.objects.get(
                user_id=self.request.user.pk, type=Authenticator.Type.TOTP
            )
            spend(app, form.cleaned_data["code"])
        return answer

    def get_success_url(self) -> str:
        wanted = wanted_address(self.request)
        if not wanted:
            return str(super().get_success_url())
        if not self.did_generate_recovery_codes:
            return wanted
        return f"{reverse('mfa_view_recovery_codes')}?{urlencode({'next': wanted})}"


set_up_second_factor = SetUpSecondFactor.as_view()
