"""Level 0 is a grade: a structure with open cracks of KISTEC's grade a is not one without any."""

from __future__ import annotations

import json
import re

import pytest
from django.test import Client

from assets.models import Alert, Asset, Element, Inspection, Organisation, User
from assets.selectors import portfolio
from tests.factories import analyse, make_asset, make_element, make_photo
from tests.page_text import joined


@pytest.fixture
def graded_a(organisation: Organisation, visit: Inspection) -> Asset:
    """The bridge with one open crack of 0.05 mm, a bridge that nobody has seen beside it."""
    organisation.rule_set = "kistec_rc"
    organisation.save()
    make_asset(organisation, code="BR-1", name="Unseen bridge", latitude=-33.0)
    analyse(make_photo(visit, gsd_mm_per_px=0.5), 0.05)
    return Asset.objects.get(pk=visit.asset_id)


@pytest.fixture
def pages(client: Client, alice: User) -> Client:
    client.force_login(alice)
    return client


def symbols(html: str) -> list[str]:
    """The severity symbols that are told in words, as (drawing, word)."""
    found = re.findall(r'<svg class="symbol[^"]*"([^>]*)><use href="[^"#]*#s-(\w+)"', html)
    return [name for told, name in found if "aria-label" in told]


def test_the_register_keeps_level_0_apart_from_no_crack(graded_a: Asset) -> None:
    assert (graded_a.worst_level, graded_a.open_defects) == (0, 1)
    assert (graded_a.worst_defect.severity, graded_a.worst_defect.level) == ("a", 0)
    alert = Alert.objects.get()
    assert (alert.severity, alert.level) == ("a", 0)


def test_list_card_and_asset_page_show_the_grade(pages: Client, graded_a: Asset) -> None:
    rows = pages.get("/portfolio/list/").content.decode()
    assert symbols(rows) == ["0", "none"], "the graded one first"
    assert symbols(pages.get(f"/assets/{graded_a.pk}/card/").content.decode())[0] == "0"
    page = pages.get(f"/assets/{graded_a.pk}/").content.decode()
    assert symbols(page)[0] == "0" and "0 Excellent" in page and "None seen" in page
    assert '<span class="sev level-0">' in page and 'data-level="0"' in page


def test_a_part_without_cracks_beside_one_with_grade_a(pages: Client, graded_a: Asset) -> None:
    make_element(graded_a, "Abutment")
    page = pages.get(f"/assets/{graded_a.pk}/").content.decode()
    parts = page[page.index('<aside class="card elements"') : page.index("</aside>")]
    items = [item for item in parts.split("<li>") if "?element=" in item]
    shown = {re.search(r'class="ellipsis">([^<]+)', item)[1]: symbols(item)[0] for item in items}
    seen = Element.objects.get(defects__isnull=False).name
    assert (shown[seen], shown["Abutment"]) == ("0", "none")


def test_map_filter_and_chips(pages: Client, graded_a: Asset, alice: User) -> None:
    tile = "/api/v1/map/0/0/0/"
    worst = {
        one["properties"]["code"]: one["properties"]["worst_level"]
        for one in pages.get(tile).json()["features"]
    }
    assert worst == {"BR-0417": 0, "BR-1": -2}
    for level, code in ((0, "BR-0417"), (-2, "BR-1")):
        for address in (tile, "/api/v1/assets/"):
            body = pages.get(address, {"level": level}).json()
            rows = body.get("results") or [one["properties"] for one in body["features"]]
            assert [row["code"] for row in rows] == [code]
        shown = pages.get("/portfolio/list/", {"level": level}).content.decode()
        assert (graded_a.name in shown) is (level == 0)
    assert portfolio.facets(alice).levels == {0: 1, -2: 1}
    page = joined(pages.get("/").content.decode())
    chips = re.findall(r'name="level" value="(-?\d)".*?<b id="n-level-\1">(\d+)</b>', page)
    assert chips == [
        ("4", "0"),
        ("3", "0"),
        ("2", "0"),
        ("1", "0"),
        ("0", "1"),
        ("-1", "0"),
        ("-2", "1"),
    ]
    words = json.loads(re.search(r'id="words-markers"[^>]*>([^<]+)<', page)[1])
    assert (words["level_0"], words["level_none"]) == ("0 Excellent", "None seen")


def test_a_cluster_of_both_has_the_grade_as_its_worst(alice: User, graded_a: Asset) -> None:
    Asset.objects.update(map_cell=graded_a.map_cell)
    (cluster,) = portfolio.map_tile(alice, 0, 0, 0)
    assert (cluster.counts, cluster.worst_level) == ({0: 1, -2: 1}, 0)


def test_the_api_says_so_too(pages: Client, graded_a: Asset) -> None:
    body = pages.get(f"/api/v1/assets/{graded_a.pk}/").json()
    assert (body["worst_level"], body["open_defects"]) == (0, 1)
    (defect,) = pages.get("/api/v1/defects/", {"level": 0}).json()["results"]
    assert (defect["severity"], defect["level"]) == ("a", 0)
    photo = defect["latest_photo"]
    page = pages.get(f"/photos/{photo}/").content.decode()
    assert symbols(page)[0] == "0"


def test_where_no_rule_set_has_a_grade_0_nothing_speaks_of_it(
    pages: Client, visit: Inspection
) -> None:
    analyse(make_photo(visit, gsd_mm_per_px=0.5), 0.2)
    page = joined(pages.get("/").content.decode())
    assert "0 Excellent</span>" not in page
    assert re.findall(r'name="level" value="(-?\d)"', page) == ["3", "2", "1", "-1", "-2"]
