"""The scale of a photo: where it comes from, and the forms to give one."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from assets.coverage import expanded
from assets.errors import DomainError
from assets.kept.scale_facts import scale_facts
from assets.models import Analysis, Photo
from assets.services import scale
from assets.services.given_scale import TwoPointsGiven, two_points_of
from portal.pages.doors import signed_in, visible_or_404
from portal.pages.forms import tell_refusal
from portal.pages.numbers import finite_number, positive_number
from portal.pages.shell import Shell

MM_PER_UNIT = {"mm": 1.0, "cm": 10.0, "m": 1000.0, "in": 25.4, "ft": 304.8}


def scale_words(photo: Photo, analysis: Analysis | None) -> dict[str, Any]:
    """The scale for the page: number and uncertainty in the middle of the picture.

    ``U_percent`` is the expanded uncertainty, k = 2.
    """
    facts = scale_facts(analysis.scale_facts if analysis else None)
    u_relative = analysis.gsd_u_relative if analysis else None
    return {
        "gsd": analysis.gsd_mm_per_px if analysis else None,
        "U_percent": None if u_relative is None else 100.0 * expanded(u_relative),
        "source": analysis.get_gsd_source_display() if analysis else "",
        "tilt_deg": facts.tilt_deg,
        "blur_px": facts.blur_px,
        "refusals": analysis.scale_refusals if analysis else [],
        "points": two_points_of(photo),
    }


def marks(photo: Photo, analysis: Analysis | None) -> dict[str, Any]:
    """The parts of the scale that the viewer draws: outlines of cards, and the two points."""
    points = two_points_of(photo)
    facts = scale_facts(analysis.scale_facts if analysis else None)
    return {
        "cards": facts.cards_px,
        "points": None
        if points is None
        else {
            "at": [list(points.first_px), list(points.second_px)],
            "length_mm": points.length_mm,
            "u_length_mm": points.u_length_mm,
        },
    }


def _photo(request: HttpRequest, pk: int) -> Photo:
    rows = Photo.objects.select_related("inspection__asset")
    photo: Photo = visible_or_404(rows, request.user, pk=pk)
    Shell.of(request).require("photo.scale", photo.inspection.asset.organisation_id)
    return photo


@require_POST
@signed_in
def set_scale(request: HttpRequest, pk: int) -> HttpResponse:
    """Millimetres per pixel, distance, a marker card; it is measured again along its lines."""
    row = _photo(request, pk)
    numbers = ("gsd_mm_per_px", "distance_m", "marker_mm")
    sent = [name for name in numbers if name in request.POST]
    try:
        given: dict[str, Any] = {
            name: positive_number(request.POST[name], field=name) for name in sent
        }
        if "marker_family" in request.POST:
            given["marker_family"] = request.POST["marker_family"]
        scale.set_photo_scale(photo=row, actor=request.user, **given)
    except DomainError as error:
        tell_refusal(request, error)
    else:
        messages.success(request, _("Kept. The cracks are measured again."))
    return redirect("photo", pk=pk)


@require_POST
@signed_in
def set_two_points(request: HttpRequest, pk: int) -> HttpResponse:
    """Two points and the length between them, or ``remove``.

    The viewer's tool asks for JSON: a refusal then leaves what was marked and typed where it is.
    """
    row = _photo(request, pk)
    try:
        points = None if request.POST.get("remove") else _points(request)
        scale.set_photo_scale(photo=row, actor=request.user, two_points=points)
    except DomainError as error:
        if _wants_json(request):
            told = {"message": error.message, "hint": error.hint, "field": error.field}
            return JsonResponse(told, status=422)
        tell_refusal(request, error)
        return redirect("photo", pk=pk)
    messages.success(
        request,
        _("The two points are taken away. The cracks are measured again.")
        if points is None
        else _("Two points kept. The cracks are measured again."),
    )
    address = reverse("photo", args=[pk])
    return JsonResponse({"location": address}) if _wants_json(request) else redirect(address)


def _wants_json(request: HttpRequest) -> bool:
    return request.headers.get("Accept") == "application/json"


def _points(request: HttpRequest) -> TwoPointsGiven:
    """The points of the form.

    Raises:
        DomainError: for what is no number, or a unit that there is not.
    """
    form = request.POST
    x1, y1, x2, y2 = (
        finite_number(form.get(name, ""), field="points_px") for name in ("x1", "y1", "x2", "y2")
    )
    mm = MM_PER_UNIT.get(form.get("unit", "mm"))
    length = positive_number(form.get("length", ""), field="length")
    if mm is None or length is None:
        raise DomainError(
            "two_points_no_length",
            _("The length between the two points is missing."),
            _("Type what lies between them on the surface, for example 50 mm of a ruler."),
            field="length",
        )
    u_length = positive_number(form.get("u_length", ""), field="u_length")
    u_mm = None if u_length is None else u_length * mm
    return TwoPointsGiven((x1, y1), (x2, y2), length * mm, u_mm)


urlpatterns = [
    path("photos/<int:pk>/scale/", set_scale, name="photo-scale"),
    path("photos/<int:pk>/two-points/", set_two_points, name="photo-two-points"),
]
