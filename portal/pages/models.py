"""The page of the networks: what each does, how well, under which terms."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from portal.model_cards import BrokenModel, ShippedModel, list_models
from portal.pages.doors import signed_in

# What the shipped ones are for, where the operator has chosen nothing.
PART: dict[str, Promise] = {
    "screen": _("looks first"),
    "trace-edge": _("default on a processor"),
    "trace-deep": _("default on a GPU"),
}


def part_of(name: str) -> Promise | str:
    """The part that a model plays here, for its tag; empty for none."""
    if settings.HAIRLINE_MODEL:
        return _("chosen here") if name == settings.HAIRLINE_MODEL else ""
    return PART.get(name, "")


@require_GET
@signed_in
def models(request: HttpRequest) -> HttpResponse:
    """All cards on one page; each has its name as anchor."""
    found = list_models()
    shown = [(each, part_of(each.name)) for each in found if isinstance(each, ShippedModel)]
    context = {
        "models": sorted(shown, key=lambda pair: not pair[1]),  # those that play a part first
        "broken": [each for each in found if isinstance(each, BrokenModel)],
        "place": "account",
    }
    return render(request, "models/models.html", context)


urlpatterns = [path("models/", models, name="models")]
