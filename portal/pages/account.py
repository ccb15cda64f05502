"""The account page: name, roles, sign-in, API tokens, keys."""

from __future__ import annotations

from typing import Any

from allauth.account.internal.flows.logout import logout
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from portal.models import ApiToken
from portal.pages.doors import signed_in
from portal.pages.forms import NameForm
from portal.second_factor import has_second_factor
from portal.sign_in.devices import device_in_words
from portal.sign_in.ledger import note
from portal.sign_in.sessions import end_session, end_sessions, list_sessions


@require_http_methods(["GET", "POST"])
@signed_in
def account(request: HttpRequest) -> HttpResponse:
    """One page; everything that changes how one signs in has its own form behind it."""
    user = request.user
    form = NameForm(request.POST or None, initial={"name": user.name})
    if request.method == "POST" and form.is_valid():
        user.name = form.cleaned_data["name"]
        user.save(update_fields=["name"])
        messages.success(request, _("Saved."))
        return redirect("account")
    context = {
        "form": form,
        "second_factor": has_second_factor(user),
        "sessions": _sessions(request),
        "tokens": ApiToken.objects.filter(
            user=user, revoked_at__isnull=True, expires_at__gt=timezone.now()
        ),
        "place": "account",
    }
    return render(request, "account/account.html", context)


def _sessions(request: HttpRequest) -> list[dict[str, Any]]:
    return [
        {
            "pk": one.pk,
            "device": device_in_words(one.user_agent),
            "ip": one.ip,
            "since": one.created_at,
            "here": one.session_key == request.session.session_key,
        }
        for one in list_sessions(request)
    ]


@require_POST
@signed_in
def end_one(request: HttpRequest, pk: int) -> HttpResponse:
    """Sign out there: that browser is a stranger's from its next request on."""
    found = next((one for one in list_sessions(request) if one.pk == pk), None)
    if found is None:
        raise Http404
    if found.session_key == request.session.session_key:
        logout(request)
        found.delete()
        return redirect("account_login")
    device = device_in_words(found.user_agent)
    end_session(found)
    note(request.user, "access.signed_out", request, where=f"{device}, {found.ip}")
    messages.success(request, _("%(device)s is signed out.") % {"device": device})
    return redirect("account")


@require_POST
@signed_in
def end_others(request: HttpRequest) -> HttpResponse:
    """Sign out everywhere but here."""
    ended = end_sessions(request.user, but=request.session.session_key)
    note(request.user, "access.signed_out", request, where="everywhere else", sessions=ended)
    words = ngettext("%(n)d session was ended.", "%(n)d sessions were ended.", ended)
    messages.success(request, words % {"n": ended})
    return redirect("account")


@require_POST
@signed_in
def revoke(request: HttpRequest, pk: int) -> HttpResponse:
    """Revoke one API token: what uses it is signed out at once."""
    tokens = ApiToken.objects.filter(user=request.user, pk=pk, revoked_at__isnull=True)
    token = tokens.first()
    if token is None or not tokens.update(revoked_at=timezone.now()):
        raise Http404
    note(request.user, "access.token_revoked", request, **token.in_words())
    messages.success(request, _("The token was revoked."))
    return redirect("account")


urlpatterns = [
    path("account/", account, name="account"),
    path("account/sessions/<int:pk>/end/", end_one, name="session-end"),
    path("account/sessions/end-others/", end_others, name="session-end-others"),
    path("account/tokens/<int:pk>/revoke/", revoke, name="token-revoke"),
]
