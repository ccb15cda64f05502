"""A key made by the client, at the doors: the API and the form of a new visit."""

from __future__ import annotations

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from assets.models import Inspection, Photo
from tests import factories

KEY = "0d1c7f0e-8f6d-4c58-9f53-2f8c3e1a9b77"


def open_visit(client, asset, **fields):
    body = {"asset": asset.pk, "kind": "walk", "client_key": KEY, **fields}
    return client.post("/api/v1/inspections/", body, format="json")


def send(client, visit, data: bytes, **fields):
    return client.post(
        f"/api/v1/inspections/{visit.pk}/photos/",
        {"file": SimpleUploadedFile("a.jpg", data), "client_key": KEY, **fields},
    )


def test_a_visit_sent_twice_is_one(program, ines, bridge):
    client = program(ines)
    first, again = open_visit(client, bridge), open_visit(client, bridge)

    assert (first.status_code, again.status_code) == (201, 200), again.json()
    assert first.json() == again.json()
    assert first["Location"] == again["Location"] == first.json()["url"]
    assert "client_key" not in first.json()
    assert Inspection.objects.count() == 1


def test_other_content_is_a_conflict_with_a_remedy(program, ines, bridge):
    client = program(ines)
    open_visit(client, bridge, title="Secret title")
    answer = open_visit(client, bridge, title="Another")

    assert answer.status_code == 409
    body = answer.json()
    assert (body["code"], list(body["fields"])) == ("key_used", ["client_key"])
    assert body["hint"] and "Secret" not in answer.content.decode()


def test_a_photo_sent_twice_is_one_and_another_is_a_conflict(program, ines, visit):
    client, data = program(ines), factories.picture_bytes(seed=1)
    first, again = send(client, visit, data), send(client, visit, data)
    other = send(client, visit, factories.picture_bytes(seed=2))

    assert (first.status_code, again.status_code, other.status_code) == (201, 200, 409)
    assert first.json()["id"] == again.json()["id"] == Photo.objects.get().pk


def test_another_persons_key_tells_nothing(program, ines, otto, bridge, other_organisation):
    """Otto, elsewhere, with the very key: his visit is opened as if nobody had used it."""
    open_visit(program(ines), bridge)
    answer = open_visit(program(otto), factories.make_asset(other_organisation))
    assert answer.status_code == 201

    assert open_visit(program(otto), bridge).status_code == 404


def test_a_member_of_two_organisations_learns_of_neither(program, ines, bridge, other_organisation):
    """The key was used in an organisation that has since shut its door."""
    membership = factories.Membership.objects.create(
        user=ines, organisation=other_organisation, role="inspector"
    )
    elsewhere = factories.make_asset(other_organisation, name="Hidden bridge")
    assert open_visit(program(ines), elsewhere).status_code == 201
    membership.delete()

    answer = open_visit(program(ines), bridge)
    assert answer.status_code == 409
    assert "Hidden" not in answer.content.decode()


@pytest.mark.parametrize("key", ["short", "x" * 81, "with blanks in it", "", 12345678, None])
def test_what_is_no_key_is_refused(program, ines, bridge, key):
    answer = open_visit(program(ines), bridge, client_key=key)
    assert answer.status_code == 400
    assert list(answer.json()["fields"]) == ["client_key"]
    assert not Inspection.objects.exists()


def test_an_edit_takes_no_key(program, ines, visit):
    answer = program(ines).patch(
        f"/api/v1/inspections/{visit.pk}/", {"client_key": KEY, "title": "New"}, format="json"
    )
    assert answer.status_code == 200 and answer.json()["title"] == "New"


def key_of(page) -> str:
    return re.search(r'name="client_key" value="([^"]+)"', page.content.decode())[1]


def test_a_form_sent_twice_opens_one_visit(client, ines, bridge):
    client.force_login(ines)
    address = reverse("inspection-new", args=[bridge.pk])
    form = {"kind": "walk", "held_on": "2026-05-20", "client_key": key_of(client.get(address))}
    first, again = client.post(address, form), client.post(address, form)

    assert first.status_code == again.status_code == 302
    assert first["Location"] == again["Location"]
    assert Inspection.objects.count() == 1


def test_each_form_has_a_key_of_its_own_and_keeps_it_while_it_is_corrected(client, ines, bridge):
    client.force_login(ines)
    address = reverse("inspection-new", args=[bridge.pk])
    key = key_of(client.get(address))
    assert key != key_of(client.get(address))

    wrong = client.post(address, {"kind": "walk", "held_on": "yesterday", "client_key": key})
    assert wrong.status_code == 422 and key_of(wrong) == key


def test_a_form_gone_back_to_and_changed_says_so_and_then_opens_another(client, ines, bridge):
    client.force_login(ines)
    address = reverse("inspection-new", args=[bridge.pk])
    form = {"kind": "walk", "held_on": "2026-05-20", "client_key": key_of(client.get(address))}
    client.post(address, form)

    refused = client.post(address, {**form, "kind": "drone"})
    assert refused.status_code == 422
    assert "This form has opened a visit with other values before" in refused.content.decode()
    once_more = client.post(address, {**form, "kind": "drone", "client_key": key_of(refused)})
    assert once_more.status_code == 302
    assert Inspection.objects.count() == 2
