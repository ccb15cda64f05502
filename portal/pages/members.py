"""The page of the organisation's members and their roles."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from allauth.mfa.models import Authenticator
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from assets.errors import DomainError
from assets.models import Membership, Role
from assets.selectors.members import list_members, list_open_invitations
from assets.services.members import change_role, leave, remove_member
from portal.access import organisations_where
from portal.pages.belonging import member_somewhere
from portal.pages.doors import signed_in, visible_or_404
from portal.pages.forms import tell_refusal
from portal.pages.shell import Shell


def role_sentences() -> list[tuple[str, str, str]]:
    """(role, its name, what it may do) in the order of the select."""
    sentences = {
        Role.OWNER: _("Sees everything; changes assets, inspections and members."),
        Role.INSPECTOR: _("Opens inspections and sends photos."),
        Role.ENGINEER: _("Decides which crack is which; changes assets and inspections."),
        Role.MANAGER: _("Reads, and acknowledges alerts."),
        Role.ADMINISTRATOR: _("May do everything, members included."),
    }
    return [(value, str(label), sentences[value]) for value, label in Role.choices]


@never_cache
@require_GET
@member_somewhere
def members(request: HttpRequest) -> HttpResponse:
    """The list; who may changes roles in place, sees how each signs in, and who is invited."""
    shell = Shell.of(request)
    found = list(list_members(request.user))
    secured = with_second_factor(member.user_id for member in found)
    rows = [
        {
            "member": member,
            "can": shell.can_in(member.organisation_id)["member_edit"],
            "secured": member.user_id in secured,
        }
        for member in found
    ]
    kept = organisations_where(request.user, "member.edit")
    context = {
        "rows": rows,
        "invitations": list_open_invitations(request.user, kept)
        if shell.can["member_edit"]
        else (),
        "now": timezone.now(),
        "roles": role_sentences(),
        "several": len(shell.memberships) > 1,
        "place": "members",
    }
    return render(request, "members/list.html", context)


def with_second_factor(user_ids: Iterable[int]) -> set[int]:
    """Those of the people who sign in with more than a password."""
    ways = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)
    rows = Authenticator.objects.filter(user_id__in=list(user_ids), type__in=ways)
    return set(rows.values_list("user_id", flat=True))


def _membership(request: HttpRequest, pk: int) -> Membership:
    rows = Membership.objects.select_related("user", "organisation")
    found = visible_or_404(rows, request.user, pk=pk)
    Shell.of(request).require("member.edit", found.organisation_id)
    return found


@require_POST
@signed_in
def role(request: HttpRequest, pk: int) -> HttpResponse:
    """Give a member another role."""
    membership = _membership(request, pk)
    try:
        change_role(membership=membership, actor=request.user, role=request.POST.get("role", ""))
    except DomainError as error:
        tell_refusal(request, error)
    else:
        membership.refresh_from_db()
        words = {"who": membership.user, "role": membership.get_role_display()}
        messages.success(request, _("%(who)s is now %(role)s.") % words)
    return redirect("members")


@require_http_methods(["GET", "POST"])
@signed_in
def remove(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a member out, after asking: they lose sight of everything at once."""
    membership = _membership(request, pk)
    if request.method == "GET":
        return render(
            request, "members/remove.html", {"membership": membership, "place": "members"}
        )
    who = str(membership.user)
    try:
        remove_member(membership=membership, actor=request.user)
    except DomainError as error:
        tell_refusal(request, error)
    else:
        messages.success(request, _("%(who)s is no longer a member.") % {"who": who})
    return redirect("members")


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def leave_organisation(request: HttpRequest, pk: int) -> HttpResponse:
    """Go by oneself, after being asked. Somebody must stay who can change the members."""
    mine = Membership.objects.active_of(request.user).select_related("user", "organisation")
    membership = visible_or_404(mine, request.user, pk=pk)
    context: dict[str, Any] = {"membership": membership, "place": "account"}
    if request.method != "POST":
        return render(request, "members/leave.html", context)
    try:
        leave(membership=membership)
    except DomainError as error:
        context["error"] = error
        return render(request, "members/leave.html", context, status=409)
    words = {"organisation": membership.organisation.name}
    messages.success(request, _("You left %(organisation)s.") % words)
    return redirect("account")


urlpatterns = [
    path("members/", members, name="members"),
    path("members/<int:pk>/role/", role, name="member-role"),
    path("members/<int:pk>/remove/", remove, name="member-remove"),
    path("account/organisations/<int:pk>/leave/", leave_organisation, name="organisation-leave"),
]
