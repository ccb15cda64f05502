"""A photo, what was found on it, and what can be changed."""

from __future__ import annotations

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from assets.models import Event, Photo, PhotoState
from tests import factories


def read(client, photo) -> dict:
    answer = client.get(f"/api/v1/photos/{photo.pk}/")
    assert answer.status_code == 200, answer.json()
    return answer.json()


def test_a_photo_with_its_results(program, mia, visit, bridge):
    photo = factories.make_photo(visit, gsd_mm_per_px=0.5)
    factories.analyse(
        photo, 0.4, None, at="2025-05-20T10:00:00", gsd_source="photo", mask="masks/m.png"
    )
    body = read(program(mia), photo)
    assert (body["state"], body["reason"], body["queue_position"]) == ("done", None, None)
    assert (body["captured_at"], body["captured_at_source"]) == ("2025-05-20T10:00:00Z", "offset")
    assert body["position"]["source"] == "asset"
    assert body["asset_position"]["latitude"] == bridge.latitude
    assert body["scale"] == {
        "source": "photo",
        "gsd_mm_per_px": 0.5,
        "u": pytest.approx(0.01),
        "u_relative": 0.02,
        "tilt_deg": None,
        "refusals": [],
    }
    assert body["analysis"]["scale"] == body["scale"]
    assert body["scale_given"]["gsd_mm_per_px"] == 0.5
    assert body["mask"].endswith(f"/api/v1/photos/{photo.pk}/mask/")

    analysis = body["analysis"]
    assert analysis["model"]["name"] == "trace-edge"
    assert analysis["model"]["terms"] == "For tests."
    assert analysis["image_size_px"] == [160, 140]
    assert analysis["quality"]["fit_to_detect"] is True
    assert analysis["crack_density_unit"] == "px/Mpx"
    graded, ungraded = analysis["cracks"]
    assert graded["centreline_px"][0] == [10.0, 20.0]
    widths = {"p50": 0.32, "p95": 0.4, "max": 0.48, "u": 0.02, "U": 0.04}
    assert {name: graded["width_mm"][name] for name in widths} == pytest.approx(widths)
    assert (graded["severity"], graded["level"], graded["identity"]) == ("CS2", 2, "new")
    # 0.40 mm with u = 0.02 lies 5 u above 0.30 mm.
    assert graded["states"] == {"CS1": 0.0, "CS2": 1.0, "CS3": 0.0}
    assert graded["defect"]["number"] == 1
    assert ungraded["width_mm"] is None
    assert ungraded["length_mm"] is None
    assert ungraded["width_px"]["p95"] == 4.0
    assert ungraded["severity"] is ungraded["level"] is ungraded["states"] is None
    assert ungraded["not_measurable"]["remedy"]


def test_where_the_picture_has_a_position_both_are_told(program, mia, visit, bridge):
    photo = factories.make_photo(visit)
    Photo.objects.filter(pk=photo.pk).update(latitude=-33.8, longitude=151.2, altitude_m=12.0)
    body = read(program(mia), photo)
    assert body["position"] == {
        "latitude": -33.8,
        "longitude": 151.2,
        "altitude_m": 12.0,
        "source": "photo",
    }
    assert body["asset_position"]["longitude"] == bridge.longitude


def test_a_new_scale_waits_for_its_measuring(program, ines, visit):
    photo = factories.make_photo(visit)
    factories.analyse(photo, None)
    client = program(ines)
    answer = client.patch(f"/api/v1/photos/{photo.pk}/", {"gsd_mm_per_px": 0.3}, format="json")
    assert answer.status_code == 200, answer.json()
    body = answer.json()
    assert (body["state"], body["work"]) == ("queued", "measure")
    # What is said is not yet what was measured with.
    assert body["scale_given"]["gsd_mm_per_px"] == 0.3
    assert (body["scale"]["source"], body["scale"]["gsd_mm_per_px"]) == ("none", None)
    assert body["analysis"]["gsd_mm_per_px"] is None
    taken_back = client.patch(
        f"/api/v1/photos/{photo.pk}/", {"gsd_mm_per_px": None}, format="json"
    ).json()
    assert taken_back["scale_given"]["gsd_mm_per_px"] is None


POINTS = {"points_px": [[10, 20], [110, 20]], "length_mm": 50}


def test_two_points_are_kept_and_measured_with(program, ines, visit):
    photo = factories.make_photo(visit)
    factories.analyse(photo, None, at="2025-05-20T10:00:00")
    client, address = program(ines), f"/api/v1/photos/{photo.pk}/"
    body = client.patch(address, {"two_points": POINTS}, format="json").json()
    assert (body["state"], body["work"]) == ("queued", "measure")
    assert body["scale_given"]["two_points"] == {**POINTS, "u_length_mm": None}
    event = Event.objects.get(verb="scale.changed")
    assert event.before == {"two_points_px": None, "two_points_mm": None}
    assert event.after == {"two_points_px": POINTS["points_px"], "two_points_mm": 50.0}

    gone = client.patch(address, {"two_points": None}, format="json").json()
    assert gone["scale_given"]["two_points"] is None


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"points_px": [[10, 20], [12, 20]]}, "two_points_too_close"),
        ({"points_px": [[10, 20], [400, 20]]}, "two_points_outside"),
        ({"length_mm": 0}, "two_points_no_length"),
        ({"length_mm": -5}, "two_points_no_length"),
        ({"length_mm": 0.01}, "invalid_scale"),
        ({"u_length_mm": 40}, "two_points_no_length"),
        ({"points_px": [[10, 20]]}, None),
        ({"points_px": [[10, 20], [110, "nan"]]}, None),
        ({"points_px": "here"}, None),
    ],
)
def test_points_that_give_no_scale_are_refused_with_a_sentence(program, ines, visit, wrong, code):
    photo = factories.make_photo(visit)
    factories.analyse(photo, None, at="2025-05-20T10:00:00")  # 160 × 140 pixels
    answer = program(ines).patch(
        f"/api/v1/photos/{photo.pk}/", {"two_points": {**POINTS, **wrong}}, format="json"
    )
    assert answer.status_code == 400
    assert code is None or answer.json()["code"] == code
    photo.refresh_from_db()
    assert (photo.two_points_px, photo.state) == (None, "done")


def test_a_distance_and_its_refusal(program, ines, visit):
    photo = factories.make_photo(visit)
    client, address = program(ines), f"/api/v1/photos/{photo.pk}/"
    body = client.patch(address, {"distance_m": 1.5, "distance_u_m": 0.02}, format="json").json()
    assert (body["scale_given"]["distance_m"], body["scale_given"]["distance_u_m"]) == (1.5, 0.02)
    wrong = client.patch(address, {"distance_m": 0}, format="json")
    assert (wrong.status_code, wrong.json()["code"]) == (400, "invalid_distance")
    # Another distance has another uncertainty.
    body = client.patch(address, {"distance_m": 2}, format="json").json()
    assert (body["scale_given"]["distance_m"], body["scale_given"]["distance_u_m"]) == (2.0, None)


def test_why_a_card_gave_no_scale_is_told(program, mia, visit):
    photo = factories.make_photo(visit)
    bent = {"code": "card_bent", "sentence": "The A5 card 1 is bent.", "remedy": "Glue it."}
    factories.analyse(photo, None, scale_refusals=[bent])
    scale = read(program(mia), photo)["scale"]
    told = {**bent, "values": {}}
    assert (scale["source"], scale["u"], scale["refusals"]) == ("none", None, [told])


@pytest.mark.parametrize("scale", [0, -2, "nan", 5000])
def test_a_wrong_scale_changes_nothing(program, ines, visit, scale):
    photo = factories.make_photo(visit)
    answer = program(ines).patch(
        f"/api/v1/photos/{photo.pk}/", {"gsd_mm_per_px": scale}, format="json"
    )
    assert answer.status_code == 400
    photo.refresh_from_db()
    assert photo.gsd_mm_per_px is None


def test_roles_and_strangers(program, mia, otto, visit):
    photo = factories.make_photo(visit)
    address = f"/api/v1/photos/{photo.pk}/"
    assert program(mia).patch(address, {"gsd_mm_per_px": 1}, format="json").status_code == 403
    assert program(mia).post(f"{address}retry/").status_code == 403
    for call in (
        program(otto).get(address),
        program(otto).patch(address, {"gsd_mm_per_px": 1}, format="json"),
        program(otto).post(f"{address}retry/"),
        program(otto).get(f"{address}mask/"),
    ):
        assert call.status_code == 404


def test_a_failed_photo_is_tried_again(program, ines, visit):
    photo = factories.make_photo(visit)
    client = program(ines)
    early = client.post(f"/api/v1/photos/{photo.pk}/retry/")
    assert (early.status_code, early.json()["code"]) == (409, "not_failed")
    Photo.objects.filter(pk=photo.pk).update(
        state=PhotoState.FAILED,
        reason_code="worker_lost",
        reasons=[{"code": "worker_lost", "values": {"attempts": 3}}],
        attempts=3,
    )
    failed = read(client, photo)
    assert (failed["state"], failed["reason_code"]) == ("failed", "worker_lost")
    assert failed["reason"] == "The work broke off 3 times without an answer."
    assert failed["remedy"].startswith("Press Retry.")
    assert failed["reasons"][0]["values"] == {"attempts": 3}
    again = client.post(f"/api/v1/photos/{photo.pk}/retry/")
    assert (again.status_code, again.json()["state"]) == (200, "queued")
    assert (again.json()["reason"], again.json()["reasons"]) == (None, [])


def test_the_mask(program, mia, visit):
    photo = factories.make_photo(visit)
    client = program(mia)
    none_yet = client.get(f"/api/v1/photos/{photo.pk}/mask/")
    assert none_yet.status_code == 404
    assert "no finished analysis" in none_yet.json()["detail"]
    name = default_storage.save("masks/m.png", ContentFile(b"\x89PNG mask"))
    factories.analyse(photo, 0.4, mask=name)
    answer = client.get(f"/api/v1/photos/{photo.pk}/mask/", HTTP_ACCEPT="image/png")
    assert (answer.status_code, answer["Content-Type"]) == (200, "image/png")
    assert b"".join(answer.streaming_content) == b"\x89PNG mask"
    assert "IMG_0001.mask.png" in answer["Content-Disposition"]
    again = client.get(
        f"/api/v1/photos/{photo.pk}/mask/", headers={"If-None-Match": answer["ETag"]}
    )
    assert again.status_code == 304
