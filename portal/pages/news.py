"""The address ``/news/``, which tells an open page what changed."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django.http import HttpRequest, JsonResponse
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from assets.errors import DomainError
from assets.selectors import alerts as bell
from assets.selectors.news import News
from assets.selectors.news import news as news_since
from portal.api.problems import refusal_response
from portal.pages.alerts import address, sentence
from portal.pages.doors import signed_in

COMPACT = {"separators": (",", ":"), "ensure_ascii": False}


@never_cache
@require_GET
@signed_in
def news(request: HttpRequest) -> JsonResponse:
    """The assets touched since ``?since=``, and the bell where alerts changed; some 300 bytes."""
    try:
        found = news_since(request.user, request.GET.get("since", ""))
    except DomainError as error:
        return refusal_response(error)
    answer: dict[str, Any] = {
        "cursor": found.cursor,
        "everything": found.everything,
        "assets": [asdict(one) for one in found.assets],
    }
    if found.alerts:
        answer["bell"] = _bell(request.user, found)
    return JsonResponse(answer, json_dumps_params=COMPACT)


def _bell(user: Any, found: News) -> dict[str, Any]:
    count = bell.bell_count(user)
    label = (
        ngettext("%(n)d alert not yet acknowledged", "%(n)d alerts not yet acknowledged", count)
        % {"n": count}
        if count
        else _("Alerts: none waits")
    )
    said = {"count": count, "label": label}
    raised = bell.unacknowledged(user).filter(pk__in=found.raised).order_by("-pk")
    newest = raised.first() if found.raised else None
    if newest is None:
        return said
    of_regions = bell.notices_of_regions(user, [newest])
    told = {
        "id": newest.pk,
        "sentence": f"{newest.asset.name}: {sentence(newest, of_regions)}",
        "url": address(newest),
        "open": _("Open"),
    }
    return {**said, "raised": told}


urlpatterns = [path("news/", news, name="news")]
