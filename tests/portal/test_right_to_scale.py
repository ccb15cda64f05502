"""One right, ``photo.scale``, decides who may change a scale, on every page and in the API."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from assets.models import Inspection, Photo, User
from portal import access
from tests.factories import make_photo

POINTS = {"x1": 1, "y1": 1, "x2": 50, "y2": 1, "length": 10}
SCALE = {"gsd_mm_per_px": "0.5"}
API = "application/json"

DOORS = {
    "page, a photo's number": ("POST", "/photos/{photo}/scale/", SCALE),
    "page, two points": ("POST", "/photos/{photo}/two-points/", POINTS),
    "page, the visit's number": ("POST", "/inspections/{visit}/scale/", SCALE),
    "page, the visit's distance": ("POST", "/inspections/{visit}/distance/", {"distance_m": "4"}),
    "page, taken back": ("POST", "/inspections/{visit}/scale/undo/", {}),
    "API, a photo": ("PATCH", "/api/v1/photos/{photo}/", SCALE),
    "API, a visit": ("PATCH", "/api/v1/inspections/{visit}/", {"distance_m": 4.0}),
}


def ask(user: User, visit: Inspection, photo: Photo, door: str) -> Any:
    method, address, sent = DOORS[door]
    client = Client()
    client.force_login(user)
    where = address.format(visit=visit.pk, photo=photo.pk)
    if method == "PATCH":
        body = {name: float(value) for name, value in sent.items()}
        return client.patch(where, body, content_type=API)
    return client.post(where, sent)


@pytest.fixture
def photo(visit: Inspection) -> Photo:
    return make_photo(visit)


@pytest.mark.parametrize("door", DOORS)
def test_without_the_right_no_door_opens(
    door: str, visit: Inspection, photo: Photo, ines: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(access.MAY, "photo.scale", frozenset())
    answer = ask(ines, visit, photo, door)
    assert answer.status_code == 403
    assert "not change their scale" in answer.content.decode()


@pytest.mark.parametrize("door", DOORS)
def test_with_the_right_alone_each_door_opens(
    door: str, visit: Inspection, photo: Photo, ines: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    for action in set(access.MAY) - {"photo.scale"}:
        monkeypatch.setitem(access.MAY, action, frozenset())
    assert ask(ines, visit, photo, door).status_code in (200, 302)


def test_the_edit_of_a_visit_needs_it_for_the_scale_alone(
    visit: Inspection, ines: User, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(access.MAY, "photo.scale", frozenset())
    client.force_login(ines)
    form = {"kind": "walk", "held_on": str(visit.held_on), "element": visit.element_id}
    address = f"/inspections/{visit.pk}/edit/"

    assert client.post(address, {**form, "title": "New"}).status_code == 302
    assert client.post(address, {**form, "title": "New", **SCALE}).status_code == 403
    both = {"title": "Newer", "gsd_mm_per_px": 0.5}
    refused = client.patch(f"/api/v1/inspections/{visit.pk}/", both, content_type=API)
    assert refused.status_code == 403
    visit.refresh_from_db()
    assert (visit.title, visit.gsd_mm_per_px) == ("New", None)
