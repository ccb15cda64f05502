"""Map tiles: clusters, single assets, filters, and asking again for nothing."""

from __future__ import annotations

import pytest

from tests import factories

WORLD = "/api/v1/map/0/0/0/"


@pytest.fixture
def rhine(organisation, other_organisation):
    """Two bridges side by side, a dam far away, and a stranger's."""
    place = {"latitude": 50.94, "longitude": 6.96}
    factories.make_asset(organisation, code="A-1", worst_level=1, **place)
    factories.make_asset(organisation, code="A-2", worst_level=3, **place)
    factories.make_asset(organisation, code="A-3", kind="dam", latitude=-33.0, longitude=151.0)
    factories.make_asset(other_organisation, code="X-1", latitude=0, longitude=0)


def features(answer) -> list[dict]:
    assert answer.status_code == 200, answer.content
    assert answer["Content-Type"] == "application/geo+json"
    assert answer.json()["type"] == "FeatureCollection"
    return answer.json()["features"]


def test_clusters_and_single_assets(program, mia, rhine):
    found = features(program(mia).get(WORLD))
    cluster = next(one for one in found if one["properties"]["cluster"])
    single = next(one for one in found if not one["properties"]["cluster"])
    assert len(found) == 2
    assert cluster["properties"]["count"] == 2
    assert cluster["properties"]["counts"] == {"1": 1, "3": 1}
    assert cluster["properties"]["worst_level"] == 3
    assert cluster["geometry"]["coordinates"] == [6.96, 50.94]
    assert single["properties"]["code"] == "A-3"
    assert single["geometry"]["coordinates"] == [151.0, -33.0]
    assert program(mia).get(single["properties"]["url"]).json()["code"] == "A-3"


def test_filters(program, mia, rhine):
    client = program(mia)
    assert [f["properties"]["code"] for f in features(client.get(f"{WORLD}?kind=dam"))] == ["A-3"]
    assert [f["properties"]["code"] for f in features(client.get(f"{WORLD}?level=3"))] == ["A-2"]
    assert [f["properties"]["code"] for f in features(client.get(f"{WORLD}?search=a-1"))] == ["A-1"]
    for query in ("kind=castle", "level=x", "colour=red"):
        assert client.get(f"{WORLD}?{query}").status_code == 400


def test_asking_again_for_the_same(program, mia, organisation, rhine):
    client = program(mia)
    first = client.get(WORLD)
    assert "private" in first["Cache-Control"]
    again = client.get(WORLD, headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    factories.make_asset(organisation, latitude=10, longitude=10)
    assert client.get(WORLD, headers={"If-None-Match": first["ETag"]}).status_code == 200


def test_a_tile_that_does_not_exist(program, mia):
    answer = program(mia).get("/api/v1/map/1/5/0/")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_strangers_see_their_own_only(program, otto, rhine):
    assert [f["properties"]["code"] for f in features(program(otto).get(WORLD))] == ["X-1"]
