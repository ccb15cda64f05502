"""Cracks, their history, and people's word on which is which."""

from __future__ import annotations

import pytest

from assets.models import Defect, Measurement
from tests import factories


@pytest.fixture
def two_years(visit, pier):
    """One crack seen twice, wider the second time, and a second one without a scale."""
    first = factories.make_photo(visit)
    factories.analyse(first, 0.2, None, at="2023-05-20T10:00:00")
    defect, ungraded = Defect.objects.order_by("number")
    second = factories.make_photo(visit)
    match = factories.match_now(visit, pairs={0: defect.pk})
    factories.analyse(second, 0.5, at="2025-05-20T10:00:00", match=match)
    defect.refresh_from_db()
    return defect, ungraded


def listed(client, query: str) -> list[int]:
    answer = client.get(f"/api/v1/defects/?{query}")
    assert answer.status_code == 200, answer.json()
    return [row["number"] for row in answer.json()["results"]]


def test_lists_filter(program, mia, otto, two_years, bridge, pier):
    client = program(mia)
    assert listed(client, "") == [1, 2]
    assert listed(client, "severity=CS2") == [1]
    assert listed(client, "severity=ungraded") == [2]
    assert listed(client, "severity=CS2,ungraded") == [1, 2]
    assert listed(client, "level=-1") == [2]
    assert listed(client, "level=2,3") == [1]
    assert listed(client, f"asset={bridge.pk}&element={pier.pk}&state=open") == [1, 2]
    assert listed(client, "state=merged") == []
    assert listed(client, "ordering=-number") == [2, 1]
    assert listed(client, "ordering=-level") == [1, 2], "ungraded is less than any grade"
    assert listed(client, "ordering=level") == [2, 1]
    assert client.get("/api/v1/defects/?severity=terrible").status_code == 400
    assert listed(program(otto), "") == []


def test_a_crack_with_its_history(program, mia, two_years):
    defect, _ungraded = two_years
    body = program(mia).get(f"/api/v1/defects/{defect.pk}/").json()
    assert (body["severity"], body["level"], body["width_mm"]) == ("CS2", 2, 0.5)
    assert [point["width_mm"]["p95"] for point in body["history"]] == [0.2, 0.5]
    assert [point["captured_at"][:4] for point in body["history"]] == ["2023", "2025"]
    assert body["history"][0]["severity"] == "CS1"
    assert body["latest_photo"] == body["history"][1]["photo"]


def test_the_whole_history_comes_in_pages(program, mia, otto, two_years):
    defect, _ungraded = two_years
    body = program(mia).get(f"/api/v1/defects/{defect.pk}/").json()
    assert body["history_is_thinned"] is False
    address = f"/api/v1/defects/{defect.pk}/history/"
    assert body["history_url"].endswith(address)
    first = program(mia).get(f"{address}?page_size=1").json()
    assert (first["count"], first["results"]) == (2, body["history"][:1])
    second = program(mia).get(first["next"]).json()
    assert (second["next"], second["results"]) == (None, body["history"][1:])
    assert program(otto).get(address).status_code == 404


def test_a_crack_of_others(program, otto, two_years):
    defect, other = two_years
    client = program(otto)
    assert client.get(f"/api/v1/defects/{defect.pk}/").status_code == 404
    merge = client.post(f"/api/v1/defects/{defect.pk}/merge/", {"into": other.pk})
    assert merge.status_code == 404


def test_an_engineer_merges(program, emil, alice, two_years):
    defect, other = two_years
    address, sent = (
        f"/api/v1/defects/{other.pk}/merge/",
        {"into": defect.pk, "reason": "Same line."},
    )
    assert program(alice).post(address, sent).status_code == 403
    answer = program(emil).post(address, sent)
    assert answer.status_code == 200, answer.json()
    assert answer.json()["id"] == defect.pk
    assert len(answer.json()["history"]) == 3
    other.refresh_from_db()
    assert (other.state, other.merged_into_id) == ("merged", defect.pk)
    itself = program(emil).post(f"/api/v1/defects/{defect.pk}/merge/", {"into": defect.pk})
    assert (itself.status_code, itself.json()["code"]) == (400, "same_defect")


def test_nobody_merges_into_a_crack_of_others(program, emil, two_years, other_organisation):
    defect, _other = two_years
    theirs = factories.make_inspection(factories.make_asset(other_organisation))
    factories.analyse(factories.make_photo(theirs), 0.3)
    foreign = Defect.objects.get(asset=theirs.asset)
    answer = program(emil).post(f"/api/v1/defects/{defect.pk}/merge/", {"into": foreign.pk})
    assert answer.status_code == 404


def test_an_undecided_line_is_settled(program, emil, ines, visit, two_years):
    defect, _other = two_years
    factories.analyse(
        factories.make_photo(visit),
        0.7,
        0.9,
        at="2025-06-01T10:00:00",
        match=factories.match_now(visit, registered=False),
    )
    undecided = list(Measurement.objects.filter(defect=None, analysis__is_current=True))
    assert len(undecided) == 2
    address = f"/api/v1/measurements/{undecided[0].pk}/decide/"
    assert program(ines).post(address, {"defect": defect.pk}, format="json").status_code == 403
    client = program(emil)
    assert client.post(address, {}, format="json").status_code == 400
    same = client.post(address, {"defect": defect.pk, "reason": "Same fork."}, format="json")
    assert same.status_code == 200, same.json()
    assert (same.json()["defect"]["id"], same.json()["identity"]) == (defect.pk, "person")
    new = client.post(
        f"/api/v1/measurements/{undecided[1].pk}/decide/", {"defect": None}, format="json"
    )
    assert new.json()["defect"]["number"] == 3
    moved = client.post(address, {"defect": new.json()["defect"]["id"]}, format="json")
    assert moved.json()["defect"]["number"] == 3
