"""Numbers larger than any that can be meant: a clear sentence through the API and the pages."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.test import Client
from django.urls import reverse

from assets.models import Defect, Photo
from portal.api.authentication import issue_token
from tests import factories

SCALE = "A scale is between 0.001 and 1000 millimetres per pixel."
TOO_LARGE = "This number is too large."
# As JSON writes them; Python makes an infinity of the last.
DIGITS, EXPONENT = str(10**400), "1e400"


@dataclass
class World:
    """Who may do all this, and what there is."""

    photo: Photo
    defect: Defect
    program: Client
    engineer: Client

    def send(self, method: str, path: str, **fields: Any) -> Any:
        """The answer to a body whose values are JSON texts."""
        body = "{" + ", ".join(f'"{name}": {text}' for name, text in fields.items()) + "}"
        decides = path.endswith(("/merge/", "/decide/"))
        call = getattr(self.engineer if decides else self.program, method)
        return call(path, data=body, content_type="application/json")


@pytest.fixture
def world(visit, ines, emil) -> World:
    photo = factories.make_photo(visit)
    factories.analyse(photo, 0.4, at="2025-05-20T10:00:00")
    inspector, engineer = (
        Client(headers={"Authorization": f"Token {issue_token(user=user)[0]}"})
        for user in (ines, emil)
    )
    return World(photo, photo.element.defects.get(), inspector, engineer)


@pytest.mark.parametrize("text", [DIGITS, f"-{DIGITS}", EXPONENT])
def test_a_number_beyond_all_floats(world, text):
    photo, visit = world.photo.pk, world.photo.inspection_id
    asset = world.photo.inspection.asset_id
    begun = {"kind": '"walk"', "asset": asset}
    asked = [
        ("post", "/api/v1/inspections/", "gsd_mm_per_px", SCALE, begun),
        ("post", "/api/v1/inspections/", "distance_m", TOO_LARGE, begun),
        ("patch", f"/api/v1/inspections/{visit}/", "gsd_mm_per_px", SCALE, {}),
        ("patch", f"/api/v1/inspections/{visit}/", "distance_u_m", TOO_LARGE, {}),
        ("patch", f"/api/v1/photos/{photo}/", "gsd_mm_per_px", SCALE, {}),
        ("patch", f"/api/v1/photos/{photo}/", "distance_m", TOO_LARGE, {}),
        ("patch", f"/api/v1/photos/{photo}/", "marker_mm", TOO_LARGE, {}),
        ("patch", f"/api/v1/assets/{asset}/", "latitude", TOO_LARGE, {}),
    ]  # fmt: skip
    for method, path, name, sentence, more in asked:
        answer = world.send(method, path, **more, **{name: text})
        assert answer.status_code == 400, (path, name, answer.content)
        assert answer.json()["fields"] == {name: [sentence]}, (path, name)


def test_one_inside_of_two_points(world):
    points = f'{{"points_px": [[1, 2], [{DIGITS}, 2]], "length_mm": {EXPONENT}}}'
    answer = world.send("patch", f"/api/v1/photos/{world.photo.pk}/", two_points=points)
    assert answer.status_code == 400
    assert answer.json()["detail"].count(TOO_LARGE) == 2


def test_a_form_sent_to_the_api(world):
    path = f"/api/v1/inspections/{world.photo.inspection_id}/photos/"
    answers = [
        world.program.post(path, {"file": factories.upload(factories.picture_bytes()), name: text})
        for name, text in [
            ("gsd_mm_per_px", "9" * 400),
            ("distance_m", "1e400"),
            ("marker_mm", "9" * 2000),
        ]
    ]
    assert [one.status_code for one in answers] == [400] * 3
    assert [one.json()["fields"] for one in answers] == [
        {"gsd_mm_per_px": [SCALE]}, {"distance_m": [TOO_LARGE]}, {"marker_mm": [TOO_LARGE]},
    ]  # fmt: skip


@pytest.mark.parametrize("text", [str(10**30), DIGITS, "1e300", "0", "-5"])
def test_an_id_that_no_row_has(world, text):
    asset = {"kind": '"walk"', "asset": text}
    line = world.defect.latest_measurement_id
    for name, answer in [
        ("into", world.send("post", f"/api/v1/defects/{world.defect.pk}/merge/", into=text)),
        ("defect", world.send("post", f"/api/v1/measurements/{line}/decide/", defect=text)),
        ("asset", world.send("post", "/api/v1/inspections/", **asset)),
    ]:
        assert answer.status_code == 404, name
        told = answer.json()["detail"]
        assert told == f"“{name}” names nothing: ids are from 1 to 9223372036854775807."


def test_an_id_that_is_not_there_and_what_is_no_id(world):
    path = f"/api/v1/defects/{world.defect.pk}/merge/"
    answer = world.send("post", path, into="987654")
    assert answer.status_code == 404
    assert answer.json()["detail"] == "“into” names nothing that you may see: there is no 987654."
    for text in ("true", '"7"', "[1]", "1.5", EXPONENT):
        answer = world.send("post", path, into=text)
        assert (answer.status_code, answer.json()["fields"]) == (
            400, {"into": ["Give an id, a whole number from 1 on."]},
        )  # fmt: skip


def test_whole_numbers_name_their_bounds(world):
    asset = world.photo.inspection.asset_id
    for text in (DIGITS, "1e300", str(10**30)):
        answer = world.send("patch", f"/api/v1/assets/{asset}/", year_built=text)
        assert answer.json()["fields"] == {
            "year_built": ["Ensure this value is less than or equal to 9999."]
        }


def sentences(answer: Any) -> list[str]:
    return [str(one) for one in get_messages(answer.wsgi_request)]


@pytest.mark.parametrize("text", ["9" * 400, "1e400", "inf", "-1e400"])
def test_forms_of_the_pages(client, ines, world, text):
    client.force_login(ines)
    photo = world.photo.pk
    for name in ("gsd_mm_per_px", "distance_m", "marker_mm"):
        answer = client.post(reverse("photo-scale", args=[photo]), {name: text})
        assert any(one.startswith(TOO_LARGE) for one in sentences(answer)), name
        client.get(reverse("photo", args=[photo]))  # the sentence is told once
    marked = {"x1": "1", "y1": "2", "x2": "90", "y2": "2", "length": text, "unit": "mm"}
    told = client.post(
        reverse("photo-two-points", args=[photo]), marked, headers={"Accept": "application/json"}
    )
    assert told.status_code == 422
    assert json.loads(told.content)["message"] == TOO_LARGE
    form = client.post(
        reverse("inspection-edit", args=[world.photo.inspection_id]),
        {"kind": "walk", "held_on": "2025-05-20", "gsd_mm_per_px": text},
    )
    assert form.status_code == 422 and SCALE in form.content.decode()
