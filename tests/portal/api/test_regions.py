"""Areal defects in the API: regions of a photo, defects with areas, a person's word."""

from __future__ import annotations

import pytest

from assets.models import Defect, Region
from tests import factories


@pytest.fixture
def spall(visit):
    """Seen twice, and larger the second time."""
    region = factories.make_region
    factories.analyse(
        factories.make_photo(visit), regions=[region(100.0)], at="2023-05-20T10:00:00"
    )
    defect = Defect.objects.get()
    match = factories.match_now(visit, area_pairs={0: defect.pk})
    photo = factories.make_photo(visit)
    factories.analyse(photo, regions=[region(200.0)], at="2025-05-20T10:00:00", match=match)
    defect.refresh_from_db()
    return defect


def test_a_defect_with_its_history(program, mia, spall):
    body = program(mia).get(f"/api/v1/defects/{spall.pk}/").json()

    assert (body["kind"], body["severity"], body["extent_mm"], body["area_mm2"]) == (
        "spalling", "CS3", 200.0, 20000.0,
    )  # fmt: skip
    assert (body["width_mm"], body["latest_measurement"]) == (None, None)
    assert body["latest_region"] == spall.latest_region_id
    assert [point["extent_mm"] for point in body["history"]] == [100.0, 200.0]
    assert {point["measurement"] for point in body["history"]} == {None}
    assert body["latest_photo"] == body["history"][1]["photo"]
    pages = program(mia).get(f"/api/v1/defects/{spall.pk}/history/").json()
    assert pages["results"] == body["history"]


def test_a_photo_lists_its_regions(program, mia, spall):
    photo = spall.latest_region.photo_id
    (region,) = program(mia).get(f"/api/v1/photos/{photo}/").json()["analysis"]["regions"]

    assert (region["kind"], region["identity"], region["severity"], region["level"]) == (
        "spalling", "matched", "CS3", 3,
    )  # fmt: skip
    assert region["defect"]["id"] == spall.pk and region["defect"]["kind"] == "spalling"
    assert (region["area_mm2"], region["area_mm2_u"]) == (20000.0, 800.0)
    assert len(region["outline_px"]) == 4


def test_lists_filter_by_kind(program, mia, otto, visit, spall):
    def listed(user, query):
        return len(program(user).get(f"/api/v1/defects/?{query}").json()["results"])

    assert listed(mia, "kind=spalling") == 1
    assert listed(mia, "kind=crack") == 0
    assert listed(mia, "ordering=-extent_mm") == 1
    assert listed(otto, "") == 0


def test_a_persons_word(program, emil, mia, otto, visit, spall):
    unregistered = factories.match_now(visit, registered=False)
    photo = factories.make_photo(visit)
    factories.analyse(photo, 0.3, regions=[factories.make_region(60.0)], match=unregistered)
    region = Region.objects.get(analysis__photo=photo)
    crack = Defect.objects.get(kind="crack")
    address = f"/api/v1/regions/{region.pk}/decide/"

    assert program(otto).post(address, {"defect": None}, format="json").status_code == 404
    assert program(mia).post(address, {"defect": None}, format="json").status_code == 403
    refused = program(emil).post(address, {"defect": crack.pk}, format="json")
    assert (refused.status_code, refused.json()["code"]) == (400, "other_kind")
    decided = program(emil).post(address, {"defect": spall.pk, "reason": "there"}, format="json")
    assert decided.status_code == 200, decided.json()
    assert (decided.json()["defect"]["id"], decided.json()["identity"]) == (spall.pk, "person")
    moved = program(emil).post(address, {"defect": None}, format="json").json()
    assert moved["defect"]["number"] == 3


def test_spalls_do_not_merge_with_cracks(program, emil, visit, spall):
    factories.analyse(factories.make_photo(visit), 0.3, match=factories.match_now(visit))
    crack = Defect.objects.get(kind="crack")
    refused = program(emil).post(
        f"/api/v1/defects/{spall.pk}/merge/", {"into": crack.pk}, format="json"
    )
    assert (refused.status_code, refused.json()["code"]) == (400, "other_kind")


def test_alerts_carry_the_size(program, mia, spall):
    alerts = program(mia).get("/api/v1/alerts/?rule=worsened").json()["results"]
    assert [(row["extent_mm"], row["area_mm2"], row["width_mm"]) for row in alerts] == [
        (200.0, 20000.0, None)
    ]


def test_the_list_of_photos_counts_regions_by_kind(program, mia, visit, spall):
    unregistered = factories.match_now(visit, registered=False)
    photo = factories.make_photo(visit)
    pieces = [factories.make_region(60.0), factories.make_region(90.0, x=80.0)]
    leak = factories.make_region(30.0, kind="leakage")
    factories.analyse(photo, 0.1, regions=[*pieces, leak], match=unregistered)
    bare = factories.make_photo(visit)
    rows = program(mia).get(f"/api/v1/inspections/{visit.pk}/photos/").json()["results"]
    result = {row["id"]: row["result"] for row in rows}

    assert result[photo.pk] == {
        "cracks": 1, "regions": {"spalling": 2, "leakage": 1}, "unmatched": 2, "level": 2,
        "width_mm": 0.1, "width_px": 4.0, "extent_mm": 90.0,
    }  # fmt: skip
    assert result[spall.latest_region.photo_id]["level"] == 3
    assert result[spall.latest_region.photo_id]["cracks"] == 0
    assert (result[bare.pk]["regions"], result[bare.pk]["extent_mm"]) == ({}, None)


def test_the_map_tells_the_size_of_an_areal_defect(program, mia, spall):
    (feature,) = program(mia).get("/api/v1/map/0/0/0/").json()["features"]
    told = feature["properties"]

    assert (told["defect_kind"], told["extent_mm"]) == ("spalling", 200.0)
    assert (told["area_mm2"], told["area_mm2_u"], told["width_mm"]) == (20000.0, 800.0, None)


def test_the_map_tells_the_width_of_a_crack(program, mia, visit):
    factories.analyse(factories.make_photo(visit), 0.4)
    told = program(mia).get("/api/v1/map/0/0/0/").json()["features"][0]["properties"]
    assert (told["defect_kind"], told["width_mm"], told["width_px"]) == ("crack", 0.4, 4.0)
    assert (told["area_mm2"], told["extent_mm"]) == (None, None)
