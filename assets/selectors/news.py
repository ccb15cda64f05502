"""Reads what changed for a person since they last asked: which assets, and what about them.

A cursor names each organisation of the person with the number of its newest entry that is news:
``3.128_7.44``. So it is right whatever else grows: an organisation that the person joined or left
since makes everything new, and nothing of one that is not theirs is ever looked at.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from assets.cells import cell_of
from assets.errors import DomainError
from assets.models import Asset, Event, Organisation, Photo
from assets.services.ledger import OF_NO_ASSET
from assets.work.tables import work_of_no_asset

MOST_ASSETS = 200
MOST_ENTRIES = 2000
CURSOR = r"[0-9]{1,18}\.[0-9]{1,18}(?:_[0-9]{1,18}\.[0-9]{1,18})*"
# Of these neither the map nor its list shows anything. A verb that is not here counts as shown.
NOT_ON_THE_MAP = frozenset(
    {
        "photo.stored",
        "photo.retried",
        "photo.failed",
        "photo.rejected",
        "inspection.opened",
        "inspection.edited",
        "scale.changed",
        "review.asked",
        "review.settled",
        "element.created",
        "alert.raised",
        "alert.changed",
        "alert.resolved",
        "alert.acknowledged",
    }
)
# Neither a map nor a page of an asset shows anything of these.
SHOWN_NOWHERE = OF_NO_ASSET - {"organisation"}
# What these speak of shows on the pages of the asset, of the alerts, and of the photo that an
# analysis of the same transaction names. What is not here shows wherever the asset does.
SHOWN_APART = frozenset(
    {"defect.first_seen", "defect.changed", "alert.raised", "alert.changed", "alert.resolved"}
    | {"alert.acknowledged"}
)


@dataclass(slots=True)
class AssetNews:
    """The changes of one asset.

    ``map_cells``: where its marker is and was (``assets.cells``); ``on_map``: the map or its list
    shows it otherwise now; ``whole``: every page that shows something of the asset is concerned,
    not only those of ``photos`` and ``inspections``.
    """

    id: int
    map_cells: list[int] = field(default_factory=list)
    on_map: bool = False
    whole: bool = False
    photos: list[int] = field(default_factory=list)
    inspections: list[int] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class News:
    """The answer. ``raised``: alerts that were raised, the newest last."""

    cursor: str
    everything: bool
    assets: list[AssetNews] = field(default_factory=list)
    alerts: bool = False
    raised: list[int] = field(default_factory=list)


def cursor_of(newest: Mapping[int, int]) -> str:
    """The cursor of somebody who has seen all: organisation id -> ``LedgerHead.news_seq``."""
    return "_".join(f"{place}.{newest[place]}" for place in sorted(newest))


def news(user: Any, since: str) -> News:
    """What changed for ``user`` after the cursor ``since``; five queries at most.

    Where it cannot be said, everything counts as new: for an empty cursor, other organisations
    than then, more than :data:`MOST_ASSETS` assets or :data:`MOST_ENTRIES` entries, an entry that
    does not name its asset, and a ledger that is shorter than it was (restored from a backup).

    Raises:
        DomainError: ``invalid`` for what is no cursor.
    """
    if since and not re.fullmatch(CURSOR, since):
        raise DomainError(
            "invalid",
            _("“%(since)s” is no place in the news.") % {"since": since[:40]},
            _("Send the cursor of the answer before, or leave it out to begin."),
            field="since",
        )
    seen = {int(place): int(seq) for place, _dot, seq in _parts(since)}
    # The heads first: whatever is committed after this is of a later number, and comes next time.
    heads = Organisation.objects.visible_to(user).values_list("pk", "ledger_head__news_seq")
    newest = {place: seq or 0 for place, seq in heads.order_by("pk")}
    cursor = cursor_of(newest)
    behind = {place: newest[place] - seen[place] for place in newest.keys() & seen.keys()}
    if newest.keys() != seen.keys() or not newest or min(behind.values()) < 0:
        return News(cursor, everything=True, alerts=True)
    if sum(behind.values()) > MOST_ENTRIES:
        return News(cursor, everything=True, alerts=True)
    entries = _entries(user, [(place, seen[place], newest[place]) for place in newest])
    touched = _touched(user, entries)
    alerts = [entry for entry in entries if entry["subject_type"] == "alert"]
    raised = [entry["subject_id"] for entry in alerts if entry["verb"] == "alert.raised"]
    return News(
        cursor,
        everything=touched is None,
        assets=touched or [],
        alerts=bool(alerts) or touched is None,
        raised=raised,
    )


def _parts(since: str) -> Iterable[tuple[str, str, str]]:
    return (part.partition(".") for part in since.split("_") if part)


def _entries(user: Any, spans: list[tuple[int, int, int]]) -> list[dict[str, Any]]:
    """The entries that are news, after the first number of each span up to the second."""
    wanted = Q()
    for place, after, upto in spans:
        if upto > after:
            wanted |= Q(organisation_id=place, seq__gt=after, seq__lte=upto)
    if not wanted:
        return []
    return list(
        Event.objects.visible_to(user)
        .filter(wanted)
        .exclude(verb__startswith="access.")
        .order_by("organisation_id", "seq")
        .values("verb", "subject_type", "subject_id", "asset_id", "before", "after")
    )


def _touched(user: Any, entries: list[dict[str, Any]]) -> list[AssetNews] | None:
    """One an asset, in the order of their ids; None where everything counts as new."""
    found: dict[int, AssetNews] = {}
    photos: dict[int, AssetNews] = {}
    nowhere = SHOWN_NOWHERE | work_of_no_asset()
    for entry in entries:
        kind, pk, asset_id = entry["subject_type"], entry["subject_id"], entry["asset_id"]
        if asset_id is None:
            if kind in nowhere:
                continue
            return None
        one = found.setdefault(asset_id, AssetNews(asset_id))
        one.on_map |= entry["verb"] not in NOT_ON_THE_MAP
        if kind == "analysis":
            pk = (entry["after"] or {}).get("photo")
        if kind in ("photo", "analysis") and pk is not None:
            photos[pk] = one
        elif kind == "inspection":
            one.inspections.append(pk)
        elif entry["verb"] not in SHOWN_APART:
            one.whole = True
    if len(found) > MOST_ASSETS:
        return None
    _say_inspections(user, photos)
    _say_places(user, found, entries)
    return [found[pk] for pk in sorted(found)]


def _say_inspections(user: Any, photos: dict[int, AssetNews]) -> None:
    if not photos:
        return
    rows = Photo.objects.visible_to(user).filter(pk__in=list(photos)).order_by("pk")
    for pk, inspection_id in rows.values_list("pk", "inspection_id"):
        photos[pk].photos.append(pk)
        photos[pk].inspections.append(inspection_id)
    for one in photos.values():
        one.inspections = sorted(set(one.inspections))


def _say_places(user: Any, found: dict[int, AssetNews], entries: list[dict[str, Any]]) -> None:
    """Adds the place of each changed asset on the map, and its earlier place if it was moved."""
    if not found:
        return
    rows = Asset.objects.visible_to(user).filter(pk__in=list(found)).order_by()
    at = {pk: (y, x) for pk, y, x in rows.values_list("pk", "latitude", "longitude")}
    cells = {pk: {cell_of(*place)} for pk, place in at.items()}
    for entry in reversed(entries):
        pk, before = entry["asset_id"], entry["before"] or {}
        if entry["verb"] == "asset.edited" and pk in at and {"latitude", "longitude"} & {*before}:
            y, x = at[pk]
            at[pk] = before.get("latitude", y), before.get("longitude", x)
            cells[pk].add(cell_of(*at[pk]))
    for pk, where in cells.items():
        found[pk].map_cells = sorted(where)
