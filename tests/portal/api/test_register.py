"""Assets, elements and inspections through the API: who may, what is checked, how lists filter."""

from __future__ import annotations

import datetime as dt
import json
from zoneinfo import ZoneInfo

import pytest

from assets.models import Asset, Event, Inspection
from tests import factories

BRIDGE = {
    "kind": "bridge",
    "code": "BR-1",
    "name": "Lower bridge",
    "latitude": 50.9,
    "longitude": 6.9,
    "time_zone": "Europe/Berlin",
}


def ids(answer) -> list[int]:
    assert answer.status_code == 200, answer.json()
    return [row["id"] for row in answer.json()["results"]]


def test_an_owner_adds_an_asset(program, alice, organisation):
    answer = program(alice).post("/api/v1/assets/", BRIDGE, format="json")
    assert answer.status_code == 201, answer.json()
    body = answer.json()
    assert (body["organisation"], body["worst_level"]) == (organisation.pk, -2)
    asset = Asset.objects.get(pk=body["id"])
    assert asset.elements.get().is_whole
    assert Event.objects.get(subject_id=asset.pk, verb="asset.created").actor == alice


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"latitude": 91}, "latitude"),
        ({"longitude": "nan"}, "longitude"),
        ({"kind": "castle"}, "kind"),
        ({"time_zone": "Mars/Olympus"}, "time_zone"),
        ({"code": ""}, "code"),
        ({"year_built": -3}, "year_built"),
    ],
)
def test_a_wrong_asset_is_refused_by_field(program, alice, change, field):
    answer = program(alice).post("/api/v1/assets/", {**BRIDGE, **change}, format="json")
    assert answer.status_code == 400
    assert field in answer.json()["fields"]
    assert answer.json()["hint"]
    assert not Asset.objects.exists()


def test_a_code_exists_once(program, alice, bridge):
    answer = program(alice).post("/api/v1/assets/", {**BRIDGE, "code": bridge.code}, format="json")
    assert (answer.status_code, answer.json()["code"]) == (400, "code_taken")


def test_roles_and_strangers(program, ines, mia, otto, bridge):
    address = f"/api/v1/assets/{bridge.pk}/"
    for person in (ines, mia):
        refused = program(person).patch(address, {"name": "New"}, format="json")
        assert refused.status_code == 403
        assert program(person).get(address).status_code == 200
    assert program(otto).get(address).status_code == 404
    assert program(otto).patch(address, {"name": "New"}, format="json").status_code == 404


def test_nobody_adds_to_an_organisation_of_others(program, otto, organisation):
    sent = {**BRIDGE, "organisation": organisation.pk}
    assert program(otto).post("/api/v1/assets/", sent, format="json").status_code == 404


def test_who_works_for_two_must_say_for_which(program, alice, other_organisation):
    factories.Membership.objects.create(user=alice, organisation=other_organisation, role="owner")
    answer = program(alice).post("/api/v1/assets/", BRIDGE, format="json")
    assert answer.status_code == 400
    assert "organisation" in answer.json()["fields"]


def test_an_asset_is_changed_and_stays_with_its_organisation(
    program, alice, bridge, other_organisation
):
    client, address = program(alice), f"/api/v1/assets/{bridge.pk}/"
    moved = client.patch(address, {"latitude": 10, "name": "Upper bridge"}, format="json")
    assert (moved.status_code, moved.json()["name"]) == (200, "Upper bridge")
    bridge.refresh_from_db()
    assert bridge.latitude == 10
    factories.Membership.objects.create(user=alice, organisation=other_organisation, role="owner")
    given_away = client.patch(address, {"organisation": other_organisation.pk}, format="json")
    assert given_away.status_code == 400


def test_an_asset_is_never_deleted(program, alice, bridge):
    answer = program(alice).delete(f"/api/v1/assets/{bridge.pk}/")
    assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")


def test_lists_filter_search_and_order(program, mia, organisation, other_organisation):
    dam = factories.make_asset(organisation, kind="dam", name="Edersee", code="D-2", worst_level=3)
    near = factories.make_asset(organisation, name="Near", code="B-1", latitude=51.5, longitude=7)
    date_line = factories.make_asset(organisation, code="F-3", latitude=-17, longitude=179)
    factories.make_asset(other_organisation, kind="dam")
    client = program(mia)

    def listed(query: str) -> list[int]:
        return ids(client.get(f"/api/v1/assets/?{query}"))

    assert listed("") == [near.pk, dam.pk, date_line.pk]
    assert listed("kind=dam") == [dam.pk]
    assert listed("kind=dam,bridge&level=3") == [dam.pk]
    assert listed("kind=dam&kind=bridge&ordering=-code") == [date_line.pk, dam.pk, near.pk]
    assert listed("search=eder") == [dam.pk]
    assert listed("code=B-1") == [near.pk]
    assert listed("box=6,51,8,52") == [near.pk]
    assert listed("box=170,-20,-170,-10") == [date_line.pk]
    assert listed(f"organisation={organisation.pk}&page_size=1&page=2") == [dam.pk]


@pytest.mark.parametrize(
    "query",
    [
        "kind=castle",
        "level=9",
        "box=1,2,3",
        "box=a,b,c,d",
        "box=0,0,nan,1",
        "ordering=password",
        "serverity=CS2",
        "organisation=x",
    ],
)
def test_filters_that_make_no_sense_are_errors(program, mia, bridge, query):
    answer = program(mia).get(f"/api/v1/assets/?{query}")
    assert answer.status_code == 400, answer.json()
    assert answer.json()["detail"]


def test_a_page_that_does_not_exist(program, mia, bridge):
    answer = program(mia).get("/api/v1/assets/?page=7")
    assert (answer.status_code, answer.json()["detail"]) == (404, "This list has no page 7.")


def test_elements(program, alice, bridge, otto):
    client = program(alice)
    made = client.post(
        "/api/v1/elements/", {"asset": bridge.pk, "name": "Deck", "aashto_number": 12}
    )
    assert made.status_code == 201, made.json()
    assert not made.json()["is_whole"]
    twice = client.post("/api/v1/elements/", {"asset": bridge.pk, "name": "Deck"})
    assert (twice.status_code, twice.json()["code"]) == (400, "name_taken")
    changed = client.patch(made.json()["url"], {"note": "Seen from below."})
    assert changed.json()["note"] == "Seen from below."
    names = [row["name"] for row in client.get("/api/v1/elements/").json()["results"]]
    assert names == ["Deck", "Whole structure"]
    foreign = program(otto).post("/api/v1/elements/", {"asset": bridge.pk, "name": "Deck 2"})
    assert foreign.status_code == 404


def test_an_inspection_is_opened_today_where_the_asset_stands(program, ines, organisation):
    asset = factories.make_asset(organisation, time_zone="Pacific/Kiritimati")
    answer = program(ines).post("/api/v1/inspections/", {"asset": asset.pk, "kind": "walk"})
    assert answer.status_code == 201, answer.json()
    body = answer.json()
    today = dt.datetime.now(ZoneInfo("Pacific/Kiritimati")).date()
    assert abs(dt.date.fromisoformat(body["held_on"]) - today) <= dt.timedelta(days=1)
    assert body["photo_counts"] == {
        "total": 0,
        "queued": 0,
        "processing": 0,
        "done": 0,
        "rejected": 0,
        "failed": 0,
    }


def test_inspections_of_others(program, otto, mia, bridge, visit):
    sent = {"asset": bridge.pk, "kind": "walk"}
    assert program(otto).post("/api/v1/inspections/", sent).status_code == 404
    assert program(mia).post("/api/v1/inspections/", sent).status_code == 403
    assert program(otto).get(f"/api/v1/inspections/{visit.pk}/photos/").status_code == 404
    assert ids(program(otto).get("/api/v1/inspections/")) == []
    assert ids(program(mia).get(f"/api/v1/inspections/?asset={bridge.pk}&kind=walk")) == [visit.pk]
    assert ids(program(mia).get("/api/v1/inspections/?held_from=2030-01-01")) == []
    assert Inspection.objects.count() == 1


def test_a_scale_for_the_visit_measures_its_photos_again(program, ines, visit):
    photo = factories.make_photo(visit)
    own = factories.make_photo(visit, gsd_mm_per_px=0.2)
    factories.analyse(photo, None)
    factories.analyse(own, None, match=factories.match_now(visit, registered=False))
    answer = program(ines).patch(
        f"/api/v1/inspections/{visit.pk}/", {"gsd_mm_per_px": 0.5, "title": "Spring"}, format="json"
    )
    assert answer.status_code == 200, answer.json()
    body = answer.json()
    assert (body["gsd_mm_per_px"], body["title"]) == (0.5, "Spring")
    assert (body["photo_counts"]["queued"], body["photo_counts"]["done"]) == (1, 1)
    photo.refresh_from_db()
    assert (photo.state, photo.work) == ("queued", "measure")


def test_the_photos_of_a_visit(program, mia, visit, pier):
    photos = [factories.make_photo(visit) for _ in range(3)]
    factories.analyse(photos[0], 0.4)
    client = program(mia)
    address = f"/api/v1/inspections/{visit.pk}/photos/"
    rows = client.get(f"{address}?ordering=received_at").json()["results"]
    assert [row["id"] for row in rows] == [photo.pk for photo in photos]
    assert [row["queue_position"] for row in rows] == [None, 1, 2]
    assert [row["result"]["cracks"] for row in rows] == [1, 0, 0]
    assert (rows[0]["result"]["level"], rows[0]["result"]["width_mm"]) == (2, 0.4)
    assert ids(client.get(f"{address}?state=done")) == [photos[0].pk]
    assert len(ids(client.get(f"{address}?state=queued,done&element={pier.pk}"))) == 3
    assert client.get(f"{address}?state=lost").status_code == 400


@pytest.mark.parametrize(
    "query",
    [
        "page=0", "page=²", "page=last", "page_size=501", "page_size=0", "page_size=x", "asset=0",
        "asset=-1", "asset=1.5", "asset=²", "kind=", "held_from=01/02/2026", "held_from=",
        "ordering=", "ordering=nothing", "nothing=1",
    ],
)  # fmt: skip
def test_a_value_that_a_list_does_not_take_is_refused(program, mia, query):
    answer = program(mia).get(f"/api/v1/inspections/?{query}")
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid"), answer.json()
    assert list(answer.json()["fields"]) == [query.partition("=")[0]]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("year_built", 999), ("year_built", 3000), ("year_built", "1987"), ("year_built", 1987.5),
        ("year_built", True), ("year_built", 10**400), ("latitude", "50.9"), ("latitude", True),
        ("latitude", 1e400), ("latitude", 10**400), ("name", 7), ("name", " "), ("kind", ["dam"]),
        ("note", "x" * 10_001), ("time_zone", "Mars/Base"), ("organisation", "1"),
        ("organisation", 1.5), ("organisation", {}),
    ],
    ids=lambda value: str(value)[:16],
)  # fmt: skip
def test_a_value_of_another_type_or_size_is_refused(program, alice, field, value):
    asset = {"kind": "dam", "code": "D", "name": "Dam", "latitude": 1, "longitude": 2, field: value}
    body = json.dumps(asset).replace("Infinity", "1e400")
    answer = program(alice).post("/api/v1/assets/", body, content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid"), answer.json()
    assert field in answer.json()["fields"]
    assert answer["Content-Type"] == "application/problem+json"


def test_what_a_form_writes_as_texts_is_read_as_what_it_is(program, alice):
    asset = {"kind": "dam", "code": "D", "name": "Dam", "latitude": "1.5", "longitude": "2"}
    answer = program(alice).post("/api/v1/assets/", {**asset, "year_built": "1987"})
    assert (answer.status_code, answer.json()["year_built"]) == (201, 1987), answer.json()
