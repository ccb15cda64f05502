"""The page of a member: role, sign-in, second factor, and what keepers change about them."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from assets.errors import DomainError
from assets.models import Membership
from assets.selectors.ledger import names_to_erase
from assets.services.members import deactivate_member, reactivate_member
from portal.access import require_whole_account
from portal.pages.doors import signed_in, visible_or_404
from portal.pages.forms import tell_refusal
from portal.pages.shell import Shell
from portal.second_factor import has_second_factor
from portal.sign_in.links import make_new_password_link
from portal.sign_in.lost_factor import reset_second_factor
from portal.sign_in.sessions import end_everything


@require_GET
@signed_in
def member(request: HttpRequest, pk: int) -> HttpResponse:
    """Everybody sees the role; how somebody signs in is for keepers and for the person."""
    return _page(request, _visible(request, pk))


@require_POST
@signed_in
def deactivate(request: HttpRequest, pk: int) -> HttpResponse:
    """Switches a membership off. Without any other membership, the person is signed out."""
    membership = _kept(request, pk)
    person = membership.user
    try:
        with transaction.atomic():
            deactivate_member(membership=membership, actor=request.user)
            if not Membership.objects.active_of(person).exists():
                end_everything(person)
    except DomainError as error:
        tell_refusal(request, error)
    else:
        messages.success(request, _("%(who)s is switched off.") % {"who": person})
    return redirect("member", pk)


@require_POST
@signed_in
def reactivate(request: HttpRequest, pk: int) -> HttpResponse:
    """Switch on again, in the role that the person had."""
    membership = _kept(request, pk)
    reactivate_member(membership=membership, actor=request.user)
    messages.success(request, _("%(who)s is switched on again.") % {"who": membership.user})
    return redirect("member", pk)


@require_POST
@never_cache
@signed_in
def new_password(request: HttpRequest, pk: int) -> HttpResponse:
    """A link for a new password: sent where mail goes out, else shown once, on this answer."""
    membership = _kept(request, pk)
    site = request.build_absolute_uri("/")
    try:
        link, sent = make_new_password_link(person=membership.user, actor=request.user, site=site)
    except DomainError as error:
        return _page(request, membership, refused=error)
    if sent:
        words = _("A link for a new password was sent to %(email)s. It is good for one day.")
        messages.success(request, words % {"email": membership.user.email})
        return redirect("member", pk)
    return _page(request, membership, link=link)


@require_http_methods(["GET", "POST"])
@signed_in
def second_factor(request: HttpRequest, pk: int) -> HttpResponse:
    """Takes the second factor off, after asking: the person may be somebody else on the phone."""
    membership = _kept(request, pk)
    try:
        if request.method == "GET":
            require_whole_account(request.user, membership.user)
            context = {"membership": membership, "place": "members"}
            return render(request, "members/second_factor.html", context)
        reset_second_factor(person=membership.user, actor=request.user)
    except DomainError as error:
        return _page(request, membership, refused=error)
    messages.success(
        request,
        _("The second factor of %(who)s is off, and all sessions ended.")
        % {"who": membership.user},
    )
    return redirect("member", pk)


def _visible(request: HttpRequest, pk: int) -> Membership:
    rows = Membership.objects.select_related("user", "organisation")
    found: Membership = visible_or_404(rows, request.user, pk=pk)
    return found


def _kept(request: HttpRequest, pk: int) -> Membership:
    """The membership, if the person may change it."""
    found = _visible(request, pk)
    Shell.of(request).require("member.edit", found.organisation_id)
    return found


def _page(
    request: HttpRequest,
    membership: Membership,
    *,
    refused: DomainError | None = None,
    link: str = "",
) -> HttpResponse:
    shell = Shell.of(request)
    keeps = shell.can_in(membership.organisation_id)["member_edit"]
    own = membership.user_id == request.user.pk
    name = None
    if membership.deactivated_at and shell.can_in(membership.organisation_id)["ledger_erase"]:
        known = names_to_erase(request.user, membership.organisation_id)
        name = known.filter(user=membership.user_id).first()
    context: dict[str, Any] = {
        "membership": membership,
        "person": membership.user,
        "keeps": keeps,
        "own": own,
        "sees_sign_in": keeps or own,
        "second_factor": (keeps or own) and has_second_factor(membership.user),
        "refused": refused,
        "link": link,
        "name_to_erase": name,
        "place": "members",
    }
    return render(request, "members/member.html", context, status=409 if refused else 200)


urlpatterns = [
    path("members/<int:pk>/", member, name="member"),
    path("members/<int:pk>/deactivate/", deactivate, name="member-deactivate"),
    path("members/<int:pk>/reactivate/", reactivate, name="member-reactivate"),
    path("members/<int:pk>/new-password/", new_password, name="member-new-password"),
    path("members/<int:pk>/second-factor/", second_factor, name="member-second-factor"),
]
