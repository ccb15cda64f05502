"""The portfolio: list, chips, empty states, and the same number of queries whatever it holds."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from django.test import Client
from django.utils import timezone

from assets.models import Asset, Inspection, Organisation, User
from tests.factories import analyse, make_asset, make_photo


def names(answer) -> list[str]:
    return re.findall(r'<span class="name ellipsis">([^<]+)', answer.content.decode())


@pytest.fixture
def portfolio(organisation: Organisation, visit: Inspection) -> None:
    """A bridge with a crack of 0.35 mm, a dam without photos in Spain, and a tunnel."""
    analyse(make_photo(visit, gsd_mm_per_px=0.5), 0.35)
    make_asset(organisation, kind="dam", name="Alta dam", latitude=40.4, longitude=-3.7)
    make_asset(organisation, kind="tunnel", name="Long tunnel", latitude=46.6, longitude=8.6)


def test_the_worst_stands_first_with_its_width(
    client: Client, alice: User, portfolio: None
) -> None:
    client.force_login(alice)
    page = client.get("/")
    assert page.status_code == 200
    assert names(page)[0] == "Ahr bridge"
    html = page.content.decode()
    assert "3 of 3 assets in view" in html
    assert "<b>0.35</b> ± 0.04" in html
    assert "No photos yet" in html


def test_list_follows_the_box_and_the_chips_count_everywhere(
    client: Client, alice: User, portfolio: None
) -> None:
    client.force_login(alice)
    part = client.get("/portfolio/list/", {"box": "-10,35,0,45"}, headers={"HX-Request": "true"})
    assert names(part) == ["Alta dam"]
    html = part.content.decode()
    assert "1 of 3 assets in view" in html
    assert '<b id="n-kind-bridge" hx-swap-oob="true">1</b>' in html


def test_a_page_that_has_the_other_rows_gets_the_changed_ones_alone(
    client: Client, alice: User, portfolio: None
) -> None:
    client.force_login(alice)
    ids = dict(Asset.objects.values_list("name", "pk"))
    answer = client.get("/portfolio/list/", {"rows": f"{ids['Alta dam']},x,"})
    assert names(answer) == ["Alta dam"]
    kept = [int(pk) for pk in re.findall(r'<li data-kept="(\d+)"></li>', answer.text)]
    assert kept[0] == ids["Ahr bridge"] and ids["Long tunnel"] in kept  # the worst first, as ever
    assert "3 of 3 assets in view" in answer.text


def test_a_box_across_the_date_line_holds_both_sides(
    client: Client, alice: User, organisation: Organisation
) -> None:
    make_asset(organisation, name="Fiji wharf", latitude=-18, longitude=178)
    make_asset(organisation, name="Samoa wall", latitude=-14, longitude=-171.7)
    make_asset(organisation, name="Cologne bridge")
    client.force_login(alice)
    assert sorted(names(client.get("/portfolio/list/?box=170,-30,-160,0"))) == [
        "Fiji wharf",
        "Samoa wall",
    ]


def test_filters_by_kind_level_and_words(client: Client, alice: User, portfolio: None) -> None:
    client.force_login(alice)
    assert names(client.get("/?kind=dam")) == ["Alta dam"]
    assert names(client.get("/?level=2")) == ["Ahr bridge"]
    assert names(client.get("/?search=long tunnel")) == ["Long tunnel"]
    assert len(names(client.get("/?kind=nonsense&level=9&box=a,b"))) == 3


def test_empty_states_say_what_to_do(client: Client, alice: User, mia: User) -> None:
    client.force_login(alice)
    assert "Add your first asset" in client.get("/").content.decode()
    client.force_login(mia)
    html = client.get("/").content.decode()
    assert "Add your first asset" not in html
    assert "adds the first one" in html


def test_a_filter_that_fits_nothing_can_be_cleared(
    client: Client, alice: User, bridge: Asset
) -> None:
    client.force_login(alice)
    html = client.get("/?search=nowhere").content.decode()
    assert "No asset fits the filter" in html
    assert "Clear the filter" in html


def test_card_of_the_selected_asset(
    client: Client, alice: User, otto: User, portfolio: None
) -> None:
    bridge = Asset.objects.get(code="BR-0417")
    client.force_login(alice)
    html = client.get(f"/assets/{bridge.pk}/card/").content.decode()
    assert "crack 1, Pier 2, east face" in html
    assert "New inspection" in html
    client.force_login(otto)
    assert client.get(f"/assets/{bridge.pk}/card/").status_code == 404


def test_an_asset_not_seen_for_long_says_so(client: Client, alice: User, bridge: Asset) -> None:
    Asset.objects.filter(pk=bridge.pk).update(
        last_seen_at=timezone.now() - dt.timedelta(days=26 * 31)
    )
    client.force_login(alice)
    assert "not inspected for 26 months" in client.get("/").content.decode()


def test_more_rows_come_on_request(client: Client, alice: User, organisation: Organisation) -> None:
    for n in range(55):
        make_asset(organisation, name=f"Wall {n:02d}")
    client.force_login(alice)
    page = client.get("/")
    assert len(names(page)) == 50
    more = re.search(r'hx-get="([^"]+)"[^>]*hx-target="closest li"', page.content.decode())
    assert more
    rest = client.get(more[1].replace("&amp;", "&"), headers={"HX-Request": "true"})
    assert len(names(rest)) == 5
    assert "Show" not in rest.content.decode()
