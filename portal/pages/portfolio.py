"""The page of the portfolio: a map, and beside it the list of what the map shows."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path, reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from assets.models import Asset, AssetKind, DefectKind
from assets.selectors import portfolio as reads
from assets.selectors.history import FEWEST_POINTS, defect_history
from assets.severity import GRADES, NONE_OPEN, RULE_SETS, UNGRADED
from portal.charts import spark_points
from portal.pages.belonging import member_somewhere
from portal.pages.doors import signed_in, visible_or_404
from portal.pages.shell import Shell
from portal.templatetags.areas import extent_and_area
from portal.templatetags.hairline import ago, sev, width
from portal.whole_numbers import whole_number
from portal.wording import level_name, rules_in_words

ROWS_A_PAGE = 50
MOST_ROWS = 10**9
# Levels in the order of the legend; a chip for what could be told from a width here, or is there.
LEGEND = (NONE_OPEN, *GRADES, UNGRADED)


@dataclass(frozen=True)
class Chosen:
    """The filters as the address says them; what is not known there is left out."""

    kinds: tuple[str, ...]
    levels: tuple[int, ...]
    search: str

    @classmethod
    def of(cls, request: HttpRequest) -> Chosen:
        levels = {str(level): level for level in LEGEND}
        return cls(
            kinds=tuple(k for k in request.GET.getlist("kind") if k in AssetKind.values),
            levels=tuple(levels[w] for w in request.GET.getlist("level") if w in levels),
            search=request.GET.get("search", "").strip()[:80],
        )

    @property
    def filters(self) -> dict[str, Any]:
        """For the selectors."""
        return {"kinds": self.kinds, "levels": self.levels, "search": self.search}

    @property
    def words(self) -> str:
        """The filter in words, for the middle of a sentence; empty without a filter."""
        parts = [str(AssetKind(kind).label) for kind in self.kinds]
        parts += [level_name(level) for level in self.levels]
        parts += [_("“%(text)s” in name or code") % {"text": self.search}] if self.search else []
        return ", ".join(parts)


@dataclass(frozen=True)
class Chip:
    """One filter that can be pressed, with how many assets it would leave."""

    value: str
    word: str
    count: int
    checked: bool
    level: int | None = None


def box_of(request: HttpRequest) -> reads.Box | None:
    """West, south, east, north of ``?box=``; None where it is missing or makes no sense."""
    try:
        west, south, east, north = (float(part) for part in request.GET["box"].split(","))
    except (KeyError, ValueError):
        return None
    numbers = (west, south, east, north)
    return numbers if all(math.isfinite(n) for n in numbers) and south <= north else None


def stale_words(seen: datetime | None, after_days: int, now: datetime) -> str:
    """ "not inspected for 26 months" where that is longer than the organisation allows."""
    if seen is None or (now - seen).days <= after_days:
        return ""
    months = int((now - seen).days / 30.44)
    return ngettext("not inspected for %(n)d month", "not inspected for %(n)d months", months) % {
        "n": months
    }


def _changed_rows(request: HttpRequest) -> set[int] | None:
    """The rows of ``?rows=7,9``, where a page has all others; None where it asks for all."""
    asked = request.GET.get("rows")
    return None if asked is None else {whole_number(part) or 0 for part in asked.split(",")}


def _rows(request: HttpRequest, assets: QuerySet[Asset], first: int) -> list[dict[str, Any]]:
    """The lines of the list from number ``first`` on, drawn as far as they can be."""
    now = timezone.now()
    mine = Shell.of(request).memberships
    allowed = {one.organisation_id: one.organisation.stale_after_days for one in mine}
    page = reverse("asset", args=[0])  # one for all: reversing each would cost more than the query
    changed = _changed_rows(request)
    return [
        {
            "id": row.id,
            "kept": changed is not None and row.id not in changed,
            "page": page.replace("/0/", f"/{row.id}/"),
            "code": row.code,
            "name": row.name,
            "symbol": sev(row.worst_level),
            "defect": row.defect_id is not None,
            "width": _size(row),
            "scale": row.width_mm is not None or row.kind not in (None, DefectKind.CRACK),
            "element": row.element,
            "seen": ago(row.last_seen_at) if row.last_seen_at else "",
            "stale": stale_words(row.last_seen_at, allowed.get(row.organisation_id, 730), now),
        }
        for row in reads.list_rows(assets, first=first, count=ROWS_A_PAGE)
    ]


def _size(row: reads.ListedAsset) -> SafeString:
    """The worst defect's width; where it is no crack its extent and area."""
    if row.kind in (None, DefectKind.CRACK):
        return width(row.width_mm, row.width_mm_u, row.width_px, row.width_px_u)
    return extent_and_area(row.extent_mm, row.area_mm2, row.area_mm2_u)


def with_latest(assets: QuerySet[Asset]) -> QuerySet[Asset]:
    """Each asset's worst crack with its element and the numbers of its latest measurement."""
    heavy = ("centreline_px", "profile")
    return assets.select_related("worst_defect__element", "worst_defect__latest_measurement").defer(
        *(f"worst_defect__latest_measurement__{name}" for name in heavy)
    )


def _list_context(request: HttpRequest, chosen: Chosen) -> dict[str, Any]:
    box = box_of(request)
    first = whole_number(request.GET.get("from", ""), most=MOST_ROWS) or 0
    assets = reads.list_assets(request.user, box=box, **chosen.filters)
    everything = reads.facets(request.user, **chosen.filters)
    in_view = reads.facets(request.user, box=box, **chosen.filters).total if box else None
    in_view = everything.total if in_view is None else in_view
    left = in_view - first - ROWS_A_PAGE
    more = request.GET.copy()
    more["from"] = str(first + ROWS_A_PAGE)
    return {
        "rows": _rows(request, assets, first),
        "total": (
            Asset.objects.visible_to(request.user).count()
            if chosen.search
            else everything.everything
        ),
        "matching": everything.total,
        "in_view": in_view,
        "filtered": chosen.words,
        "left": left,
        "more": f"{reverse('portfolio-list')}?{more.urlencode()}" if left > 0 else "",
        "kind_chips": _kind_chips(chosen, everything.kinds),
        "level_chips": _level_chips(chosen, everything.levels, _given(request)),
    }


def _kind_chips(chosen: Chosen, counts: Any) -> list[Chip]:
    return [
        Chip(kind, str(label), counts.get(kind, 0), kind in chosen.kinds)
        for kind, label in AssetKind.choices
        if counts.get(kind) or kind in chosen.kinds
    ]


def _given(request: HttpRequest) -> set[int]:
    """The levels that a width gives by the rule sets of this person's organisations."""
    mine = {one.organisation.rule_set for one in Shell.of(request).memberships}
    return {state.level for key in mine if key in RULE_SETS for state in RULE_SETS[key].states}


def _level_chips(chosen: Chosen, counts: Any, given: set[int]) -> list[Chip]:
    """The worst first. A grade that no width gives appears once an engineer gave it."""
    grades = [n for n in reversed(GRADES) if n in given or counts.get(n) or n in chosen.levels]
    return [
        Chip(str(level), level_name(level), counts.get(level, 0), level in chosen.levels, level)
        for level in (*grades, UNGRADED, NONE_OPEN)
    ]


@require_GET
@member_somewhere
def portfolio(request: HttpRequest) -> HttpResponse:
    """Map and list."""
    chosen = Chosen.of(request)
    extent = reads.extent(request.user, **chosen.filters) or reads.extent(request.user)
    listed = _list_context(request, chosen)
    # Few standards have a grade below good; where none is used, the legend leaves it out.
    used = {chip.level for chip in listed["level_chips"]} | set(LEGEND) - {0}
    context = {
        **listed,
        "chosen": chosen,
        "extent": ",".join(f"{edge:.5f}" for edge in extent) if extent else "",
        "api": reverse("api:map-tile", args=[0, 0, 0]).removesuffix("0/0/0/"),
        "tiles": settings.MAP_TILE_URL,
        "attribution": settings.MAP_TILE_ATTRIBUTION,
        "legend": [{"level": n, "word": level_name(n)} for n in LEGEND if n in used],
        "place": "map",
    }
    return render(request, "portfolio/portfolio.html", context)


@never_cache
@require_GET
@signed_in
def asset_list(request: HttpRequest) -> HttpResponse:
    """The list alone, for the part of the map that is in view; ``from`` asks for the next rows."""
    context = {**_list_context(request, Chosen.of(request)), "partial": True}
    template = "rows" if request.GET.get("from") else "list"
    return render(request, f"portfolio/{template}.html", context)


@never_cache
@require_GET
@signed_in
def card(request: HttpRequest, pk: int) -> HttpResponse:
    """The selected asset on the map."""
    rows = with_latest(Asset.objects.select_related("organisation"))
    asset = visible_or_404(rows, request.user, pk=pk)
    defect = asset.worst_defect
    points = defect_history(request.user, defect, FEWEST_POINTS).points if defect else ()
    context = {
        "asset": asset,
        "defect": defect,
        "points": spark_points(points),
        "rule_title": rules_in_words(RULE_SETS[asset.organisation.rule_set]).title,
        "can": Shell.of(request).can_in(asset.organisation_id),
    }
    return render(request, "portfolio/card.html", context)


urlpatterns = [
    path("", portfolio, name="portfolio"),
    path("portfolio/list/", asset_list, name="portfolio-list"),
    path("assets/<int:pk>/card/", card, name="asset-card"),
]
