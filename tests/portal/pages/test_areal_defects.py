"""Spalls and the like on the pages: kind, extent and area instead of a crack's width."""

from __future__ import annotations

import json
import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from assets.models import Defect, Photo, Region
from assets.services.identity import identify
from portal.wording import area_words, extent_words
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


@pytest.mark.parametrize(
    ("mm", "spread", "words"),
    [
        (600.0, None, "600"),
        (7.46, None, "7.5"),
        (120.4, 4.8, "120 ± 5"),
        (83.04, 0.42, "83.0 ± 0.4"),
        (7.46, 0.0, "7.5"),
    ],
)
def test_extents_follow_their_uncertainty(mm, spread, words):
    assert extent_words(mm, spread) == words


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
    client.post(address, {"defect": "new", "reason": "r"})
    assert Region.objects.get(pk=region.pk).defect.number == 4
    assert client.post(address, {"defect": "no number"}).status_code == 404

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


def _page(client, photo: Photo) -> str:
    """The page of an analysed photo that has tiles, and so a viewer."""
    Photo.objects.filter(pk=photo.pk).update(tiles_max_zoom=1)
    html: str = client.get(f"/photos/{photo.pk}/").content.decode()
    return html


def test_the_viewer_gets_outlines_with_plates(client, alice, visit):
    analyse(make_photo(visit), regions=[make_region(120.0)], at="2023-05-01T00:00:00")
    photo = make_photo(visit)
    pieces = [make_region(x=90.0), make_region(600.0)]
    fits_nowhere = match_now(visit, registered=False)
    analyse(photo, 0.4, regions=pieces, at="2025-05-01T00:00:00", match=fits_nowhere)
    client.force_login(alice)
    html = _page(client, photo)
    data = json.loads(re.search(r'id="photo-data"[^>]*>(.*?)</script>', html).group(1))

    ungraded, graded = Region.objects.filter(photo=photo).order_by("ordinal")
    assert data["regions"] == [
        {
            "key": f"region-{graded.pk}",
            "level": 3,
            "outline": [[20.0, 20.0], [60.0, 20.0], [60.0, 60.0], [20.0, 60.0]],
            "label": "?  600 ± 24 mm",
        },
        {
            "key": f"region-{ungraded.pk}",
            "level": None,
            "outline": ungraded.outline_px,
            "label": "?  no scale",
        },
    ]  # the worst first, as in the list
    rows = re.findall(r'data-sight="([\w-]+)"', html)
    assert rows == [one["key"] for one in (*data["cracks"], *data["regions"])]
    assert "2 other defects are outlined" in html
    legend = html[html.index('class="linekey') :].partition("</ul>")[0]
    assert [word for word in ("crack", "other defect", "3 Poor", "2 Fair", "Ungraded")
            if word not in legend] == []  # fmt: skip
    assert 'class="lnnm" d="M4 2H22V12H4z"' in legend, "no line is ungraded, an outline is"
    assert 'class="ln2" d="M2 5H24M2 9H24"' in legend


def test_a_photo_of_cracks_alone_needs_no_word_for_shapes(client, alice, visit):
    photo = make_photo(visit)
    analyse(photo, 0.4)
    client.force_login(alice)
    html = _page(client, photo)

    legend = html[html.index('class="linekey') :].partition("</ul>")[0]
    assert "2 Fair" in legend and "other defect" not in legend
    assert "outlined" not in html


def test_how_large_it_was_before(client, alice, visit, grown):
    analyse(make_photo(visit), 0.2, at="2021-05-01T00:00:00", match=_same(visit, crack=1))
    client.force_login(alice)
    html = client.get(f"/photos/{grown.pk}/").content.decode()

    before = html.partition("<dt>Before</dt>")[2].partition("</dl>")[0]
    assert "<b>120</b>" in before and "72.0 ± 5.8 cm²" in before
    first = Region.objects.get(extent_mm=120.0).photo_id
    assert f'href="/photos/{first}/"' in before and "1 May 2023" in before
    earlier = client.get(f"/photos/{first}/").content.decode()
    (line,) = earlier.split("<dt>Before</dt>")[1:]
    assert "<b>0.20</b>" in line.partition("</dl>")[0], "of the crack; the spall was new"


def _same(visit, *, crack: int):
    return match_now(visit, pairs={0: Defect.objects.get(number=crack).pk})


def test_a_page_of_many_regions_asks_no_more_often(client, emil, visit):
    client.force_login(emil)
    asked = []
    for count in (2, 9):
        pieces = [make_region(100.0 + n, x=10.0 * n) for n in range(count)]
        known = analyse(make_photo(visit), 0.3, regions=pieces, match=match_now(visit))
        spalls = list(known.regions.order_by("ordinal").values_list("defect_id", flat=True))
        photo = make_photo(visit)
        same = match_now(
            visit, pairs={0: known.measurements.get().defect_id}, area_pairs=dict(enumerate(spalls))
        )
        analyse(photo, 0.4, regions=pieces, match=same)
        _page(client, photo)
        with CaptureQueriesContext(connection) as queries:
            html = _page(client, photo)
        assert html.count("<dt>Before</dt>") == count + 1
        asked.append(len(queries))
    assert asked[0] == asked[1]


@pytest.mark.parametrize(
    ("widths", "count", "words"),
    [((0.4,), 0, "cracks"), ((), 1, "defects"), ((0.4,), 1, "defects")],
)
def test_the_notice_says_what_awaits_a_person(client, alice, emil, visit, widths, count, words):
    analyse(make_photo(visit), 0.4, regions=[make_region(120.0)])
    photo = make_photo(visit)
    fits_nowhere = match_now(visit, registered=False)
    analyse(photo, *widths, regions=[make_region(130.0)] * count, match=fits_nowhere)
    client.force_login(alice)
    html = client.get("/alerts/").content.decode()
    assert f"1 photo of {visit} fits no earlier view: say which {words} these are" in html
    rows = client.get(f"/inspections/{visit.pk}/").content.decode()
    assert ("1 line fits no earlier view" in rows) == bool(widths)
    assert ("1 region fits no earlier view" in rows) == bool(count)

    for sight in (*photo.measurements.all(), *photo.regions.all()):
        identify(sight=sight, actor=emil)
    settled = client.get("/alerts/?show=all").content.decode()
    assert f"1 photo of {visit} fitted no earlier view" in settled
    assert "say which" not in settled
