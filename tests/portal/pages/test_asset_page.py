"""One asset's page and its forms."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from assets.models import Asset, Defect, Element, Inspection, User
from tests.factories import analyse, make_element, make_photo
from tests.page_text import joined

ASSET = {
    "name": "Sieg dam",
    "code": "DM-1",
    "kind": "dam",
    "latitude": "50,75",
    "longitude": "7.1",
    "time_zone": "Europe/Berlin",
}


@pytest.fixture
def cracked(visit: Inspection) -> Asset:
    """The bridge with one graded crack."""
    analyse(make_photo(visit, gsd_mm_per_px=0.5), 0.35)
    return visit.asset


def test_page_shows_crack_chart_table_and_visit(
    client: Client, alice: User, cracked: Asset
) -> None:
    client.force_login(alice)
    html = client.get(f"/assets/{cracked.pk}/").content.decode()
    assert "Crack 1" in html
    assert "CS2 from 0.30" in html
    assert "Show as table" in html
    assert "AASHTO MBEI, reinforced concrete" in html
    assert "1 photo" in html
    assert "New inspection" in html


def test_ungraded_crack_has_px_history_and_the_remedy(
    client: Client, alice: User, visit: Inspection
) -> None:
    analyse(make_photo(visit), None)
    client.force_login(alice)
    html = client.get(f"/assets/{visit.asset_id}/").content.decode()
    assert "1 crack ungraded" in html
    assert "Ungraded: width over time in pixels" in html
    assert "give millimetres per pixel" in html
    assert 'id="figure-mm"' not in html


def test_empty_asset_says_what_comes_and_who_may_begin(
    client: Client, alice: User, mia: User, bridge: Asset
) -> None:
    client.force_login(alice)
    html = client.get(f"/assets/{bridge.pk}/").content.decode()
    assert "Nothing measured yet" in html
    assert "New inspection" in html
    client.force_login(mia)
    html = client.get(f"/assets/{bridge.pk}/").content.decode()
    assert "New inspection" not in html
    assert "Edit" not in html


def test_part_below_the_frame_tells_when_it_changed(
    client: Client, alice: User, cracked: Asset, visit: Inspection
) -> None:
    client.force_login(alice)
    before = client.get(f"/assets/{cracked.pk}/body/")["X-Mark"]
    assert client.get(f"/assets/{cracked.pk}/body/")["X-Mark"] == before
    assert f'data-mark="{before}"' in client.get(f"/assets/{cracked.pk}/").content.decode()
    deck = make_element(cracked, "Deck")
    analyse(make_photo(visit, element=deck, gsd_mm_per_px=0.5), 0.5)
    assert client.get(f"/assets/{cracked.pk}/body/")["X-Mark"] != before


def test_element_narrows_cracks(client: Client, alice: User, cracked: Asset, pier: Element) -> None:
    deck = make_element(cracked, "Deck")
    client.force_login(alice)
    assert "Crack 1</a>" in client.get(f"/assets/{cracked.pk}/?element={pier.pk}").content.decode()
    html = client.get(f"/assets/{cracked.pk}/?element={deck.pk}").content.decode()
    assert "Crack 1</a>" not in joined(html)
    assert "No open crack on this element." in html


def test_crack_has_an_address_of_its_own(
    client: Client, alice: User, otto: User, cracked: Asset
) -> None:
    defect = Defect.objects.get()
    client.force_login(alice)
    answer = client.get(f"/defects/{defect.pk}/")
    assert answer["Location"] == f"/assets/{cracked.pk}/?defect={defect.pk}"
    client.force_login(otto)
    assert client.get(f"/defects/{defect.pk}/").status_code == 404


def test_queries_do_not_grow_with_cracks_and_photos(
    client: Client, alice: User, cracked: Asset, visit: Inspection
) -> None:
    client.force_login(alice)
    path = f"/assets/{cracked.pk}/"
    client.get(path)
    with CaptureQueriesContext(connection) as few:
        client.get(path)
    for n in range(4):
        span = make_element(cracked, f"Span {n}")
        analyse(make_photo(visit, element=span, gsd_mm_per_px=0.5), 0.2, 0.3)
    with CaptureQueriesContext(connection) as many:
        client.get(path)
    assert len(many) == len(few)


def test_adding_an_asset_lands_on_its_page(client: Client, alice: User) -> None:
    client.force_login(alice)
    answer = client.post("/assets/new/", ASSET)
    made = Asset.objects.get(code="DM-1")
    assert answer["Location"] == f"/assets/{made.pk}/"
    assert made.latitude == 50.75  # a comma is understood
    assert made.elements.get().is_whole


def test_wrong_input_loses_nothing_and_says_what_to_do(
    client: Client, alice: User, bridge: Asset
) -> None:
    client.force_login(alice)
    wrong = {**ASSET, "latitude": "ninety", "longitude": "200", "name": "", "code": "BR-0417"}
    answer = client.post("/assets/new/", wrong)
    html = answer.content.decode()
    assert answer.status_code == 422
    assert "3 things to correct" in html
    assert 'role="alert"' in html
    assert 'href="#id_latitude"' in html
    assert "Type decimal degrees such as" in html
    assert 'value="ninety"' in html
    assert 'aria-invalid="true"' in html
    taken = client.post("/assets/new/", {**ASSET, "code": "BR-0417"})
    assert "Another asset has the code BR-0417 already." in taken.content.decode()
    assert Asset.objects.count() == 1


def test_editing_an_asset_and_an_element(
    client: Client, alice: User, bridge: Asset, pier: Element
) -> None:
    client.force_login(alice)
    form = client.get(f"/assets/{bridge.pk}/edit/").content.decode()
    assert 'value="Ahr bridge"' in form
    client.post(f"/assets/{bridge.pk}/edit/", {**ASSET, "kind": "bridge", "code": "BR-0417"})
    bridge.refresh_from_db()
    assert bridge.name == "Sieg dam"
    answer = client.post(f"/assets/{bridge.pk}/elements/new/", {"name": pier.name})
    assert "has an element called Pier 2, east face already" in answer.content.decode()
    client.post(f"/assets/{bridge.pk}/elements/new/", {"name": "Deck", "aashto_number": "12"})
    client.post(f"/elements/{pier.pk}/edit/", {"name": "Pier 2"})
    assert sorted(bridge.elements.values_list("name", flat=True)) == [
        "Deck", "Pier 2", "Whole structure",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "path",
    ["/assets/{a}/edit/", "/assets/{a}/elements/new/", "/elements/{e}/edit/", "/assets/new/"],
)
def test_changing_is_for_roles_that_may(
    client: Client, mia: User, ines: User, otto: User, bridge: Asset, pier: Element, path: str
) -> None:
    address = path.format(a=bridge.pk, e=pier.pk)
    for user in (mia, ines):
        client.force_login(user)
        assert client.get(address).status_code == 403
        assert client.post(address, ASSET).status_code == 403
    if address != "/assets/new/":
        client.force_login(otto)
        assert client.get(address).status_code == 404


def test_outsiders_find_nothing(
    client: Client, otto: User, bridge: Asset, visit: Inspection
) -> None:
    client.force_login(otto)
    asset = f"/assets/{bridge.pk}"
    hidden = [f"{asset}/", f"{asset}/body/", f"{asset}/inspections/new/"]
    for path in [*hidden, f"/inspections/{visit.pk}/edit/"]:
        assert client.get(path).status_code == 404
    assert "Ahr bridge" not in client.get("/").content.decode()
    assert "Ahr bridge" not in client.get("/inspections/").content.decode()
    assert "Ahr bridge" not in client.get("/capture/").content.decode()


def test_the_address_of_a_crack_merged_over_and_over_leads_to_the_last(
    client: Client, emil: User, cracked: Asset
) -> None:
    """``merge_defects`` keeps such chains short; a row of another origin may be one of three."""
    last = Defect.objects.get()
    chain = [last]
    for number in (2, 3, 4):
        chain.append(
            Defect.objects.create(
                asset=cracked, element=last.element, number=number, state="merged",
                merged_into=chain[-1], first_seen_at=last.first_seen_at,
                last_seen_at=last.last_seen_at,
            )
        )  # fmt: skip
    client.force_login(emil)
    for one in chain:
        answer = client.get(f"/defects/{one.pk}/")
        assert answer["Location"] == f"/assets/{cracked.pk}/?defect={last.pk}"
