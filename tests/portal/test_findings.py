"""Findings on real pages and in the API: of today, of before, of tomorrow, and odd ones."""

from __future__ import annotations

import html as markup
import json
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import translation
from rest_framework.test import APIClient

from assets.models import Alert, Analysis, Inspection, Measurement, Photo, PhotoState, User
from assets.severity import DEFAULT_RULE_SET
from portal.api.authentication import issue_token
from portal.findings import remedies, said, sentences
from tests import factories

NEWER = "This finding comes from a newer worker: update the portal."
BENT = {
    "code": "card_bent",
    "values": {"case": "bulge", "card": "a5", "card_number": 1, "bulge_mm": 5.2},
}
BENT_SAID = "The A5 card 1 is bent: it bulges by about 5 mm."
DARK = {"code": "too_dark", "values": {"case": "black", "black_share": 0.93}}
GPS = {"code": "gps_nonsense", "values": {"case": "no_fix"}}
BEFORE = {"code": "card_bent", "sentence": "The old card is <bent>.", "remedy": "Glue it as then."}
TOMORROW = {"code": "of_tomorrow", "values": {"depth_mm": 3}}
ODD: list[Any] = [
    {"code": "card_bent", "values": {"case": "bulge", "card": {"a": 1}, "bulge_mm": None}},
    {"code": "blurred", "values": {}},
    {"code": "blurred", "values": {"edge_width_px": "wide", "limit_px": [8]}},
    {"code": "blurred"},
    {"code": 7, "values": 7},
    {},
    "card_bent",
    3,
    None,
    ["card_bent"],
]


def seen(visit: Inspection, finding: Any) -> Photo:
    """An analysed photo without a scale, where every reader's place holds this finding."""
    photo = factories.make_photo(visit)
    line = replace(factories.make_crack_line(None), not_measurable=BENT)
    factories.analyse(photo, at="2025-05-20T10:00:00", cracks=[line], gsd_mm_per_px=None)
    Measurement.objects.filter(analysis__photo=photo).update(not_measurable=finding)
    quality = {"fit_to_detect": True, "fit_to_measure": False, "reasons": [finding], "metrics": {}}
    Analysis.objects.filter(photo=photo).update(scale_refusals=[finding], quality=quality)
    Photo.objects.filter(pk=photo.pk).update(
        findings=[finding], tiles_folder="tiles/t", tiles_max_zoom=0
    )
    return photo


def refused(visit: Inspection, finding: Any) -> Photo:
    """A photo that was rejected for it."""
    photo = factories.make_photo(visit)
    Photo.objects.filter(pk=photo.pk).update(
        state=PhotoState.REJECTED, reason_code="x", reasons=[finding, DARK]
    )
    return photo


def pages_of(photo: Photo, turned_down: Photo) -> list[str]:
    """Every page that shows findings."""
    visit = reverse("inspection", args=[photo.inspection_id])
    return [
        reverse("photo", args=[photo.pk]),
        reverse("photo", args=[turned_down.pk]),
        visit,
        f"{visit}?show=noscale",
        f"{visit}?show=attention",
        reverse("asset", args=[photo.inspection.asset_id]),
        f"{reverse('asset', args=[photo.inspection.asset_id])}?defect="
        f"{photo.element.defects.get().pk}",
        reverse("alerts"),
    ]


def text_of(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, address
    plain = re.sub(r"<[^>]+>", " ", answer.content.decode())
    return re.sub(r"\s+", " ", markup.unescape(plain))


def bodies(client: Any, photo: Photo, turned_down: Photo) -> tuple[dict[str, Any], dict[str, Any]]:
    first, second = (client.get(f"/api/v1/photos/{each.pk}/") for each in (photo, turned_down))
    rows = client.get(f"/api/v1/inspections/{photo.inspection_id}/photos/")
    assert {first.status_code, second.status_code, rows.status_code} == {200}
    return first.json(), second.json()


def findings_in(body: dict[str, Any]) -> list[dict[str, Any]]:
    """All four places of a photo's body."""
    analysis = body["analysis"]
    return [
        *body["findings"],
        *body["scale"]["refusals"],
        *analysis["quality"]["reasons"],
        analysis["cracks"][0]["not_measurable"],
    ]


@pytest.fixture
def program() -> Callable[[User], APIClient]:
    def build(user: User) -> APIClient:
        client = APIClient()
        client.credentials(HTTP_AUTHORIZATION=f"Token {issue_token(user=user)[0]}")
        return client

    return build


def test_every_page_puts_the_sentence_together(client, ines, visit):
    photo, turned_down = seen(visit, BENT), refused(visit, BENT)
    assert Alert.objects.exists()
    client.force_login(ines)
    for address in pages_of(photo, turned_down):
        assert BENT_SAID in text_of(client, address), address
    both = text_of(client, reverse("photo", args=[turned_down.pk]))
    assert f"{BENT_SAID} Too dark: 93% of the photo is black." in both


def test_the_viewer_gets_the_sentence(client, ines, visit):
    photo = seen(visit, BENT)
    client.force_login(ines)
    page = client.get(reverse("photo", args=[photo.pk])).content.decode()
    data = json.loads(re.search(r'id="photo-data"[^>]*>(.*?)</script>', page).group(1))
    assert data["cracks"][0]["why"]["sentence"] == BENT_SAID


def test_the_api_tells_code_values_and_sentence(program, mia, visit):
    photo, turned_down = seen(visit, GPS), refused(visit, BENT)
    body, rejected = bodies(program(mia), photo, turned_down)
    for told in findings_in(body):
        assert told == {
            **GPS,
            "sentence": "The position in the photo was recorded without a GPS fix; the asset's "
            "position is used instead.",
            "remedy": "Wait for the camera's GPS to find its place, or place the photo by hand.",
        }
    assert rejected["reason"] == f"{BENT_SAID} Too dark: 93% of the photo is black."
    assert rejected["remedy"].endswith("Use the flash or a lamp, or expose longer.")
    assert [told["values"] for told in rejected["reasons"]] == [BENT["values"], DARK["values"]]


def test_rows_of_before_read_as_they_did(client, program, ines, visit):
    photo, turned_down = seen(visit, BEFORE), refused(visit, BEFORE)
    client.force_login(ines)
    for address in pages_of(photo, turned_down):
        assert "The old card is <bent>." in text_of(client, address), address
    assert b"<bent>" not in client.get(reverse("photo", args=[photo.pk])).content
    body, rejected = bodies(program(ines), photo, turned_down)
    assert all(told == {**BEFORE, "values": {}} for told in findings_in(body))
    assert rejected["reason"].startswith(BEFORE["sentence"])


def test_a_code_of_a_newer_worker_is_shown_with_what_to_do(client, program, ines, visit):
    photo, turned_down = seen(visit, TOMORROW), refused(visit, TOMORROW)
    client.force_login(ines)
    for address in pages_of(photo, turned_down):
        assert "of_tomorrow" in text_of(client, address), address
    assert f"of_tomorrow {NEWER}" in text_of(client, reverse("photo", args=[photo.pk]))
    body, rejected = bodies(program(ines), photo, turned_down)
    told = {**TOMORROW, "sentence": "of_tomorrow", "remedy": NEWER}
    assert findings_in(body) == [told] * 4
    assert rejected["reasons"][0] == told


@pytest.mark.parametrize("odd", ODD, ids=repr)
def test_an_odd_row_is_never_a_500(client, program, ines, visit, odd):
    photo, turned_down = seen(visit, odd), refused(visit, odd)
    client.force_login(ines)
    for address in pages_of(photo, turned_down):
        text_of(client, address)
    body, _ = bodies(program(ines), photo, turned_down)
    for told in findings_in(body):
        assert told is None or set(told) == {"code", "values", "sentence", "remedy"}


def test_the_visitors_decimal_sign():
    finding = {"code": "blurred", "values": {"edge_width_px": 9.25, "limit_px": 4.5}}
    with translation.override("de"):
        assert said(finding).sentence == "Blurred: edges are 9,2 px wide; 4,5 px is the limit."


def test_one_remedy_is_said_once():
    dim = {"code": "too_dark", "values": {"case": "dim", "brightest_share": 0.1}}
    assert remedies([DARK, dim]) == "Use the flash or a lamp, or expose longer."
    assert sentences([DARK, dim]).count("Too dark") == 2
    assert (sentences([]), sentences(None), remedies("")) == ("", "", "")


def test_the_rule_set_of_the_register_has_its_name_in_the_catalogue():
    values = {"rule_set": DEFAULT_RULE_SET, "pixel_mm": 0.8, "limit_mm": 0.1, "state": "CS2",
              "most_pixel_mm": 0.03}  # fmt: skip
    told = said({"code": "pixels_too_coarse", "values": values}).sentence
    assert "AASHTO MBEI" in told and "?" not in told


@pytest.mark.parametrize("whole", [0, 3, True, "a text", {"code": "x"}], ids=repr)
def test_a_column_that_is_no_list_is_never_a_500(client, program, ines, visit, whole):
    photo = seen(visit, TOMORROW)
    Photo.objects.filter(pk=photo.pk).update(reasons=whole, findings=whole)
    quality = {"fit_to_detect": True, "fit_to_measure": True, "metrics": {}, "reasons": whole}
    Analysis.objects.update(quality=quality, scale_refusals=whole)
    client.force_login(ines)

    assert client.get(f"/photos/{photo.pk}/").status_code == 200
    assert program(ines).get(f"/api/v1/photos/{photo.pk}/").status_code == 200
