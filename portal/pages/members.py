"""Who belongs to the organisation, and in which role."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from assets.errors import DomainError
from assets.models import Membership, Role
from assets.selectors.members import list_members
from assets.services.members import add_member, change_role, remove_member
from portal.access import organisations_where
from portal.pages.doors import require, signed_in, visible_or_404
from portal.pages.forms import MemberForm, refuse
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


@require_GET
@signed_in
def members(request: HttpRequest) -> HttpResponse:
    """The list; who may changes roles in place."""
    shell = Shell.of(request)
    rows = [
        {"member": member, "can": shell.can_in(member.organisation_id)["member_edit"]}
        for member in list_members(request.user)
    ]
    context = {
        "rows": rows,
        "roles": role_sentences(),
        "several": len(shell.memberships) > 1,
        "place": "members",
    }
    return render(request, "members/list.html", context)


@never_cache
@require_http_methods(["GET", "POST"])
@signed_in
def add(request: HttpRequest) -> HttpResponse:
    """Add somebody; the password of a new account is shown once, on the answer to this form."""
    organisations = organisations_where(request.user, "member.edit")
    if not organisations:
        require(request.user, "member.edit", _first_organisation(request))
    form = MemberForm(
        request.POST or None, initial={"role": Role.INSPECTOR}, organisations=organisations
    )
    context: dict[str, Any] = {"form": form, "roles": role_sentences(), "place": "members"}
    if request.method == "POST" and form.is_valid():
        fields = dict(form.cleaned_data)
        organisation = fields.pop("organisation", None) or organisations[0]
        try:
            made, password = add_member(organisation=organisation, actor=request.user, **fields)
        except DomainError as error:
            refuse(form, error)
        else:
            context |= {"made": made, "password": password}
            return render(request, "members/added.html", context)
    return render(request, "members/form.html", context, status=422 if form.errors else 200)


def _first_organisation(request: HttpRequest) -> int:
    mine = Shell.of(request).memberships
    return mine[0].organisation_id if mine else 0


def _membership(request: HttpRequest, pk: int) -> Membership:
    rows = Membership.objects.select_related("user", "organisation")
    found = visible_or_404(rows, request.user, pk=pk)
    require(request.user, "member.edit", found.organisation_id)
    return found


@require_POST
@signed_in
def role(request: HttpRequest, pk: int) -> HttpResponse:
    """Give a member another role."""
    membership = _membership(request, pk)
    try:
        change_role(membership=membership, actor=request.user, role=request.POST.get("role", ""))
    except DomainError as error:
        messages.error(request, f"{error.message} {error.hint}")
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
        messages.error(request, f"{error.message} {error.hint}")
    else:
        messages.success(request, _("%(who)s is no longer a member.") % {"who": who})
    return redirect("members")


urlpatterns = [
    path("members/", members, name="members"),
    path("members/add/", add, name="member-add"),
    path("members/<int:pk>/role/", role, name="member-role"),
    path("members/<int:pk>/remove/", remove, name="member-remove"),
]
