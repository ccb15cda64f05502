"""The page of a photo: its cracks and areas, their confidence, scale and defect."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from assets.errors import DomainError
from assets.kept.quality import quality
from assets.marker_cards.families import FAMILIES
from assets.models import Defect, DefectState, Measurement, Photo, PhotoState, Region
from assets.selectors import photo as photos
from assets.services import identity, queue, review
from assets.severity import RULE_SETS, RuleSet, badness, is_undecided
from portal.pages.doors import signed_in, visible_or_404
from portal.pages.forms import tell_refusal
from portal.pages.photo_scale import MM_PER_UNIT, scale_words
from portal.pages.photo_viewer import legend, viewer
from portal.pages.shell import Shell
from portal.whole_numbers import whole_number
from portal.wording import rules_in_words


def _photo(request: HttpRequest, pk: int) -> Photo:
    rows = Photo.objects.select_related("inspection__asset", "element", "uploaded_by")
    return visible_or_404(rows, request.user, pk=pk)


def _camera(photo: Photo) -> str:
    """Make, model and lens, each said once: many cameras repeat the make in the model."""
    said: list[str] = []
    for part in (photo.camera_make, photo.camera_model, photo.lens_model):
        if part and not any(part.lower() in other.lower() for other in said):
            said = [other for other in said if other.lower() not in part.lower()]
            said.append(part)
    return ", ".join(said)


def _defect_of(request: HttpRequest, pk: str, element_id: int) -> Defect:
    """The defect that a form names, of the same element; 404 for any other text."""
    wanted = whole_number(pk)
    if wanted is None:
        raise Http404(_("There is no such defect."))
    return visible_or_404(Defect.objects.all(), request.user, pk=wanted, element_id=element_id)


def _badness(line: Measurement) -> tuple[int, float, float, float]:
    return badness(line.level, line.width_mm_p95, line.width_px_p95)


def _size_badness(region: Region) -> tuple[int, float, float, float]:
    return badness(region.level, extent_mm=region.extent_mm)


def _undecided(photo: Photo, lines: list[Measurement], rules: RuleSet | None) -> list[Measurement]:
    """Lines for which the photo awaits a review."""
    if not photo.needs_review or rules is None:
        return []
    return [line for line in lines if is_undecided(line.width_mm_p95, line.width_mm_u, rules.key)]


@require_GET
@signed_in
def photo(request: HttpRequest, pk: int) -> HttpResponse:
    """The page of one photo."""
    try:
        detail = photos.photo_detail(request.user, pk)
    except Photo.DoesNotExist as error:
        raise Http404(_("There is nothing at this address.")) from error
    row, analysis = detail.photo, detail.analysis
    lines = sorted(detail.measurements, key=_badness, reverse=True)
    known = RULE_SETS.get(analysis.rule_set) if analysis else None
    rules = rules_in_words(known) if known else None
    regions = sorted(detail.regions, key=_size_badness, reverse=True)
    can = Shell.of(request).can_in(row.inspection.asset.organisation_id)
    defects = []
    if can["defect_identify"] and (lines or regions):
        defects = list(
            Defect.objects.visible_to(request.user)
            .filter(element_id=row.element_id)
            .exclude(state=DefectState.MERGED)
            .order_by("number")
        )
    context = {
        "photo": row,
        "inspection": row.inspection,
        "asset": row.inspection.asset,
        "analysis": analysis,
        "rules": rules,
        "lines": [(line, detail.before.get(line.defect_id)) for line in lines],
        "regions": [(region, detail.before.get(region.defect_id)) for region in regions],
        "defects": defects,
        "previous_id": detail.previous_id,
        "next_id": detail.next_id,
        "earlier": len(detail.earlier),
        "camera": _camera(row),
        "viewer": viewer(row, analysis, lines, regions, rules)
        if row.tiles_max_zoom is not None
        else None,
        "legend": legend(lines, regions),
        "scale": scale_words(row, analysis),
        "quality": quality(analysis.quality) if analysis else None,
        "undecided": _undecided(row, lines, rules),
        "units": list(MM_PER_UNIT),
        "marker_families": FAMILIES,
        "position": queue.queue_position(row),
        "working": row.state in (PhotoState.QUEUED, PhotoState.PROCESSING),
        "can": can,
    }
    return render(request, "photo/photo.html", context)


@require_POST
@signed_in
def retry(request: HttpRequest, pk: int) -> HttpResponse:
    """Queues a failed or rejected photo again."""
    row = _photo(request, pk)
    Shell.of(request).require("photo.retry", row.inspection.asset.organisation_id)
    try:
        queue.retry_photo(photo=row, actor=request.user)
    except DomainError as error:
        tell_refusal(request, error)
    else:
        messages.success(request, _("%(name)s is in line again.") % {"name": row.original_name})
    return redirect("inspection", pk=row.inspection_id)


@require_POST
@signed_in
def settle(request: HttpRequest, pk: int) -> HttpResponse:
    """An engineer has looked at a photo whose states straddle."""
    row = _photo(request, pk)
    Shell.of(request).require("photo.review", row.inspection.asset.organisation_id)
    try:
        review.settle_review(
            photo=row, actor=request.user, reason=request.POST.get("reason", "")[:300]
        )
    except DomainError as error:
        tell_refusal(request, error)
    else:
        messages.success(request, _("Kept with your reason. The photo left the review."))
    return redirect("photo", pk=pk)


@require_POST
@signed_in
def identify(
    request: HttpRequest, pk: int, seen_in: type[Measurement] | type[Region]
) -> HttpResponse:
    """A person's word on which defect a line or region is: a new one, or one that is known."""
    sights = seen_in.objects.select_related("analysis__photo__inspection__asset", "defect")
    sight: Measurement | Region = visible_or_404(sights, request.user, pk=pk)
    row = sight.analysis.photo
    Shell.of(request).require("defect.identify", row.inspection.asset.organisation_id)
    wanted, reason = request.POST.get("defect", ""), request.POST.get("reason", "").strip()
    known = None
    if wanted not in ("", "new"):
        known = _defect_of(request, wanted, row.element_id)
    try:
        identity.identify(sight=sight, defect=known, actor=request.user, reason=reason)
    except DomainError as error:
        tell_refusal(request, error)
    else:
        messages.success(
            request,
            _("Kept. The history of the crack follows your decision.")
            if seen_in is Measurement
            else _("Kept. The history of the defect follows your decision."),
        )
    return redirect("photo", pk=row.pk)


@require_POST
@signed_in
def merge(request: HttpRequest, pk: int) -> HttpResponse:
    """Two numbers, one crack: the history of this one goes over to another."""
    defect: Defect = visible_or_404(Defect.objects.select_related("asset"), request.user, pk=pk)
    Shell.of(request).require("defect.identify", defect.asset.organisation_id)
    into = _defect_of(request, request.POST.get("into", ""), defect.element_id)
    reason = request.POST.get("reason", "").strip()
    try:
        identity.merge_defects(defect=defect, into=into, actor=request.user, reason=reason)
    except DomainError as error:
        tell_refusal(request, error)
    else:
        messages.success(
            request,
            _("Crack %(one)s is part of crack %(other)s now.")
            % {"one": defect.number, "other": into.number}
            if defect.is_crack
            else _("%(one)s is part of %(other)s now.") % {"one": defect, "other": into},
        )
    return redirect("asset", pk=defect.asset_id)


urlpatterns = [
    path("photos/<int:pk>/", photo, name="photo"),
    path("photos/<int:pk>/retry/", retry, name="photo-retry"),
    path("photos/<int:pk>/review/", settle, name="photo-review"),
    path(
        "measurements/<int:pk>/identify/",
        identify,
        {"seen_in": Measurement},
        name="measurement-identify",
    ),
    path("regions/<int:pk>/identify/", identify, {"seen_in": Region}, name="region-identify"),
    path("defects/<int:pk>/merge/", merge, name="defect-merge"),
]
