"""Scale on the pages: what it rests on, two points, which photos of a visit have none."""

from __future__ import annotations

import json
import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from assets.models import Photo
from tests import factories
from tests.page_text import joined

POINTS = {"x1": "10", "y1": "20", "x2": "110.5", "y2": "20", "length": "5", "unit": "cm"}
BENT = {"code": "card_bent", "sentence": "The A5 card 1 is bent.", "remedy": "Glue it flat."}


@pytest.fixture
def photo(visit) -> Photo:
    """Analysed, one graded line."""
    made = factories.make_photo(visit)
    factories.analyse(
        made, 0.4, at="2025-05-20T10:00:00", gsd_source="marker_card", gsd_u_relative=0.006,
        scale_facts={"tilt_deg": 12.0, "blur_px": 0.9, "cards": [{"corners_px": [[1, 1]] * 4}]},
    )  # fmt: skip
    made.refresh_from_db()
    made.tiles_folder, made.tiles_max_zoom = "tiles/t", 0
    made.save()
    return made


def page(client, photo) -> str:
    answer = client.get(reverse("photo", args=[photo.pk]))
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", answer.content.decode())


def test_the_page_says_what_the_scale_rests_on(client, ines, photo):
    client.force_login(ines)
    html = page(client, photo)
    assert "Marker card in the picture" in html
    assert "0.500 mm ± 1.2 %" in html
    assert "12°, corrected along each width" in html
    data = json.loads(re.search(r'id="photo-data"[^>]*>(.*?)</script>', html).group(1))
    assert data["scale"]["cards"] == [[[1, 1]] * 4]
    strip = data["cracks"][0]["strip"]
    assert (strip["unit"], strip["width"][0], strip["width"][1]) == ("mm", 2.0, None)
    assert "widest at 0 mm" in strip["sentence"]


def test_why_there_is_none_and_the_remedy(client, ines, visit):
    photo = factories.make_photo(visit)
    factories.analyse(photo, None, at="2025-05-20T10:00:00", scale_refusals=[BENT])
    client.force_login(ines)
    html = page(client, photo)
    assert "no scale in this picture" in html
    assert f"{BENT['sentence']} {BENT['remedy']}" in html


def test_two_points_in_centimetres(client, ines, photo):
    client.force_login(ines)
    address = reverse("photo-two-points", args=[photo.pk])
    answer = client.post(address, POINTS, headers={"Accept": "application/json"})
    assert answer.json() == {"location": reverse("photo", args=[photo.pk])}
    photo.refresh_from_db()
    assert (photo.two_points_px, photo.two_points_mm) == ([[10, 20], [110.5, 20]], 50.0)
    assert (photo.state, photo.work) == ("queued", "measure")
    assert "Take away" in page(client, photo)

    client.post(address, {"remove": "1"})
    photo.refresh_from_db()
    assert photo.two_points_px is None


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"length": ""}, "length"),
        ({"length": "-3"}, "length"),
        ({"length": "abc"}, "length"),
        ({"unit": "furlong"}, "length"),
        ({"u_length": "x"}, "u_length"),
        ({"x2": "12"}, "points_px"),
        ({"x2": "5000"}, "points_px"),
        ({"x1": ""}, "points_px"),
    ],
)
def test_a_refusal_comes_with_its_field_and_changes_nothing(client, ines, photo, wrong, field):
    client.force_login(ines)
    answer = client.post(
        reverse("photo-two-points", args=[photo.pk]),
        {**POINTS, **wrong},
        headers={"Accept": "application/json"},
    )
    assert answer.status_code == 422
    assert answer.json()["field"] == field and answer.json()["hint"]
    photo.refresh_from_db()
    assert (photo.two_points_px, photo.state) == (None, "done")


def test_a_distance_typed_on_the_page(client, ines, photo):
    client.force_login(ines)
    client.post(reverse("photo-scale", args=[photo.pk]), {"gsd_mm_per_px": "", "distance_m": "1,5"})
    photo.refresh_from_db()
    assert (photo.gsd_mm_per_px, photo.distance_m, photo.work) == (None, 1.5, "measure")


def test_a_visit_lists_its_photos_without_a_scale(client, ines, visit):
    others = [factories.make_photo(visit) for _ in range(3)]
    for one, refusals in zip(others, ([BENT], [BENT], []), strict=True):
        factories.analyse(one, scale_refusals=refusals, gsd_source="")
    client.force_login(ines)
    address = reverse("inspection", args=[visit.pk])
    html = client.get(address).content.decode()
    assert "3 photos have no scale." in html
    assert "<b>2 ×</b>The A5 card 1 is bent. Glue it flat." in joined(html)
    assert "<b>1 ×</b>No marker card in the picture" in joined(html)

    with CaptureQueriesContext(connection) as few:
        narrowed = client.get(address, {"show": "noscale"}).content.decode()
    rows = set(re.findall(r'id="photo-(\d+)"', narrowed))
    assert rows == {str(one.pk) for one in others}
    for _ in range(4):
        factories.analyse(factories.make_photo(visit), gsd_source="")
    with CaptureQueriesContext(connection) as many:
        client.get(address, {"show": "noscale"})
    assert len(many) == len(few)


def test_the_live_part_brings_the_count_along(client, ines, visit):
    factories.analyse(factories.make_photo(visit), gsd_source="")
    client.force_login(ines)
    html = client.get(reverse("inspection-photos", args=[visit.pk])).content.decode()
    assert 'hx-swap-oob="true"' in html
    assert "1 photo has no scale." in html
