"""Inviting people: the form, a new link, withdrawing."""

from __future__ import annotations

from allauth.core import ratelimit
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from assets.errors import DomainError
from assets.models import Invitation, Role
from assets.services.invitations import invite, note_mailed, revoke_invitation
from portal.access import organisations_where
from portal.mail import send_invitation, sends_mail
from portal.pages.doors import signed_in, visible_or_404
from portal.pages.forms import InvitationForm, refuse, tell_refusal
from portal.pages.members import role_sentences
from portal.pages.shell import Shell


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def ask(request: HttpRequest) -> HttpResponse:
    """Invite somebody. The answer is the same whether the address has an account or not."""
    organisations = organisations_where(request.user, "member.edit")
    if not organisations:
        mine = Shell.of(request).memberships
        Shell.of(request).require("member.edit", mine[0].organisation_id if mine else 0)
    form = InvitationForm(
        request.POST or None, initial={"role": Role.INSPECTOR}, organisations=organisations
    )
    status = 200
    if request.method == "POST" and form.is_valid():
        if _too_many(request):
            form.add_error(None, _too_many_words())
            status = 429
        else:
            fields = dict(form.cleaned_data)
            organisation = fields.pop("organisation", None) or organisations[0]
            try:
                made = invite(organisation=organisation, actor=request.user, **fields)
            except DomainError as error:
                refuse(form, error)
            else:
                return _hand_over(request, *made)
    context = {"form": form, "roles": role_sentences(), "place": "members"}
    if form.errors and status == 200:
        status = 422
    return render(request, "invitations/form.html", context, status=status)


@never_cache
@require_POST
@signed_in
def renew(request: HttpRequest, pk: int) -> HttpResponse:
    """Make a new link to the same address; the old one opens nothing from now on."""
    old = _open_invitation(request, pk)
    if _too_many(request):
        messages.error(request, _too_many_words())
        return redirect("members")
    try:
        made = invite(
            organisation=old.organisation, actor=request.user, email=old.email, role=old.role
        )
    except DomainError as error:
        tell_refusal(request, error)
        return redirect("members")
    return _hand_over(request, *made)


@require_POST
@signed_in
def withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """The link opens nothing from now on."""
    invitation = _open_invitation(request, pk)
    try:
        revoke_invitation(invitation=invitation, actor=request.user)
    except DomainError as error:
        tell_refusal(request, error)
    else:
        words = {"email": invitation.email}
        messages.success(request, _("The invitation of %(email)s was withdrawn.") % words)
    return redirect("members")


def _hand_over(request: HttpRequest, invitation: Invitation, token: str) -> HttpResponse:
    """Sends the link where mail goes out; else, or where that fails, shows it this once."""
    link = request.build_absolute_uri(reverse("invitation", args=[token]))
    sends = sends_mail()
    if sends and send_invitation(invitation, link):
        note_mailed(invitation=invitation)
        words = {"email": invitation.email}
        messages.success(request, _("An invitation was sent to %(email)s.") % words)
        return redirect("members")
    context = {"invitation": invitation, "link": link, "mail_failed": sends, "place": "members"}
    return render(request, "invitations/link.html", context)


def _open_invitation(request: HttpRequest, pk: int) -> Invitation:
    rows = Invitation.objects.filter(accepted_at=None, revoked_at=None)
    found = visible_or_404(rows.select_related("organisation"), request.user, pk=pk)
    Shell.of(request).require("member.edit", found.organisation_id)
    return found


def _too_many(request: HttpRequest) -> bool:
    return not ratelimit.consume(request, action="invite", user=request.user)


def _too_many_words() -> str:
    return _("You invited very many people within an hour. Wait a while, then go on.")


urlpatterns = [
    path("members/invite/", ask, name="member-invite"),
    path("members/invitations/<int:pk>/link/", renew, name="invitation-renew"),
    path("members/invitations/<int:pk>/withdraw/", withdraw, name="invitation-withdraw"),
]
