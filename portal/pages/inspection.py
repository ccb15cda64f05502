"""The page of a visit: uploads, the progress of each photo, photos to take again."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from assets.coverage import COVERAGE_FACTOR, expanded
from assets.errors import DomainError
from assets.marker_cards.families import FAMILIES
from assets.models import Event, Inspection
from assets.pictures import ACCEPT
from assets.selectors import inspection as visits
from assets.selectors.scale import scale_reasons
from assets.services import visit_scale
from portal.camera_profiles import camera_profiles
from portal.pages import photo_rows
from portal.pages.doors import signed_in, visible_or_404
from portal.pages.forms import tell_refusal
from portal.pages.numbers import positive_number
from portal.pages.shell import Shell
from portal.whole_numbers import whole_number

PHOTOS_A_PAGE = 100


def _context(request: HttpRequest, inspection: Inspection) -> dict[str, object]:
    """Context of the page and its live part: counts, one page of photos, their places in line."""
    show = request.GET.get("show", "")
    photos = photo_rows.filtered(visits.inspection_photos(request.user, inspection), show)
    reasons = scale_reasons(request.user, inspection)
    page = Paginator(photos, PHOTOS_A_PAGE).get_page(request.GET.get("page"))
    return {
        "inspection": inspection,
        "asset": inspection.asset,
        "counts": photo_rows.counts(visits.state_counts(request.user, inspection)),
        "rows": photo_rows.describe(request.user, list(page.object_list)),
        "photos": page,
        "show": show,
        "scale_reasons": reasons,
        "to_review": photo_rows.to_review(request.user, inspection),
        "measuring": photo_rows.measured_again(request.user, inspection),
        "without_scale": sum(reason.photos for reason in reasons),
        "can": Shell.of(request).can_in(inspection.asset.organisation_id),
    }


def _inspection(request: HttpRequest, pk: int) -> Inspection:
    rows = Inspection.objects.select_related("asset", "element", "created_by")
    return visible_or_404(rows, request.user, pk=pk)


@require_GET
@signed_in
def inspection(request: HttpRequest, pk: int) -> HttpResponse:
    """The page of one visit."""
    visit = _inspection(request, pk)
    context = _context(request, visit)
    context["elements"] = list(visit.asset.elements.all())
    wanted = whole_number(request.GET.get("element", ""))  # of a marker card's QR code
    context["shown_element"] = visit.element_id if wanted is None else wanted
    context["marker_families"] = FAMILIES
    if context["can"]["photo_scale"]:  # type: ignore[index]
        context["profiles"] = camera_profiles()
        context["undo"] = visit_scale.last_change(visit, Event.objects.visible_to(request.user))
    u_m = visit.distance_u_m
    context["distance_U_m"] = "" if u_m is None else f"{expanded(u_m):g}"
    context["accept"] = ACCEPT
    context["max_megabytes"] = settings.PHOTO_MAX_BYTES // 1024**2
    context["max_megapixels"] = settings.PHOTO_MAX_PIXELS // 10**6
    return render(request, "inspection/inspection.html", context)


@never_cache
@require_GET
@signed_in
def photos(request: HttpRequest, pk: int) -> HttpResponse:
    """The list of photos alone, asked for again when there is news."""
    context = {**_context(request, _inspection(request, pk)), "live": True}
    return render(request, "inspection/_photos.html", context)


@require_POST
@signed_in
def set_scale(request: HttpRequest, pk: int) -> HttpResponse:
    """The visit's scale; its photos without one of their own are measured again."""
    visit = _inspection(request, pk)
    Shell.of(request).require("photo.scale", visit.asset.organisation_id)
    try:
        gsd = positive_number(request.POST.get("gsd_mm_per_px", ""), field="gsd_mm_per_px")
        visit_scale.set_inspection_scale(inspection=visit, gsd_mm_per_px=gsd, actor=request.user)
    except DomainError as error:
        tell_refusal(request, error)
    else:
        messages.success(
            request,
            _("Scale kept. Photos without a scale of their own are measured again.")
            if gsd
            else _("The visit has no scale now; widths are in pixels."),
        )
    return redirect("inspection", pk=pk)


@require_POST
@signed_in
def set_distance(request: HttpRequest, pk: int) -> HttpResponse:
    """Sets distance and camera of the visit's photos; the form's ± is U, so u is half of it."""
    visit = _inspection(request, pk)
    Shell.of(request).require("photo.scale", visit.asset.organisation_id)
    form = request.POST
    try:
        distance_m = positive_number(form.get("distance_m", ""), field="distance_m")
        spread_m = positive_number(form.get("distance_U_m", ""), field="distance_u_m")
        given: dict[str, object] = {
            "distance_m": distance_m,
            "distance_u_m": None if spread_m is None else spread_m / COVERAGE_FACTOR,
        }
        if "camera_profile" in form:
            given["camera_profile"] = form["camera_profile"]
        visit_scale.set_inspection_scale(inspection=visit, actor=request.user, **given)
    except DomainError as error:
        tell_refusal(request, error)
    else:
        messages.success(request, _measured_again(request, visit))
    return redirect("inspection", pk=pk)


@require_POST
@signed_in
def undo_scale(request: HttpRequest, pk: int) -> HttpResponse:
    """Takes the last change of the visit's scale back."""
    visit = _inspection(request, pk)
    Shell.of(request).require("photo.scale", visit.asset.organisation_id)
    try:
        visit_scale.undo_inspection_scale(inspection=visit, actor=request.user)
    except DomainError as error:
        tell_refusal(request, error)
    else:
        messages.success(request, f"{_('Taken back.')} {_measured_again(request, visit)}")
    return redirect("inspection", pk=pk)


def _measured_again(request: HttpRequest, visit: Inspection) -> str:
    """A sentence that says how many photos wait for their new scale."""
    count = photo_rows.measured_again(request.user, visit)
    if not count:
        return _("Kept. No photo has to be measured again.")
    return ngettext(
        "Kept. %(n)d photo without a scale of its own is measured again.",
        "Kept. %(n)d photos without a scale of their own are measured again.",
        count,
    ) % {"n": count}


urlpatterns = [
    path("inspections/<int:pk>/", inspection, name="inspection"),
    path("inspections/<int:pk>/photos/", photos, name="inspection-photos"),
    path("inspections/<int:pk>/scale/", set_scale, name="inspection-scale"),
    path("inspections/<int:pk>/distance/", set_distance, name="inspection-distance"),
    path("inspections/<int:pk>/scale/undo/", undo_scale, name="inspection-scale-undo"),
]
