"""The page of an asset: its parts, its open cracks over time, its visits; and its forms."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.defaultfilters import date
from django.template.loader import render_to_string
from django.urls import path, reverse
from django.utils import timezone
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from assets.models import Asset, Defect, Element, Organisation
from assets.selectors import asset as reads
from assets.selectors.history import DefectHistory, HistoryPoint
from assets.services.defects import heir
from assets.services.portfolio import create_asset, create_element, edit_asset, edit_element
from assets.severity import RULE_SETS
from portal.access import organisations_where
from portal.charts import extent_chart, spark_points, width_chart
from portal.pages.belonging import member_somewhere
from portal.pages.doors import signed_in, visible_or_404
from portal.pages.forms import AssetForm, ElementForm, form_page, saved
from portal.pages.portfolio import stale_words
from portal.pages.shell import Shell
from portal.templatetags.hairline import width
from portal.whole_numbers import whole_number
from portal.wording import area_words, extent_words, rules_in_words

MOST_DEFECTS = 100
MOST_INSPECTIONS = 12
MOST_ROWS = 500  # of the table below a chart


def _selected(request: HttpRequest) -> int | None:
    return whole_number(request.GET.get("defect", ""))


def _context(request: HttpRequest, asset: Asset) -> dict[str, Any]:
    """Everything below the heading; the same number of queries whatever the asset holds."""
    user = request.user
    rules = rules_in_words(RULE_SETS[asset.organisation.rule_set])
    histories = reads.asset_history(user, asset)
    selected = _selected(request) or (histories[0].defect.pk if histories else None)
    element = whole_number(request.GET.get("element", ""))
    chosen = [h for h in histories if element is None or h.defect.element_id == element]
    inspections = list(reads.inspections_of(user, asset)[: MOST_INSPECTIONS + 1])
    return {
        "asset": asset,
        "only_cracks": all(history.defect.is_crack for history in histories),
        "rules": rules,
        "elements": list(reads.elements_of(user, asset)),
        "element": element,
        "rows": [
            {
                "defect": history.defect,
                "points": spark_points(history.points),
                "photo": history.defect.latest_photo_id,
                "visits": len({point.inspection_id for point in history.points}),
            }
            for history in chosen[:MOST_DEFECTS]
        ],
        "left_out": max(0, len(chosen) - MOST_DEFECTS),
        "selected": selected,
        "history": next((h for h in histories if h.defect.pk == selected), None),
        "table_mm": _table(chosen, "mm"),
        "table_px": _table(chosen, "px"),
        "chart_mm": width_chart(chosen, unit="mm", rules=rules, selected=selected),
        "chart_px": width_chart(chosen, unit="px", rules=rules, selected=selected),
        "chart_extent": extent_chart(chosen, rules=rules, selected=selected),
        "table_extent": _table_of_areas(chosen),
        "ungraded": sum(history.defect.level is None for history in histories),
        "inspections": inspections[:MOST_INSPECTIONS],
        "more_inspections": len(inspections) > MOST_INSPECTIONS,
        "can": Shell.of(request).can_in(asset.organisation_id),
        "stale": stale_words(
            asset.last_seen_at, asset.organisation.stale_after_days, timezone.now()
        ),
    }


def _table(histories: list[DefectHistory], unit: str) -> list[dict[str, Any]]:
    """The points of a chart as rows, drawn as far as they can be."""
    points: list[tuple[int, HistoryPoint]] = []
    for history in histories:
        if not history.defect.is_crack:
            continue
        graded = any(point.width_mm_p95 is not None for point in history.points)
        if graded == (unit == "mm"):
            points += [(history.defect.number, point) for point in history.points]
    photo = reverse("photo", args=[0])  # one for all: there may be hundreds
    return [
        {
            "number": number,
            "photo": photo.replace("/0/", f"/{p.photo_id}/"),
            "day": date(timezone.localtime(p.captured_at), "j M Y"),
            "width": width(p.width_mm_p95, p.width_mm_u, p.width_px_p95, p.width_px_u),
            "state": p.severity,
        }
        for number, p in points[:MOST_ROWS]
    ]


def _table_of_areas(histories: list[DefectHistory]) -> list[dict[str, Any]]:
    """The extent of each areal defect over time, graded or not."""
    photo = reverse("photo", args=[0])
    points = [
        (history.defect, point)
        for history in histories
        if not history.defect.is_crack
        for point in history.points
    ]
    return [
        {
            "name": str(defect),
            "photo": photo.replace("/0/", f"/{p.photo_id}/"),
            "day": date(timezone.localtime(p.captured_at), "j M Y"),
            "extent": None if p.extent_mm is None else f"{extent_words(p.extent_mm)} mm",
            "area": None if p.area_mm2 is None else area_words(p.area_mm2, p.area_mm2_u),
            "state": p.severity,
        }
        for defect, p in points[:MOST_ROWS]
    ]


def _body(request: HttpRequest, pk: int) -> tuple[Asset, str, str]:
    """The asset, all of its page below the frame, and a mark that changes when that does."""
    shown = visible_or_404(reads.visible_asset(request.user), request.user, pk=pk)
    html = render_to_string("asset/body.html", _context(request, shown), request=request)
    return shown, html, sha256(html.encode()).hexdigest()[:16]


@require_GET
@signed_in
def asset(request: HttpRequest, pk: int) -> HttpResponse:
    """The page of one asset; ``?defect=`` stands out in the chart, ``?element=`` narrows it."""
    shown, html, mark = _body(request, pk)
    context = {"asset": shown, "body": mark_safe(html), "mark": mark, "place": "map"}  # noqa: S308
    return render(request, "asset/asset.html", context)


@never_cache
@require_GET
@signed_in
def body(request: HttpRequest, pk: int) -> HttpResponse:
    """The page below its frame, asked for again when there is news; ``X-Mark`` tells a change."""
    _shown, html, mark = _body(request, pk)
    return HttpResponse(html, headers={"X-Mark": mark})


@require_http_methods(["GET", "POST"])
@member_somewhere
def new(request: HttpRequest) -> HttpResponse:
    """Add an asset."""
    organisations = organisations_where(request.user, "asset.edit")
    mine = Shell.of(request).memberships
    if not organisations:
        if not mine:
            raise Http404
        Shell.of(request).require("asset.edit", mine[0].organisation_id)
    first = {"time_zone": "UTC", "kind": "bridge"}
    form = AssetForm(request.POST or None, initial=first, organisations=organisations)

    def create(organisation: Organisation | None = None, **fields: Any) -> Asset:
        return create_asset(organisation=organisation or organisations[0], **fields)

    made = saved(request, form, create)
    if made is not None:
        messages.success(
            request,
            _("%(name)s is on the map. Next: open an inspection and drop its photos.")
            % {"name": made.name},
        )
        return redirect("asset", made.pk)
    context = {"form": form, "place": "map", "cancel": reverse("portfolio")}
    return form_page(request, "asset/form.html", context)


@require_http_methods(["GET", "POST"])
@signed_in
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change what is known of an asset."""
    shown = visible_or_404(Asset.objects.all(), request.user, pk=pk)
    Shell.of(request).require("asset.edit", shown.organisation_id)
    form = AssetForm(request.POST or None, initial=AssetForm.values_of(shown))
    if saved(request, form, edit_asset, asset=shown) is not None:
        messages.success(request, _("Saved."))
        return redirect("asset", pk)
    context = {"form": form, "asset": shown, "place": "map", "cancel": reverse("asset", args=[pk])}
    return form_page(request, "asset/form.html", context)


@require_http_methods(["GET", "POST"])
@signed_in
def new_element(request: HttpRequest, pk: int) -> HttpResponse:
    """Add a part to an asset."""
    shown = visible_or_404(Asset.objects.all(), request.user, pk=pk)
    Shell.of(request).require("asset.edit", shown.organisation_id)
    form = ElementForm(request.POST or None)
    made = saved(request, form, create_element, asset=shown)
    if made is not None:
        messages.success(request, _("Element %(name)s was added.") % {"name": made.name})
        return redirect("asset", pk)
    context = {"form": form, "asset": shown, "place": "map", "cancel": reverse("asset", args=[pk])}
    return form_page(request, "asset/element_form.html", context)


@require_http_methods(["GET", "POST"])
@signed_in
def edit_part(request: HttpRequest, pk: int) -> HttpResponse:
    """Change what is known of a part."""
    rows = Element.objects.select_related("asset")
    element = visible_or_404(rows, request.user, pk=pk)
    Shell.of(request).require("asset.edit", element.asset.organisation_id)
    form = ElementForm(request.POST or None, initial=ElementForm.values_of(element))
    back = reverse("asset", args=[element.asset_id])
    if saved(request, form, edit_element, element=element) is not None:
        messages.success(request, _("Saved."))
        return redirect(back)
    context = {"form": form, "asset": element.asset, "element": element, "cancel": back}
    return form_page(request, "asset/element_form.html", {**context, "place": "map"})


@require_GET
@signed_in
def defect(request: HttpRequest, pk: int) -> HttpResponse:
    """A crack's own address: its asset, with the crack standing out."""
    found = get_object_or_404(Defect.objects.visible_to(request.user), pk=pk)
    target = heir(found)
    return redirect(f"{reverse('asset', args=[target.asset_id])}?defect={target.pk}")


urlpatterns = [
    path("assets/new/", new, name="asset-new"),
    path("assets/<int:pk>/", asset, name="asset"),
    path("assets/<int:pk>/body/", body, name="asset-body"),
    path("assets/<int:pk>/edit/", edit, name="asset-edit"),
    path("assets/<int:pk>/elements/new/", new_element, name="element-new"),
    path("elements/<int:pk>/edit/", edit_part, name="element-edit"),
    path("defects/<int:pk>/", defect, name="defect"),
]
