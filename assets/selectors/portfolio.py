"""Reads the portfolio: assets as a list, as counts for filter chips, and as map tiles.

All functions take the same filters, so that list, chips and map agree.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Avg, Count, F, Max, Min, Q, QuerySet

from assets.cells import cluster_shift, tile_range
from assets.models import Asset
from assets.models.defect import SIZE
from assets.models.worst_first import worst_first
from assets.severity import worst

Box = tuple[float, float, float, float]  # west, south, east, north, degrees

# From this zoom on every asset stands for itself: two at one place are told apart in the list.
CLUSTER_BELOW_ZOOM = 16
MAX_SINGLE_ASSETS = 2000

ORDERS: dict[str, tuple[Any, ...]] = {
    "risk": (*worst_first("worst_defect__", level="worst_level"), "code"),
    "code": ("code", "pk"),
    "name": ("name", "pk"),
    "last_seen": (F("last_seen_at").asc(nulls_first=True), "code"),
}


def filter_assets(
    user: Any,
    *,
    box: Box | None = None,
    kinds: Sequence[str] = (),
    levels: Sequence[int] = (),
    search: str = "",
) -> QuerySet[Asset]:
    """Visible assets within the filters, unordered and bare.

    Args:
        box: west, south, east, north in degrees; west > east crosses the antimeridian.
        kinds: of :class:`~assets.models.AssetKind`; none = all.
        levels: of ``worst_level`` (-2 none open, -1 ungraded, 0 to 4); none = all.
        search: words that each occur in name or code.
    """
    assets = Asset.objects.visible_to(user)
    if box is not None:
        west, south, east, north = box
        assets = assets.filter(latitude__gte=south, latitude__lte=north)
        if east - west < 360:
            west, east = _wrap(west), _wrap(east)
            inside = Q(longitude__gte=west), Q(longitude__lte=east)
            assets = assets.filter(inside[0] & inside[1] if west <= east else inside[0] | inside[1])
    if kinds:
        assets = assets.filter(kind__in=kinds)
    if levels:
        assets = assets.filter(worst_level__in=levels)
    for word in search.split()[:8]:
        assets = assets.filter(Q(name__icontains=word) | Q(code__icontains=word))
    return assets


def _wrap(longitude: float) -> float:
    """The same meridian between -180 and 180: maps scroll round the world."""
    return longitude if -180 <= longitude <= 180 else (longitude + 180) % 360 - 180


def list_assets(
    user: Any,
    *,
    box: Box | None = None,
    kinds: Sequence[str] = (),
    levels: Sequence[int] = (),
    search: str = "",
    order: str = "risk",
) -> QuerySet[Asset]:
    """Assets with their worst crack, one query however many.

    Args:
        order: key of :data:`ORDERS`; the worst first unless told otherwise. KeyError if unknown.
    """
    assets = filter_assets(user, box=box, kinds=kinds, levels=levels, search=search)
    return assets.select_related("worst_defect").order_by(*ORDERS[order])


@dataclass(frozen=True, slots=True)
class ListedAsset:
    """One asset as a list shows it, with the width of its worst open crack where it has one."""

    id: int
    organisation_id: int
    code: str
    name: str
    worst_level: int
    last_seen_at: dt.datetime | None
    defect_id: int | None
    element: str | None
    width_mm: float | None
    width_mm_u: float | None
    width_px: float | None
    width_px_u: float | None
    kind: str | None
    area_mm2: float | None
    area_mm2_u: float | None
    extent_mm: float | None


def list_rows(assets: QuerySet[Asset], *, first: int, count: int) -> list[ListedAsset]:
    """``count`` assets of the queryset from number ``first`` on, as plain values: one query."""
    rows = assets.values_list(
        "pk",
        "organisation_id",
        "code",
        "name",
        "worst_level",
        "last_seen_at",
        "worst_defect_id",
        "worst_defect__element__name",
        "worst_defect__width_mm",
        "worst_defect__width_mm_u",
        "worst_defect__width_px",
        "worst_defect__latest_measurement__width_px_u",
        "worst_defect__kind",
        "worst_defect__area_mm2",
        "worst_defect__area_mm2_u",
        "worst_defect__extent_mm",
    )
    return [ListedAsset(*row) for row in rows[first : first + count]]


@dataclass(frozen=True, slots=True)
class Facets:
    """Counts for the chips: a kind under the levels chosen, a level under the kinds chosen.

    ``total`` is what the list shows, ``everything`` what it would show of all kinds and levels.
    """

    kinds: Mapping[str, int]
    levels: Mapping[int, int]
    total: int
    everything: int


def facets(
    user: Any,
    *,
    box: Box | None = None,
    kinds: Sequence[str] = (),
    levels: Sequence[int] = (),
    search: str = "",
) -> Facets:
    """One grouped query for all of it."""
    rows = (
        filter_assets(user, box=box, search=search)
        .order_by()
        .values_list("kind", "worst_level")
        .annotate(n=Count("pk"))
    )
    by_kind: Counter[str] = Counter()
    by_level: Counter[int] = Counter()
    total = everything = 0
    for kind, worst_level, n in rows:
        everything += n
        kind_chosen = not kinds or kind in kinds
        level_chosen = not levels or worst_level in levels
        by_kind[kind] += n if level_chosen else 0
        by_level[worst_level] += n if kind_chosen else 0
        total += n if kind_chosen and level_chosen else 0
    return Facets(dict(by_kind), dict(by_level), total, everything)


def extent(
    user: Any, *, kinds: Sequence[str] = (), levels: Sequence[int] = (), search: str = ""
) -> Box | None:
    """West, south, east, north of the assets within the filters; None where there is none."""
    edge = filter_assets(user, kinds=kinds, levels=levels, search=search).aggregate(
        west=Min("longitude"), south=Min("latitude"), east=Max("longitude"), north=Max("latitude")
    )
    if edge["west"] is None:
        return None
    return edge["west"], edge["south"], edge["east"], edge["north"]


@dataclass(frozen=True, slots=True)
class MapCluster:
    """Several assets drawn as one: where they are on average, and how many of each level."""

    latitude: float
    longitude: float
    count: int
    counts: Mapping[int, int]
    worst_level: int
    box: Box


@dataclass(frozen=True, slots=True)
class MapAsset:
    """One asset on the map, with kind and size of its worst open defect where it has one."""

    id: int
    code: str
    name: str
    kind: str
    latitude: float
    longitude: float
    worst_level: int
    last_seen_at: dt.datetime | None
    defect_kind: str | None
    width_mm: float | None
    width_mm_u: float | None
    width_px: float | None
    area_mm2: float | None
    area_mm2_u: float | None
    extent_mm: float | None


def map_tile(
    user: Any,
    z: int,
    x: int,
    y: int,
    *,
    kinds: Sequence[str] = (),
    levels: Sequence[int] = (),
    search: str = "",
) -> list[MapCluster | MapAsset]:
    """What a map tile shows: clusters of an eighth of a tile, and assets that stand alone.

    A tile is one contiguous range of ``map_cell``, a cluster a group of ``map_cell >> n``: two
    queries at most.

    Raises:
        ValueError: where no such tile exists.
    """
    first, end = tile_range(z, x, y)
    inside = filter_assets(user, kinds=kinds, levels=levels, search=search).filter(
        map_cell__gte=first, map_cell__lt=end
    )
    if z >= CLUSTER_BELOW_ZOOM:
        return _singles(inside)
    groups = (
        inside.order_by()
        .annotate(cell=F("map_cell").bitrightshift(cluster_shift(z)))
        .values_list("cell", "worst_level")
        .annotate(
            n=Count("pk"),
            only=Min("pk"),
            at_latitude=Avg("latitude"),
            at_longitude=Avg("longitude"),
            west=Min("longitude"),
            south=Min("latitude"),
            east=Max("longitude"),
            north=Max("latitude"),
        )
    )
    parts: dict[int, list[tuple[Any, ...]]] = {}
    for cell, *part in groups:
        parts.setdefault(cell, []).append(tuple(part))
    alone = [part[0][2] for part in parts.values() if len(part) == 1 and part[0][1] == 1]
    clusters = [_cluster(part) for part in parts.values() if sum(row[1] for row in part) > 1]
    singles = _singles(Asset.objects.visible_to(user).filter(pk__in=alone)) if alone else []
    return [*clusters, *singles]


def _cluster(parts: Sequence[tuple[Any, ...]]) -> MapCluster:
    counts = {row[0]: row[1] for row in parts}
    count = sum(counts.values())
    return MapCluster(
        latitude=sum(row[1] * row[3] for row in parts) / count,
        longitude=sum(row[1] * row[4] for row in parts) / count,
        count=count,
        counts=counts,
        worst_level=worst(counts),
        box=(
            min(row[5] for row in parts),
            min(row[6] for row in parts),
            max(row[7] for row in parts),
            max(row[8] for row in parts),
        ),
    )


def _singles(assets: QuerySet[Asset]) -> list[MapCluster | MapAsset]:
    rows = assets.order_by("pk").values_list(
        "pk",
        "code",
        "name",
        "kind",
        "latitude",
        "longitude",
        "worst_level",
        "last_seen_at",
        "worst_defect__kind",
        *(f"worst_defect__{name}" for name in SIZE),
    )
    return [MapAsset(*row) for row in rows[:MAX_SINGLE_ASSETS]]
