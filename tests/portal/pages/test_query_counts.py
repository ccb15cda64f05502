"""Pages ask the database as often for ten thousand assets as for fourteen."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import NoReverseMatch, reverse

from assets.cells import cell_of
from assets.models import Asset, Inspection, Organisation, User
from tests import factories
from tests.portal.test_access_table import ROWS, world  # noqa: F401

FEW, MANY = 14, 10_000


def _more_assets(organisation: Organisation, count: int, *, start: int) -> None:
    rows = []
    for n in range(start, start + count):
        latitude, longitude = 40 + n % 200 / 10, -5 + n // 200 % 300 / 10
        rows.append(
            Asset(
                organisation=organisation, code=f"Q-{n:05d}", name=f"Structure {n}", kind="bridge",
                latitude=latitude, longitude=longitude, map_cell=cell_of(latitude, longitude),
                worst_level=n % 4,
            )
        )  # fmt: skip
    Asset.objects.bulk_create(rows, batch_size=1000)


def _inspection(organisation: Organisation, by: User, photos: int) -> Inspection:
    inspection = factories.make_inspection(factories.make_asset(organisation))
    for _ in range(photos):
        photo = factories.make_photo(inspection, by=by)
        match = factories.match_now(inspection, registered=False)
        factories.analyse(photo, 0.4, match=match)
    return inspection


def _queries(client: Client, address: str) -> int:
    client.get(address)  # what is asked once in a process and then kept does not count
    with CaptureQueriesContext(
        connection,
    ) as queries:
        answer = client.get(address)
    assert answer.status_code == 200
    return len(queries)


@pytest.fixture
def addresses(organisation: Organisation, alice: User) -> Callable[[], dict[str, str]]:
    inspection = _inspection(organisation, alice, photos=3)
    return lambda: {
        "portfolio": reverse("portfolio"),
        "asset": reverse("asset", args=[inspection.asset_id]),
        "inspection": reverse("inspection", args=[inspection.pk]),
        "inspections": reverse("inspections"),
        "alerts": reverse("alerts"),
    }


def test_pages_ask_as_often_for_many_assets_as_for_few(
    client: Client, organisation: Organisation, alice: User,
    addresses: Callable[[], dict[str, str]],
) -> None:  # fmt: skip
    client.force_login(alice)
    _more_assets(organisation, FEW - 1, start=0)
    few = {name: _queries(client, address) for name, address in addresses().items()}
    _more_assets(organisation, MANY - FEW, start=FEW)
    many = {name: _queries(client, address) for name, address in addresses().items()}
    assert many == few
    assert max(few.values()) <= 25


def test_pages_ask_as_often_for_many_photos_as_for_few(
    client: Client, organisation: Organisation, alice: User
) -> None:
    client.force_login(alice)
    small = _inspection(organisation, alice, photos=2)
    large = _inspection(organisation, alice, photos=12)
    for name, few, many in (
        ("inspection", small.pk, large.pk),
        ("asset", small.asset_id, large.asset_id),
    ):
        asked = [_queries(client, reverse(name, args=[pk])) for pk in (few, many)]
        assert asked[0] == asked[1], name


# Their services ask for themselves: what a keeper may do to an account, and what one leaves.
ASK_FOR_MORE = {"member-second-factor", "organisation-leave"}


def without_subqueries(sql: str) -> str:
    """The outer statement: what stands in brackets is taken out, the innermost first."""
    taken = 1
    while taken:
        sql, taken = re.subn(r"\([^()]*\)", "", sql)
    return sql


def _asked_for_memberships(queries: CaptureQueriesContext, user: User) -> list[str]:
    own = f'"assets_membership"."user_id" = {user.pk}'
    asked = [query["sql"] for query in queries if own in query["sql"]]
    return [sql for sql in asked if 'FROM "assets_membership"' in without_subqueries(sql)]


def test_no_page_asks_twice_which_organisations_somebody_belongs_to(
    client: Client,
    alice: User,
    world: dict[str, Any],  # noqa: F811
) -> None:
    client.force_login(alice)
    seen = 0
    for name, method, _statuses, arguments, _sent in ROWS:
        if method != "GET" or name in ASK_FOR_MORE or name.startswith("api"):
            continue
        places = {k: world.get(v, v) if isinstance(v, str) else v for k, v in arguments.items()}
        try:
            address = reverse(name, kwargs={k: getattr(v, "pk", v) for k, v in places.items()})
        except NoReverseMatch:
            continue
        with CaptureQueriesContext(connection) as queries:
            answer = client.get(address)
        mine = _asked_for_memberships(queries, alice)
        assert len(mine) <= 1, (name, mine)
        seen += answer.status_code == 200 and bool(mine)
    assert seen >= 15


def test_who_saves_a_visit_with_another_scale_is_asked_for_once(client: Client, alice, visit):
    """It needs two rights: to change the visit, and to change the scale of its photos."""
    client.force_login(alice)
    sent = {"kind": "walk", "held_on": "2024-05-20", "title": "Second look", "gsd_mm_per_px": "0.5"}
    with CaptureQueriesContext(connection) as queries:
        answer = client.post(f"/inspections/{visit.pk}/edit/", sent)
    assert answer.status_code == 302
    visit.refresh_from_db()
    assert (visit.title, visit.gsd_mm_per_px) == ("Second look", 0.5)
    assert len(_asked_for_memberships(queries, alice)) == 1
