"""The form that erases the name of a former member from the organisation's ledger."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from assets.errors import DomainError
from assets.models import LedgerPerson, Organisation
from assets.selectors.ledger import names_to_erase
from assets.services.erased_names import erase_name, require_erasable, sealed_with_the_name
from portal.pages.doors import signed_in, visible_or_404
from portal.pages.forms import tell_refusal
from portal.pages.shell import Shell


@never_cache
@require_GET
@signed_in
def names(request: HttpRequest, pk: int) -> HttpResponse:
    """The list of people who left, were switched off or never came, with names in the ledger."""
    organisation = _kept(request, pk)
    context = {
        "organisation": organisation,
        "people": names_to_erase(request.user, organisation.pk),
        "place": "members",
    }
    return render(request, "organisation/names.html", context)


@never_cache
@require_http_methods(["GET", "POST"])
@signed_in
def erase(request: HttpRequest, pk: int, key: UUID) -> HttpResponse:
    """Erase the name, after asking: nobody can undo it."""
    organisation = _kept(request, pk)
    rows = LedgerPerson.objects.select_related("user", "organisation")
    person: LedgerPerson = visible_or_404(rows, request.user, pk=key, organisation=pk)
    try:
        if request.method == "GET":
            require_erasable(person)
            context = {
                "organisation": organisation,
                "person": person,
                "sealed": sealed_with_the_name(person).count(),
                "place": "members",
            }
            return render(request, "organisation/erase_name.html", context)
        left = erase_name(person=person, actor=request.user)
    except DomainError as error:
        tell_refusal(request, error)
    else:
        messages.success(request, _said(organisation, left))
    return redirect("ledger-names", pk)


def _said(organisation: Organisation, left: int) -> str:
    said = _("The name is erased from the ledger of %(org)s.") % {"org": organisation.name}
    if not left:
        return said
    kept = ngettext(
        "%(n)d entry of an earlier release keeps the address inside its seal.",
        "%(n)d entries of an earlier release keep the address inside their seal.",
        left,
    )
    return f"{said} {kept % {'n': left}}"


def _kept(request: HttpRequest, pk: int) -> Organisation:
    """The organisation, if the person may erase names from its ledger."""
    found: Organisation = visible_or_404(Organisation.objects.all(), request.user, pk=pk)
    Shell.of(request).require("ledger.erase", found.pk)
    return found


urlpatterns = [
    path("organisation/<int:pk>/ledger/names/", names, name="ledger-names"),
    path("organisation/<int:pk>/ledger/names/<uuid:key>/erase/", erase, name="ledger-name-erase"),
]
