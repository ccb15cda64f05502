"""A line on the photo page: widths, what the ± is made of, review, and how to get a width."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest
from django.urls import reverse

from assets.models import Event, Photo
from assets.services.records import Widths
from assets.services.visit_scale import set_inspection_scale
from tests import factories
from tests.page_text import joined
from tests.portal.test_width_budget import FACTS


@pytest.fixture
def photo(visit) -> Photo:
    """Analysed: one line of 0.35 ± 0.08 mm with all its facts, one that could not be measured."""
    made = factories.make_photo(visit)
    known = replace(
        factories.make_crack_line(0.35), width_mm=Widths(0.28, 0.35, 0.41, 0.04),
        width_facts={**FACTS, "max_at_px": 0.0, "max_at_mm": 0.0, "length_u_mm": 0.4},
    )  # fmt: skip
    blank = replace(
        factories.make_crack_line(None, y=90), width_px=None, profile=None,
        not_measurable={"code": "too_thin", "sentence": "It is too thin.", "remedy": "Go closer."},
    )  # fmt: skip
    factories.analyse(made, at="2025-05-20T10:00:00", cracks=[known, blank], gsd_mm_per_px=0.25)
    made.refresh_from_db()
    made.tiles_folder, made.tiles_max_zoom = "tiles/t", 0
    made.save()
    return made


def page(client, photo) -> str:
    answer = client.get(reverse("photo", args=[photo.pk]))
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", answer.content.decode())


def plain(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


def test_each_width_stands_with_its_uncertainty(client, ines, photo):
    client.force_login(ines)
    text = plain(page(client, photo))
    assert "Median p50 0.28 ± 0.03 mm" in text
    assert "Graded p95 0.35 ± 0.08 mm" in text
    assert "0.41 ± 0.10 mm" in text
    assert "CS2 89 %" in text and "CS1 11 %" in text
    assert "56 ± 1 mm" in text or "55 ± 1 mm" in text or "± 0.8 mm" in text


def test_where_the_uncertainty_comes_from(client, ines, photo):
    client.force_login(ines)
    text = plain(page(client, photo))
    assert "Where the ± comes from" in text
    assert re.search(r"Darkness inside .*? 0\.030 .*?60 %", text)
    assert re.search(r"Grain and noise .*? 0\.020 .*?27 %", text)
    assert "95 % of cases lie between 0.29 and 0.44 mm" in text


def test_what_cannot_be_measured_says_why_and_what_to_do(client, ines, photo):
    client.force_login(ines)
    text = plain(page(client, photo))
    assert "It is too thin." in text and "Go closer." in text


def test_the_strip_knows_the_widest_place_and_what_was_left_out(client, ines, photo):
    client.force_login(ines)
    html = page(client, photo)
    data = json.loads(re.search(r'id="photo-data"[^>]*>(.*?)</script>', html).group(1))
    strip = next(defect["strip"] for defect in data["cracks"] if defect["strip"])
    assert strip["pin"] == "Widest place: 0.41 ± 0.10 mm, 0 mm from its first end"
    assert [gap["reason"] for gap in strip["left_out"]] == [
        "end of the crack", "another crack close by",
    ]  # fmt: skip


def test_an_engineer_settles_the_review_with_a_reason(client, ines, emil, photo):
    client.force_login(ines)
    html = page(client, photo)
    assert "Needs review" in html and "An engineer settles it." in html
    visit = reverse("inspection", args=[photo.inspection_id])
    assert "state not decided: review" in client.get(visit).content.decode()
    assert f'id="photo-{photo.pk}"' in client.get(visit, {"show": "review"}).content.decode()

    client.force_login(emil)
    address = reverse("photo-review", args=[photo.pk])
    assert "Settle the review" in page(client, photo)
    assert "keeps its reason" in client.post(address, {"reason": ""}, follow=True).content.decode()
    client.post(address, {"reason": "Measured on site: 0.25 mm."})
    assert "Needs review" not in page(client, photo)
    assert Event.objects.get(verb="review.settled").reason == "Measured on site: 0.25 mm."


def test_a_markers_size_is_typed_on_the_page(client, ines, photo):
    client.force_login(ines)
    address = reverse("photo-scale", args=[photo.pk])
    client.post(address, {"gsd_mm_per_px": "", "marker_mm": "60,5", "marker_family": "aruco-4x4"})
    photo.refresh_from_db()
    assert (photo.marker_mm, photo.marker_family, photo.work) == (60.5, "aruco-4x4", "measure")
    assert "<option selected>aruco-4x4</option>" in page(client, photo)
    told = client.post(address, {"marker_mm": "60000"}, follow=True).content.decode()
    assert "its side is between 4 and 1000 mm" in told


def test_the_distance_of_a_visit_and_its_undo(client, ines, visit):
    photos = [factories.make_photo(visit) for _ in range(2)]
    for one in photos:
        factories.analyse(one, gsd_source="")
    client.force_login(ines)
    address = reverse("inspection-distance", args=[visit.pk])
    told = client.post(address, {"distance_m": "2,5", "distance_U_m": "0,1"}, follow=True)
    html = told.content.decode()
    assert "2 photos without a scale of their own are measured again." in html
    assert "2 photos are being measured again" in html
    visit.refresh_from_db()
    assert (visit.distance_m, visit.distance_u_m) == (2.5, 0.05)
    assert 'name="distance_U_m"' in html and 'value="0.1"' in html
    assert "Undo the last change" in html

    html = client.post(reverse("inspection-scale-undo", args=[visit.pk]), follow=True)
    visit.refresh_from_db()
    assert visit.distance_m is visit.distance_u_m is None
    assert "Taken back." in html.content.decode()

    told = client.post(address, {"distance_m": "-1"}, follow=True).content.decode()
    assert "is no number above 0" in told


def test_the_undo_goes_when_what_it_undoes_no_longer_holds(client, ines, visit):
    set_inspection_scale(inspection=visit, actor=ines, distance_m=2.0)
    type(visit).objects.filter(pk=visit.pk).update(distance_m=3.0)
    client.force_login(ines)
    html = client.get(reverse("inspection", args=[visit.pk])).content.decode()
    assert "Undo the last change" not in html


def test_a_calibrated_camera_is_chosen_by_name(client, ines, visit, settings, tmp_path):
    settings.CAMERA_PROFILES = tmp_path
    held = {"kind": "hairline-camera-profile", "camera_model": "D850", "focal_length_mm": 35.0}
    (tmp_path / "d850-35.json").write_text(json.dumps(held))
    (tmp_path / "broken.json").write_text("{")
    client.force_login(ines)
    html = client.get(reverse("inspection", args=[visit.pk])).content.decode()
    assert '<option value="d850-35">d850-35 (D850, 35 mm)</option>' in joined(html)
    assert "broken" not in html
    form = {"distance_m": "2", "camera_profile": "d850-35"}
    client.post(reverse("inspection-distance", args=[visit.pk]), form)
    visit.refresh_from_db()
    assert visit.camera_profile == "d850-35"
