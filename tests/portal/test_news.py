"""The news that an open page gets, and the API's."""

from __future__ import annotations

import math
import random
import re
from typing import Any

import pytest
from django.test import Client

from assets.cells import cell_of, tile_range
from assets.models import Inspection, Organisation, User
from assets.selectors import portfolio as portfolio_reads
from portal.ledger_watch import newest_numbers
from tests.factories import analyse, make_asset, make_photo
from tests.javascript import STATIC, run_modules

pytestmark = pytest.mark.django_db


def shown(html: str) -> dict[str, str]:
    """What a page says of where its news begin."""
    found = re.search(r'id="live"[^>]*>', html)
    assert found
    return dict(re.findall(r'data-([a-z]+)="([^"]*)"', found[0]))


def ask(client: Client, since: str, **query: str) -> Any:
    return client.get("/news/", {"since": since, **query})


def test_a_page_says_from_where_on_it_asks(client: Client, alice: User, visit: Inspection) -> None:
    make_photo(visit, by=alice)
    client.force_login(alice)
    for address in ("/", f"/assets/{visit.asset_id}/", f"/inspections/{visit.pk}/", "/account/"):
        page = shown(client.get(address).text)
        assert page["news"] == "/news/"
        assert ask(client, page["since"]).json()["assets"] == []
        assert int(page["number"]) == newest_numbers({alice.pk})[alice.pk]


def test_nothing_that_happens_while_a_page_is_drawn_is_missed(
    client: Client, alice: User, visit: Inspection, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_photo(visit, by=alice)
    client.force_login(alice)
    real = portfolio_reads.facets

    def meanwhile(*args: Any, **words: Any) -> Any:
        found = real(*args, **words)
        monkeypatch.setattr(portfolio_reads, "facets", real)
        make_photo(visit, by=alice)  # somebody else's, after this page has read its own
        return found

    monkeypatch.setattr(portfolio_reads, "facets", meanwhile)
    page = shown(client.get("/").text)

    (asset,) = ask(client, page["since"]).json()["assets"]
    assert asset["id"] == visit.asset_id


def test_a_photo_costs_a_page_that_does_not_show_it_two_small_answers(
    client: Client, alice: User, visit: Inspection, organisation: Organisation
) -> None:
    """The longest names included: 80 letters of three bytes each."""
    visit.asset.name = visit.element.name = "桥" * 80
    visit.asset.save()
    visit.element.save()
    make_asset(organisation)
    client.force_login(alice)
    since = shown(client.get("/").text)["since"]
    photo = make_photo(visit, by=alice)
    first = ask(client, since)
    analyse(photo, 0.4)
    second = ask(client, first.json()["cursor"])

    assert "bell" not in first.json()
    assert second.json()["bell"]["count"] >= 1
    assert len(first.content) + len(second.content) <= 1024


def test_the_bell_comes_along_where_alerts_changed(
    client: Client, alice: User, visit: Inspection
) -> None:
    photo = make_photo(visit)
    client.force_login(alice)
    since = shown(client.get("/").text)["since"]

    analyse(photo, 0.4)

    bell = ask(client, since).json()["bell"]
    assert (bell["count"], bell["label"]) == (1, "1 alert not yet acknowledged")
    assert bell["raised"]["url"] == f"/photos/{photo.pk}/"
    assert bell["raised"]["sentence"].startswith("Ahr bridge: Crack 1 was seen")
    again = ask(client, "").json()
    assert again["everything"] and again["bell"]["count"] == 1 and "raised" not in again["bell"]


@pytest.mark.parametrize("address", ["/news/", "/api/v1/news/"])
@pytest.mark.parametrize("since", ["yesterday", "-1.2", "9" * 500, f"{10**18}.1", "1.2_", "٣.1"])
def test_what_is_no_cursor_gets_a_sentence(
    client: Client, alice: User, address: str, since: str
) -> None:
    client.force_login(alice)
    answer = client.get(address, {"since": since})
    assert (answer.status_code, answer["Content-Type"]) == (400, "application/problem+json")
    sentence = f"“{since[:40]}” is no place in the news."
    assert answer.json() == {
        "type": "about:blank",
        "status": 400,
        "code": "invalid",
        "title": sentence,
        "detail": sentence,
        "hint": "Send the cursor of the answer before, or leave it out to begin.",
        "fields": {"since": [sentence]},
    }


@pytest.mark.parametrize("address", ["/news/", "/api/v1/news/"])
@pytest.mark.parametrize("accept", ["*/*", "text/html", "application/json"])
def test_a_character_that_cannot_be_kept(
    client: Client, alice: User, address: str, accept: str
) -> None:
    client.force_login(alice)
    answer = client.get(f"{address}?since=1%00", headers={"Accept": accept})
    assert (answer.status_code, answer["Content-Type"]) == (400, "application/problem+json")
    body = answer.json()
    assert (body["status"], body["code"]) == (400, "bad_request")
    assert body["detail"].startswith("This request holds a character that cannot be kept")
    assert body["hint"]


def test_the_api_says_the_same(client: Client, alice: User, otto: User, visit: Inspection) -> None:
    make_photo(visit)
    client.force_login(alice)
    begin = client.get("/api/v1/news/").json()
    assert begin["everything"] is True
    photo = make_photo(visit)

    answer = client.get("/api/v1/news/", {"since": begin["cursor"]}).json()

    assert answer == {
        "cursor": answer["cursor"],
        "everything": False,
        "assets": [
            {
                "id": visit.asset_id,
                "map_cells": [visit.asset.map_cell],
                "on_map": False,
                "whole": False,
                "photos": [photo.pk],
                "inspections": [visit.pk],
            }
        ],
        "alerts": False,
    }
    client.force_login(otto)
    assert client.get("/api/v1/news/", {"since": begin["cursor"]}).json()["assets"] == []


def test_scripts_and_server_agree_on_cells() -> None:
    rng = random.Random(3)
    places = [(rng.uniform(-85, 85), rng.uniform(-180, 180)) for _ in range(200)]
    places += [(85.06, 180.0), (-85.06, -180.0), (0.0, 0.0)]
    cells = [cell_of(*place) for place in places]
    script = """
        const { placeOf, tileOf } = await import(modules[0]);
        const zooms = [0, 1, 7, 13, 18, 22];
        const said = words.map((cell) => [placeOf(cell), zooms.map((zoom) => tileOf(cell, zoom))]);
        console.log(JSON.stringify(said));
    """
    said = run_modules(script, [STATIC / "cells.js"], *cells)
    for (latitude, longitude), cell, (at, tiles) in zip(places, cells, said, strict=True):
        assert math.isclose(at[0], max(-85.0511, min(85.0511, latitude)), abs_tol=2e-4)
        assert math.isclose(at[1], longitude, abs_tol=2e-4)
        for tile in tiles:
            first, end = tile_range(*(int(part) for part in tile.split("/")))
            assert first <= cell < end
