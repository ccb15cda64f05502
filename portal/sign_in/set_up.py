"""Setting up a second factor, and going on to what somebody was on the way to."""

from __future__ import annotations

from urllib.parse import urlencode

from allauth.mfa.totp.views import ActivateTOTPView
from django.http import HttpRequest
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme


def wanted_address(request: HttpRequest) -> str:
    """The path of ``next`` in this request; "" where it is missing or leads to another site."""
    wanted = str(request.POST.get("next") or request.GET.get("next") or "")
    return wanted if url_has_allowed_host_and_scheme(wanted, allowed_hosts=None) else ""


class SetUpSecondFactor(ActivateTOTPView):
    """allauth's page; the recovery codes that follow it lead on to the address that was wanted."""

    def get_success_url(self) -> str:
        wanted = wanted_address(self.request)
        if not wanted:
            return str(super().get_success_url())
        if not self.did_generate_recovery_codes:
            return wanted
        return f"{reverse('mfa_view_recovery_codes')}?{urlencode({'next': wanted})}"


set_up_second_factor = SetUpSecondFactor.as_view()
