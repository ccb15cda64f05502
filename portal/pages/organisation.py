"""The page of an organisation: its rules for members, and the state of its ledger."""

from __future__ import annotations

from allauth.mfa.models import Authenticator
from django.contrib import messages
from django.db.models import Count, Exists, OuterRef, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from assets.errors import DomainError
from assets.models import Membership, Organisation
from assets.selectors.ledger import last_checks
from assets.services.ledger_check import retry_check
from assets.services.organisations import require_second_factor
from portal.pages.belonging import member_somewhere
from portal.pages.doors import signed_in, visible_or_404
from portal.pages.forms import tell_refusal
from portal.pages.shell import Shell
from portal.second_factor import has_second_factor


@require_GET
@member_somewhere
def organisation(request: HttpRequest) -> HttpResponse:
    """One card an organisation of the person; keepers change it."""
    shell = Shell.of(request)
    mine = [one.organisation_id for one in shell.memberships]
    counts, checks = _counts(mine), last_checks(request.user, mine)
    rows = [
        {
            "organisation": one.organisation,
            "can": shell.can_in(one.organisation_id)["member_edit"],
            "erases": shell.can_in(one.organisation_id)["ledger_erase"],
            "ledger": checks[one.organisation_id],
            **counts.get(one.organisation_id, {"members": 0, "secured": 0}),
        }
        for one in shell.memberships
    ]
    context = {
        "rows": rows,
        "second_factor": has_second_factor(request.user),
        "place": "members",
    }
    return render(request, "organisation/organisation.html", context)


def _counts(organisations: list[int]) -> dict[int, dict[str, int]]:
    """The number of active members of each, and of those with a second factor."""
    factor = Authenticator.objects.filter(user_id=OuterRef("user_id"), type=Authenticator.Type.TOTP)
    active = Membership.objects.active().filter(organisation_id__in=organisations).order_by()
    rows = (
        active.annotate(secure=Exists(factor))
        .values("organisation_id")
        .annotate(members=Count("pk"), secured=Count("pk", filter=Q(secure=True)))
    )
    return {row.pop("organisation_id"): row for row in rows}


@require_POST
@signed_in
def second_factor(request: HttpRequest, pk: int) -> HttpResponse:
    """Require a second factor of every member, or no longer."""
    found: Organisation = visible_or_404(Organisation.objects.all(), request.user, pk=pk)
    Shell.of(request).require("member.edit", found.pk)
    required = request.POST.get("required") == "1"
    try:
        require_second_factor(
            organisation=found,
            actor=request.user,
            required=required,
            actor_has_one=has_second_factor(request.user),
        )
    except DomainError as error:
        tell_refusal(request, error)
    else:
        said = (
            _("Every member of %(org)s needs a second factor from now on.")
            if required
            else _("Members of %(org)s need no second factor any more.")
        )
        messages.success(request, said % {"org": found.name})
    return redirect("organisation")


@require_POST
@signed_in
def ledger_retry(request: HttpRequest, pk: int) -> HttpResponse:
    """Has the ledger read again, where the last check failed."""
    found: Organisation = visible_or_404(Organisation.objects.all(), request.user, pk=pk)
    Shell.of(request).require("member.edit", found.pk)
    try:
        retry_check(organisation=found, actor=request.user)
    except DomainError as error:
        tell_refusal(request, error)
    else:
        messages.success(request, _("The ledger of %(org)s is read again.") % {"org": found.name})
    return redirect("organisation")


urlpatterns = [
    path("organisation/", organisation, name="organisation"),
    path("organisation/<int:pk>/second-factor/", second_factor, name="organisation-second-factor"),
    path("organisation/<int:pk>/ledger/retry/", ledger_retry, name="organisation-ledger-retry"),
]
