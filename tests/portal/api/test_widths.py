"""Widths, review, markers and a visit's distance, as programs get and give them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from assets.models import Photo
from assets.services.records import Widths
from tests import factories
from tests.portal.test_width_budget import FACTS


@pytest.fixture
def photo(visit) -> Photo:
    """One line of 0.35 ± 0.08 mm: the limit of 0.30 mm lies inside."""
    made = factories.make_photo(visit)
    line = factories.make_crack_line(0.35)
    line = replace(line, width_mm=Widths(0.28, 0.35, 0.41, 0.04), width_facts=FACTS)
    factories.analyse(made, cracks=[line], gsd_mm_per_px=0.25)
    return made


def test_a_width_with_its_budget_states_and_left_out_stretches(program, mia, photo):
    body = program(mia).get(f"/api/v1/photos/{photo.pk}/").json()
    (defect,) = body["analysis"]["cracks"]
    width = defect["width_mm"]
    assert (width["p95"], width["u"], width["U"]) == (0.35, 0.04, 0.08)
    assert (width["p50_u"], width["max_u"], width["interval"]) == (0.015, 0.05, [0.29, 0.44])
    assert [term["term"] for term in width["budget"]] == ["floor", "fit", "blur", "scale"]
    assert width["budget"][0] == {"term": "floor", "u": 0.03, "share": pytest.approx(0.6)}
    assert defect["states"] == {"CS1": 0.1056, "CS2": 0.8944, "CS3": 0.0}
    assert defect["max_at_px"] == 300.0 and defect["not_measurable"] is None
    assert defect["left_out"][1] == {
        "code": "junction", "reason": "another crack close by",
        "from_px": 80.0, "to_px": 96.0, "from_mm": 20.0, "to_mm": 24.0,
    }  # fmt: skip
    assert defect["width_px"]["budget"] == []


def test_a_photo_to_review_is_found_and_settled(program, mia, emil, visit, photo):
    clear = factories.make_photo(visit)
    address = f"/api/v1/inspections/{visit.pk}/photos/"
    rows = program(mia).get(address, {"needs_review": "true"}).json()["results"]
    assert [row["id"] for row in rows] == [photo.pk]
    assert program(mia).get(f"/api/v1/photos/{clear.pk}/").json()["needs_review"] is False

    settle = f"/api/v1/photos/{photo.pk}/review/"
    assert program(mia).post(settle, {"reason": "x"}, format="json").status_code == 403
    assert program(emil).post(settle, {}, format="json").status_code == 400
    answer = program(emil).post(settle, {"reason": "Measured on site."}, format="json")
    assert answer.status_code == 200 and answer.json()["needs_review"] is False
    again = program(emil).post(settle, {"reason": "Again"}, format="json")
    assert (again.status_code, again.json()["code"]) == (409, "not_in_review")


def test_a_marker_that_is_not_ours(program, ines, photo):
    client, address = program(ines), f"/api/v1/photos/{photo.pk}/"
    sent = {"marker_mm": 60, "marker_family": "aruco-4x4"}
    body = client.patch(address, sent, format="json").json()
    assert (body["state"], body["work"]) == ("queued", "measure")
    assert {name: body["scale_given"][name] for name in sent} == sent
    for wrong in ({"marker_mm": 0}, {"marker_mm": -3}, {"marker_mm": 1e5},
                  {"marker_family": "qr"}):  # fmt: skip
        refused = client.patch(address, wrong, format="json")
        assert (refused.status_code, refused.json()["code"]) == (400, "invalid_marker")
        assert refused.json()["hint"]


def test_a_markers_size_comes_with_the_photo(program, ines, visit):
    client, address = program(ines), f"/api/v1/inspections/{visit.pk}/photos/"
    data = factories.picture_bytes(seed=77)
    body = client.post(address, {"file": factories.upload(data), "marker_mm": "60"}).json()
    assert body["scale_given"]["marker_mm"] == 60.0
    assert body["scale_given"]["marker_family"] == ""
    refused = client.post(address, {"file": factories.upload(data), "marker_mm": "-1"})
    assert refused.json()["code"] == "invalid_marker"


def test_a_visits_distance_measures_its_photos_again(program, ines, visit):
    plain = factories.make_photo(visit)
    factories.analyse(plain, gsd_source="")
    client, address = program(ines), f"/api/v1/inspections/{visit.pk}/"
    sent = {"distance_m": 2.5, "distance_u_m": 0.05}
    body = client.patch(address, sent, format="json").json()
    assert (body["distance_m"], body["distance_u_m"]) == (2.5, 0.05)
    assert Photo.objects.get(pk=plain.pk).work == "measure"
    refused = client.patch(address, {"distance_m": 0}, format="json")
    assert refused.json()["code"] == "invalid_distance"
