"""The person's own account: name, roles, sign-in, API tokens, keys."""

from __future__ import annotations

from allauth.mfa.models import Authenticator
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from portal.models import ApiToken
from portal.pages.doors import signed_in
from portal.pages.forms import NameForm


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
        "second_factor": Authenticator.objects.filter(user=user, type="totp").exists(),
        "tokens": ApiToken.objects.filter(
            user=user, revoked_at__isnull=True, expires_at__gt=timezone.now()
        ),
        "place": "account",
    }
    return render(request, "account/account.html", context)


@require_POST
@signed_in
def revoke(request: HttpRequest, pk: int) -> HttpResponse:
    """Revoke one API token: what uses it is signed out at once."""
    tokens = ApiToken.objects.filter(user=request.user, pk=pk, revoked_at__isnull=True)
    if not tokens.update(revoked_at=timezone.now()):
        raise Http404
    messages.success(request, _("The token was revoked."))
    return redirect("account")


urlpatterns = [
    path("account/", account, name="account"),
    path("account/tokens/<int:pk>/revoke/", revoke, name="token-revoke"),
]
