"""Pages beside allauth's: no sign-up, no mail, no password."""

from __future__ import annotations

from allauth.account import views
from allauth.account.internal.decorators import login_not_required
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET

from portal.mail import sends_mail
from portal.pages.doors import signed_in


@require_GET
@login_not_required
def by_invitation(request: HttpRequest) -> HttpResponseBase:
    """Says that accounts are made by invitation."""
    return render(request, "account/signup_closed.html")


@login_not_required
def forgotten(request: HttpRequest) -> HttpResponseBase:
    """Asks for a link by mail; where no mail goes out it says so and makes none."""
    if not sends_mail():
        return render(request, "account/password_reset.html")
    return views.password_reset(request)


@require_GET
@signed_in
def no_password(request: HttpRequest) -> HttpResponseBase:
    """Says what somebody does whose account has no password: a stolen session must not set one."""
    if request.user.has_usable_password():
        return redirect("account_change_password")
    return render(request, "account/no_password.html")
