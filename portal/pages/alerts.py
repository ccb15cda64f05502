"""The page of alerts, and the bell."""

from __future__ import annotations

from collections.abc import Container
from itertools import groupby

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from assets.errors import DomainError
from assets.models import Alert, AlertRule
from assets.selectors import alerts as bell
from assets.services import alerts as service
from portal.findings import said
from portal.pages.belonging import member_somewhere
from portal.pages.doors import signed_in, visible_or_404
from portal.pages.forms import tell_refusal
from portal.pages.shell import Shell

ALERTS_A_PAGE = 50


def sentence(alert: Alert, notices_of_regions: Container[int] = ()) -> str:
    """The alert in one sentence, without the asset's name.

    Args:
        notices_of_regions: ids of the inspections whose notice speaks of regions too
            (:func:`assets.selectors.alerts.notices_of_regions`).
    """
    place = alert.defect.element.name if alert.defect else ""
    if alert.rule == AlertRule.FIRST_SEEN:
        said = _("%(defect)s was seen for the first time, %(place)s")
    elif alert.rule == AlertRule.WORSENED:
        said = _("%(defect)s went from %(before)s to %(now)s, %(place)s")
    elif alert.resolved_at is not None:
        said = ngettext(
            "%(count)d photo of %(visit)s fitted no earlier view",
            "%(count)d photos of %(visit)s fitted no earlier view",
            alert.count,
        )
    elif alert.inspection_id in notices_of_regions:
        said = ngettext(
            "%(count)d photo of %(visit)s fits no earlier view: say which defects these are",
            "%(count)d photos of %(visit)s fit no earlier view: say which defects these are",
            alert.count,
        )
    else:
        said = ngettext(
            "%(count)d photo of %(visit)s fits no earlier view: say which cracks these are",
            "%(count)d photos of %(visit)s fit no earlier view: say which cracks these are",
            alert.count,
        )
    return said % {
        "defect": alert.defect or "",
        "place": place,
        "before": alert.previous_severity or _("ungraded"),
        "now": alert.severity or _("ungraded"),
        "count": alert.count,
        "visit": alert.inspection or "",
    }


def address(alert: Alert) -> str:
    """The address of the page that shows the alert's subject."""
    if alert.photo_id:
        return reverse("photo", args=[alert.photo_id])
    if alert.inspection_id:
        return reverse("inspection", args=[alert.inspection_id])
    return reverse("asset", args=[alert.asset_id])


def rule_words(alert: Alert) -> str:
    """Why it was raised, in short; what is no crack is called a defect."""
    if alert.defect is None or alert.defect.is_crack:
        return str(alert.get_rule_display())
    return _("New defect") if alert.rule == AlertRule.FIRST_SEEN else _("Defect got worse")


def _why_ungraded(alert: Alert) -> str:
    """Why the defect has no grade and what to do, as its latest measurement says; may be empty."""
    if alert.level is not None or alert.defect is None:
        return ""
    if not alert.defect.is_crack:
        return _("No scale is known for its photo, or the rule set has no state for its kind.")
    latest = alert.defect.latest_measurement
    if latest is None or not latest.not_measurable:
        return ""
    told = said(latest.not_measurable)
    return f"{told.sentence} {told.remedy}"


@never_cache
@require_GET
@member_somewhere
def alerts(request: HttpRequest) -> HttpResponse:
    """The page: open alerts grouped by asset, those that nobody has in hand first."""
    show = request.GET.get("show", "new")
    rows = {
        "new": bell.unacknowledged,
        "open": bell.list_alerts,
        "all": lambda user: bell.list_alerts(user, open_only=False),
    }.get(show, bell.unacknowledged)(request.user)
    rows = rows.select_related("defect__latest_measurement").defer(
        "defect__latest_measurement__centreline_px", "defect__latest_measurement__profile"
    )
    page = Paginator(rows, ALERTS_A_PAGE).get_page(request.GET.get("page"))
    shell = Shell.of(request)
    of_regions = bell.notices_of_regions(request.user, page.object_list)
    described = [
        {
            "alert": alert,
            "sentence": sentence(alert, of_regions),
            "address": address(alert),
            "rule": rule_words(alert),
            "why_ungraded": _why_ungraded(alert),
            "may_acknowledge": shell.can_in(alert.organisation_id)["alert_acknowledge"],
        }
        for alert in page.object_list
    ]
    described.sort(key=lambda row: row["alert"].asset.code)  # groups; within one, newest first
    groups = [
        {"asset": asset, "rows": list(some)}
        for asset, some in groupby(described, key=lambda row: row["alert"].asset)
    ]
    newest = max((row["alert"].pk for row in described), default=0)
    context = {"groups": groups, "page": page, "show": show, "newest": newest}
    return render(request, "alert/alerts.html", context)


@require_POST
@signed_in
def acknowledge(request: HttpRequest, pk: int) -> HttpResponse:
    """Somebody has it in hand. It stays open until the crack is closed."""
    alert = visible_or_404(Alert.objects.select_related("asset"), request.user, pk=pk)
    Shell.of(request).require("alert.acknowledge", alert.organisation_id)
    note = request.POST.get("note", "").strip()
    try:
        service.acknowledge(alert=alert, actor=request.user, note=note)
    except DomainError as error:
        tell_refusal(request, error)
    else:
        messages.success(request, _("Acknowledged. It stays open until it is resolved."))
    show = request.POST.get("show", "new")
    return redirect(f"{reverse('alerts')}?show={show if show in ('new', 'open', 'all') else 'new'}")


urlpatterns = [
    path("alerts/", alerts, name="alerts"),
    path("alerts/<int:pk>/acknowledge/", acknowledge, name="alert-acknowledge"),
]
