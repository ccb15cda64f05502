"""One photo: what was seen on it, how sure, from what scale; and whose crack each line is."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from assets.coverage import expanded
from assets.errors import DomainError
from assets.marker_cards.families import FAMILIES
from assets.models import Analysis, Defect, DefectState, Measurement, Photo, PhotoState, Region
from assets.selectors import photo as photos
from assets.services import identity, queue, review
from assets.severity import RULE_SETS, RuleSet, badness, is_undecided
from portal.findings import said
from portal.pages.doors import signed_in, visible_or_404
from portal.pages.forms import tell_refusal
from portal.pages.photo_scale import MM_PER_UNIT, marks, scale_words
from portal.pages.shell import Shell
from portal.whole_numbers import whole_number
from portal.width_strip import width_strip
from portal.wording import number, rules_in_words, width_decimals


def _photo(request: HttpRequest, pk: int) -> Photo:
    rows = Photo.objects.select_related("inspection__asset", "element", "uploaded_by")
    return visible_or_404(rows, request.user, pk=pk)


def _label(line: Measurement) -> str:
    """What stands on the plate beside a line: number of the crack and its width."""
    name = str(line.defect.number) if line.defect else "?"
    if line.width_mm_p95 is not None:
        value, u, unit = line.width_mm_p95, line.width_mm_u, "mm"
    elif line.width_px_p95 is not None:
        value, u, unit = line.width_px_p95, line.width_px_u, "px"
    else:
        return f"{name}  {_('not measurable')}"
    decimals = width_decimals(value, expanded(u) if u else None, unit)
    spread = f" ± {number(expanded(u), decimals)}" if u else ""
    return f"{name}  {number(value, decimals)}{spread} {unit}"


def _camera(photo: Photo) -> str:
    """Make, model and lens, each said once: many cameras repeat the make in the model."""
    said: list[str] = []
    for part in (photo.camera_make, photo.camera_model, photo.lens_model):
        if part and not any(part.lower() in other.lower() for other in said):
            said = [other for other in said if other.lower() not in part.lower()]
            said.append(part)
    return ", ".join(said)


def _defect_of(request: HttpRequest, pk: str, element_id: int) -> Defect:
    """The crack that a form names, of the same element; 404 for any other text."""
    wanted = whole_number(pk)
    if wanted is None:
        raise Http404(_("There is no such crack."))
    return visible_or_404(Defect.objects.all(), request.user, pk=wanted, element_id=element_id)


def _badness(line: Measurement) -> tuple[int, float, float, float]:
    return badness(line.level, line.width_mm_p95, line.width_px_p95)


def _viewer(
    photo: Photo, analysis: Analysis | None, lines: list[Measurement], rules: RuleSet | None
) -> dict[str, Any]:
    """What the viewer's script needs: size, tiles, scale, the lines with plates and profiles."""
    tiles = reverse("photo-tile", args=[photo.pk, 999, 998, 997])
    return {
        "width": photo.width_px,
        "height": photo.height_px,
        "maxZoom": photo.tiles_max_zoom,
        "tiles": tiles.replace("999", "{z}").replace("998", "{x}").replace("997", "{y}"),
        "scale": marks(photo, analysis),
        "cracks": [
            {
                "id": line.pk,
                "level": line.level,
                "line": line.centreline_px,
                "label": _label(line),
                "name": _("crack %(n)d") % {"n": line.defect.number}
                if line.defect
                else _("an unmatched line"),
                "strip": width_strip(line, analysis, rules) if analysis else None,
                "why": _why(line),
            }
            for line in lines
        ],
    }


def _why(line: Measurement) -> dict[str, str] | None:
    if line.not_measurable is None:
        return None
    told = said(line.not_measurable)
    return {"sentence": told.sentence, "remedy": told.remedy}


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
    can = Shell.of(request).can_in(row.inspection.asset.organisation_id)
    defects = []
    if can["defect_identify"] and (lines or detail.regions):
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
        "lines": lines,
        "regions": detail.regions,
        "defects": defects,
        "previous_id": detail.previous_id,
        "next_id": detail.next_id,
        "earlier": len(detail.earlier),
        "camera": _camera(row),
        "viewer": _viewer(row, analysis, lines, rules) if row.tiles_max_zoom is not None else None,
        "scale": scale_words(row, analysis),
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
def identify(request: HttpRequest, pk: int) -> HttpResponse:
    """A person's word on whose crack a line is: a new one, or one that is known."""
    line: Measurement = visible_or_404(
        Measurement.objects.select_related("analysis__photo__inspection__asset", "defect"),
        request.user,
        pk=pk,
    )
    row = line.analysis.photo
    Shell.of(request).require("defect.identify", row.inspection.asset.organisation_id)
    wanted, reason = request.POST.get("defect", ""), request.POST.get("reason", "").strip()
    known = None
    if wanted not in ("", "new"):
        known = _defect_of(request, wanted, row.element_id)
    try:
        if line.defect_id is None:
            identity.decide_unmatched(
                measurement=line, defect=known, actor=request.user, reason=reason
            )
        else:
            identity.move_measurement(
                measurement=line, to_defect=known, actor=request.user, reason=reason
            )
    except DomainError as error:
        tell_refusal(request, error)
    else:
        messages.success(request, _("Kept. The history of the crack follows your decision."))
    return redirect("photo", pk=row.pk)


@require_POST
@signed_in
def identify_region(request: HttpRequest, pk: int) -> HttpResponse:
    """A person's word on which defect a region is: a new one, or one that is known."""
    region: Region = visible_or_404(
        Region.objects.select_related("analysis__photo__inspection__asset", "defect"),
        request.user,
        pk=pk,
    )
    row = region.analysis.photo
    Shell.of(request).require("defect.identify", row.inspection.asset.organisation_id)
    wanted, reason = request.POST.get("defect", ""), request.POST.get("reason", "").strip()
    known = None
    if wanted not in ("", "new"):
        known = _defect_of(request, wanted, row.element_id)
    try:
        if region.defect_id is None:
            identity.decide_region(region=region, defect=known, actor=request.user, reason=reason)
        else:
            identity.move_region(region=region, to_defect=known, actor=request.user, reason=reason)
    except DomainError as error:
        tell_refusal(request, error)
    else:
        messages.success(request, _("Kept. The history of the defect follows your decision."))
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
    path("measurements/<int:pk>/identify/", identify, name="measurement-identify"),
    path("regions/<int:pk>/identify/", identify_region, name="region-identify"),
    path("defects/<int:pk>/merge/", merge, name="defect-merge"),
]
