"""Spalls and the like on the pages: kind, extent and area instead of a crack's width."""

from __future__ import annotations

import pytest

from assets.models import Defect, Region
from portal.wording import area_words
from tests.factories import analyse, make_photo, make_region, match_now

pytestmark = pytest.mark.django_db


@pytest.fixture
def grown(visit):
    """A crack, and a spall seen twice that grew from 120 to 600 mm; the second photo."""
    analyse(make_photo(visit), 0.4, regions=[make_region(120.0)], at="2023-05-01T00:00:00")
    spall = Defect.objects.get(kind="spalling")
    photo = make_photo(visit)
    match = match_now(visit, area_pairs={0: spall.pk})
    analyse(photo, regions=[make_region(600.0)], at="2025-05-01T00:00:00", match=match)
    return photo


@pytest.mark.parametrize(
    ("mm2", "u", "words"),
    [
        (120_000.0, None, "0.120 m²"),
        (180_000.0, 3_600.0, "0.180 ± 0.007 m²"),
        (99_000.0, 2_000.0, "990 ± 40 cm²"),
        (7_200.0, 288.0, "72.0 ± 5.8 cm²"),
        (0.0, None, "0 cm²"),
    ],
)
def test_square_metres_from_a_tenth_on(mm2, u, words):
    assert area_words(mm2, u) == words


def test_asset_page(client, alice, grown):
    client.force_login(alice)
    asset = grown.inspection.asset_id
    html = client.get(f"/assets/{asset}/").content.decode()

    assert "Open defects" in html and "Open cracks" not in html
    assert "Spalling 2" in html and "Crack 1" in html
    assert "<b>600</b>" in html and "0.180 ± 0.014 m²" in html
    assert 'id="figure-extent"' in html and 'id="figure-mm"' in html
    assert "Extent of Spalling 2 from May 2023" in html
    assert "72.0 ± 5.8 cm²" in html, "the table has what was before"
    assert "Crack 2" not in html and "no width" not in html


def test_a_page_of_cracks_alone_is_as_it_was(client, alice, visit):
    analyse(make_photo(visit), 0.4)
    client.force_login(alice)
    html = client.get(f"/assets/{visit.asset_id}/").content.decode()

    assert "Open cracks" in html and "Open defects" not in html
    assert "Extent over time" not in html


def test_ungraded_without_a_scale(client, alice, visit):
    analyse(make_photo(visit), regions=[make_region()])
    client.force_login(alice)
    html = client.get(f"/assets/{visit.asset_id}/").content.decode()

    assert "1 defect ungraded" in html
    assert "so its extent in millimetres is not known" in html
    assert "no scale" in html


def test_alerts_name_the_kind(client, alice, grown):
    client.force_login(alice)
    html = client.get("/alerts/").content.decode()

    assert "Spalling 2 went from CS2 to CS3" in html and "Defect got worse" in html
    assert "Spalling 2 was seen for the first time" in html
    assert "Crack 1 was seen for the first time" in html
    assert "<b>600</b>" in html


def test_the_portfolio_shows_an_extent(client, alice, grown):
    client.force_login(alice)
    assert "<b>600</b>" in client.get("/").content.decode()
    card = client.get(f"/assets/{grown.inspection.asset_id}/card/").content.decode()
    assert "Spalling 2" in card and "CS3" in card


def test_the_photos_page_and_a_persons_word(client, emil, mia, otto, visit, grown):
    client.force_login(emil)
    html = client.get(f"/photos/{grown.pk}/").content.decode()
    assert "1 other defect" in html and "Spalling 2" in html
    assert "No crack found" not in html
    region = Region.objects.get(analysis__photo=grown)
    address = f"/regions/{region.pk}/identify/"

    crack = Defect.objects.get(kind="crack")
    refused = client.post(address, {"defect": crack.pk, "reason": "r"}, follow=True)
    assert "of another kind" in refused.content.decode()
    client.post(address, {"defect": "new", "reason": "another corner"})
    region.refresh_from_db()
    assert (str(region.defect), region.identity) == ("Spalling 3", "person")

    client.force_login(otto)
    assert client.post(address, {"defect": "new", "reason": "r"}).status_code == 404
    client.force_login(mia)
    assert client.post(address, {"defect": "new", "reason": "r"}).status_code == 403


def test_the_visit_lists_them_beside_its_photos(client, alice, grown):
    client.force_login(alice)
    html = client.get(f"/inspections/{grown.inspection_id}/").content.decode()

    assert html.count("Spalling") == 2
    assert "<b>600</b>" in html and "<b>120</b>" in html
    assert "No crack found" not in html
