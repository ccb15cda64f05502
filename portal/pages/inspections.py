"""The page of all visits; creating and correcting visits; taking photos with a phone."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from assets.errors import DomainError
from assets.models import Asset, Inspection
from assets.selectors import inspection as reads
from assets.selectors import portfolio
from assets.services.inspections import edit_inspection, open_inspection_once
from portal.access import MAY, actions_of_edit
from portal.pages.belonging import member_somewhere
from portal.pages.doors import signed_in, visible_or_404
from portal.pages.forms import InspectionForm, form_page, refuse
from portal.pages.shell import Shell
from portal.whole_numbers import whole_number

VISITS_A_PAGE = 40
MOST_TO_CAPTURE = 8
MOST_ASSETS = 30


def _with_counts(request: HttpRequest, visits: list[Inspection]) -> list[dict[str, Any]]:
    """Each visit with how many photos are done, at work, and in need of somebody."""
    counts = reads.photo_counts(request.user, visits)
    rows = []
    for visit in visits:
        by_state = counts[visit.pk]
        rows.append(
            {
                "visit": visit,
                "total": sum(by_state.values()),
                "done": by_state["done"],
                "working": by_state["queued"] + by_state["processing"],
                "needs": by_state["failed"] + by_state["rejected"],
            }
        )
    return rows


@require_GET
@member_somewhere
def inspections(request: HttpRequest) -> HttpResponse:
    """The list, the latest visit first."""
    search = request.GET.get("search", "").strip()[:80]
    visits = reads.list_inspections(request.user, search=search)
    page = Paginator(visits, VISITS_A_PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "rows": _with_counts(request, list(page.object_list)),
        "search": search,
        "has_assets": bool(page.paginator.count) or Asset.objects.visible_to(request.user).exists(),
        "place": "inspections",
    }
    return render(request, "inspections/list.html", context)


@require_GET
@member_somewhere
def capture(request: HttpRequest) -> HttpResponse:
    """On a phone: the latest visits to go on with, and the assets to begin a new one."""
    allowed = MAY["photo.upload"]
    mine = [m.organisation_id for m in Shell.of(request).memberships if m.role in allowed]
    search = request.GET.get("search", "").strip()[:80]
    visits = reads.list_inspections(request.user).filter(asset__organisation__in=mine)
    assets = portfolio.list_assets(request.user, search=search, order="name")
    context = {
        "rows": _with_counts(request, list(visits[:MOST_TO_CAPTURE])),
        "assets": assets.filter(organisation__in=mine)[:MOST_ASSETS],
        "search": search,
        "place": "capture",
    }
    return render(request, "inspections/capture.html", context)


@require_http_methods(["GET", "POST"])
@signed_in
def new(request: HttpRequest, pk: int) -> HttpResponse:
    """Open a visit to an asset; the next page takes its photos."""
    asset = visible_or_404(Asset.objects.all(), request.user, pk=pk)
    Shell.of(request).require("inspection.edit", asset.organisation_id)
    first = {"kind": "walk", "held_on": timezone.localdate()}
    key = request.POST.get("client_key") or str(uuid.uuid4())
    element = whole_number(request.GET.get("element", ""))  # of a marker card's QR code
    if element is not None:
        first["element"] = element
    form = InspectionForm(request.POST or None, initial=first, asset=asset)
    if request.method == "POST" and form.is_valid():
        try:
            opened = open_inspection_once(
                asset=asset, actor=request.user, client_key=key, **form.cleaned_data
            )
        except DomainError as error:
            if error.code == "key_used":
                form.add_error(None, _("This form has opened a visit with other values before."))
                form.add_error(None, _("Send it once more to open another one."))
            else:
                refuse(form, error)
            if error.field == "client_key":
                key = str(uuid.uuid4())  # the form that is shown now opens another visit
        else:
            return redirect("inspection", opened.inspection.pk)
    cancel = reverse("asset", args=[pk])
    context = {"form": form, "asset": asset, "client_key": key, "cancel": cancel}
    return form_page(request, "inspections/form.html", {**context, "place": "inspections"})


@require_http_methods(["GET", "POST"])
@signed_in
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Correct a visit; another scale measures its photos again."""
    rows = Inspection.objects.select_related("asset")
    visit = visible_or_404(rows, request.user, pk=pk)
    Shell.of(request).require("inspection.edit", visit.asset.organisation_id)
    first = InspectionForm.values_of(visit)
    form = InspectionForm(request.POST or None, initial=first, asset=visit.asset)
    back = reverse("inspection", args=[pk])
    if request.method == "POST" and form.is_valid():
        changed = {name: form.cleaned_data[name] for name in form.changed_data}
        for action in actions_of_edit(changed):
            Shell.of(request).require(action, visit.asset.organisation_id)
        try:
            edit_inspection(inspection=visit, actor=request.user, **changed)
        except DomainError as error:
            refuse(form, error)
        else:
            again = "gsd_mm_per_px" in changed
            messages.success(
                request, _("Saved. The widths are measured again.") if again else _("Saved.")
            )
            return redirect(back)
    context = {"form": form, "asset": visit.asset, "visit": visit, "cancel": back}
    return form_page(request, "inspections/form.html", {**context, "place": "inspections"})


urlpatterns = [
    path("inspections/", inspections, name="inspections"),
    path("capture/", capture, name="capture"),
    path("assets/<int:pk>/inspections/new/", new, name="inspection-new"),
    path("inspections/<int:pk>/edit/", edit, name="inspection-edit"),
]
