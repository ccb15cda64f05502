"""The page behind an invitation's link, for people who are signed in or not."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.authentication import get_authentication_records
from allauth.account.internal.flows.login import perform_password_login
from allauth.account.models import EmailAddress, Login
from allauth.core import ratelimit
from allauth.usersessions.models import UserSession
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from assets.errors import DomainError
from assets.models import Invitation, User
from assets.services.invitations import (
    accept_as_new,
    accept_invitation,
    require_invited,
    usable_invitation,
)
from portal.pages.forms import JoinForm, NewAccountForm, form_page, refuse
from portal.pages.members import role_sentences
from portal.sign_in.openid.provider import provider_name

# What is wrong -> how it is answered. Whatever is not here is a matter of the link itself: 410.
STATUSES = {
    "unknown": 404,
    "other_person": 403,
    "already_member": 409,
    "switched_off": 409,
    "too_many": 429,
}


@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """Shows which organisation invites to which role; a POST accepts.

    People who are not signed in see both ways, with their account and as a new person, whether or
    not there is an account.
    """
    if request.method == "POST" and not _may_try(request, token):
        return _refused(request, _too_many())
    try:
        found = usable_invitation(token)
        if not request.user.is_authenticated:
            return _somebody(request, found, token)
        require_invited(found, request.user)
        return _somebody_known(request, found, token)
    except DomainError as error:
        return _refused(request, error)


def _somebody_known(request: HttpRequest, found: Invitation, token: str) -> HttpResponse:
    """Somebody is signed in, and joins with a new password; or without, where the provider lets in.

    A password from before ends either way (assets.services.invitations.accept_invitation).
    """
    has_password = request.user.has_usable_password()
    by_provider = _by_provider(request)
    form = None
    if has_password and not by_provider:
        form = JoinForm(request.POST if request.method == "POST" else None, user=request.user)
    if request.method == "POST" and (form is None or form.is_valid()):
        try:
            _join(request, found, token, form.cleaned_data["password"] if form else None)
        except DomainError as error:
            if form is None or not error.field:
                raise
            refuse(form, error)
        else:
            _welcome(request, found)
            return redirect("members")
    context = {
        **_context(found),
        "form": form,
        "provider": provider_name() if has_password and by_provider else "",
    }
    return form_page(request, "invitations/join.html", context)


def _join(request: HttpRequest, found: Invitation, token: str, password: str | None) -> None:
    """All of it or nothing; then this session goes on under a new key."""
    with transaction.atomic():
        membership = accept_invitation(token=token, user=request.user, password=password)
        _note_proof(found, request.user)
    update_session_auth_hash(request, membership.user)
    UserSession.objects.create_from_request(request)
    if password is not None:
        get_adapter().send_notification_mail("account/email/password_changed", request.user)


def _by_provider(request: HttpRequest) -> bool:
    """Whether the organisation's provider said in this session who this is."""
    records = get_authentication_records(request, request.user)
    return any(record["method"] == "socialaccount" for record in records)


def _somebody(request: HttpRequest, found: Invitation, token: str) -> HttpResponse:
    """Nobody is signed in."""
    form = NewAccountForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            with transaction.atomic():
                chosen = {name: form.cleaned_data[name] for name in ("name", "password")}
                user = accept_as_new(token=token, **chosen).user
                _note_proof(found, user)
        except DomainError as error:
            if error.code == "address_taken":
                form.add_error(None, _address_taken())
            elif error.field:
                refuse(form, error)
            else:
                raise
        else:
            _welcome(request, found)
            login = Login(user=user, email=user.email, redirect_url=reverse("members"))
            return perform_password_login(request, {"email": user.email}, login)
    context = {**_context(found), "form": form, "here": request.path}
    return form_page(request, "invitations/both_ways.html", context)


def _note_proof(found: Invitation, user: User) -> None:
    """A link that went by mail, and was shown to nobody, proves that the person reads that mail."""
    if found.mailed_at is None:
        return
    mine = EmailAddress.objects.filter(user=user)
    address, _new = mine.get_or_create(
        user=user, email=found.email, defaults={"primary": not mine.filter(primary=True).exists()}
    )
    address.set_verified()


def _welcome(request: HttpRequest, found: Invitation) -> None:
    words = {"organisation": found.organisation.name, "role": found.get_role_display()}
    messages.success(request, _("You belong to %(organisation)s now, as %(role)s.") % words)


def _may_try(request: HttpRequest, token: str) -> bool:
    return bool(ratelimit.consume(request, action="accept_invitation", key=token))


def _too_many() -> DomainError:
    return DomainError(
        "too_many",
        _("That was tried very often within a few minutes."),
        _("Wait five minutes, then open the link again."),
    )


def _address_taken() -> str:
    return _(
        "This did not work. If this address has an account already, sign in with it, whoever made "
        "it. If you do not know its password: where this installation sends mail, use “Forgotten” "
        "on the sign-in page; else whoever runs this installation makes you a link to a new one "
        "(manage.py new_password_link) and takes off a second factor that is not yours (manage.py "
        "reset_second_factor)."
    )


def _refused(request: HttpRequest, error: DomainError) -> HttpResponse:
    context = {"error": error, "here": request.path}
    status = STATUSES.get(error.code, 410)
    return render(request, "invitations/refused.html", context, status=status)


def _context(found: Invitation) -> dict[str, Any]:
    words = next(words for role, _label, words in role_sentences() if role == found.role)
    return {"invitation": found, "role_words": words}


urlpatterns = [path("invitations/<slug:token>/", invitation, name="invitation")]
