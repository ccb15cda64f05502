"""The addresses that lead to the provider and back."""

from __future__ import annotations

from urllib.parse import urlencode

from allauth.account.internal.decorators import login_not_required
from allauth.account.utils import get_next_redirect_url
from allauth.core import ratelimit
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import redirect, render, resolve_url
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from assets.errors import DomainError
from portal.sign_in.openid.flow import Callback, Exchange
from portal.sign_in.openid.provider import is_configured, provider_name
from portal.sign_in.openid.refusals import refused


@never_cache
@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def leave(request: HttpRequest) -> HttpResponseBase:
    """The button of the sign-in page.

    Answered by a page that goes on by itself: a redirect of a form would be held back by our
    content security policy wherever the provider sends people on to yet another host.
    """
    _require_configured()
    next_url = get_next_redirect_url(request)
    if request.user.is_authenticated:
        return redirect(next_url or settings.LOGIN_REDIRECT_URL)
    if request.method != "POST":
        query = f"?{urlencode({'next': next_url})}" if next_url else ""
        return redirect(f"{resolve_url('account_login')}{query}")
    try:
        if not ratelimit.consume(request, action="openid"):
            raise _too_many()
        answer = Exchange(request).get_provider().begin(request, next_url)
    except DomainError as error:
        return refused(request, error)
    if not isinstance(answer, HttpResponseRedirect):
        return answer
    context = {"address": answer.url, "name": provider_name()}
    page = render(request, "account/organisation_leave.html", context)
    page["Refresh"] = f'0; url="{answer.url}"'
    return page


@never_cache
@login_not_required
@require_GET
def callback(request: HttpRequest) -> HttpResponseBase:
    """Back from the provider, with a code that stands for a person."""
    _require_configured()
    try:
        return Callback.adapter_view(Exchange(request))(request)
    except DomainError as error:
        return refused(request, error)


def _require_configured() -> None:
    if not is_configured():
        raise Http404


def _too_many() -> DomainError:
    return DomainError(
        "too_many",
        _("That was tried very often within a minute."),
        _("Wait a minute, then try again."),
    )
