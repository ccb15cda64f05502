"""Reads: right answers, filters, and a number of queries that does not grow with the register."""

from __future__ import annotations

import random

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from assets.cells import cell_of, cluster_shift, tile_range
from assets.models import Asset, Defect, Photo, Priority
from assets.selectors import alerts, asset, inspection, members, photo, portfolio
from assets.services.portfolio import edit_asset
from assets.services.queue import queue_position
from tests.factories import (
    analyse,
    make_asset,
    make_element,
    make_inspection,
    make_photo,
    make_region,
    match_now,
)

pytestmark = pytest.mark.django_db


def spread_assets(organisation, count, seed=7):
    """Assets all over Europe, of all kinds and levels, straight into the table."""
    chance = random.Random(seed)
    rows = []
    for n in range(count):
        latitude, longitude = chance.uniform(36, 60), chance.uniform(-9, 30)
        rows.append(
            Asset(
                organisation=organisation,
                code=f"S-{n:05d}",
                name=f"Structure {n}",
                kind=chance.choice(["bridge", "dam", "tunnel", "building"]),
                latitude=latitude,
                longitude=longitude,
                map_cell=cell_of(latitude, longitude),
                worst_level=chance.choice([-2, -2, -1, 0, 1, 1, 2, 3]),
            )
        )
    return Asset.objects.bulk_create(rows, batch_size=500)


def brute_force(assets, z, x, y):
    """Groups of assets as one would count them by hand."""
    first, end = tile_range(z, x, y)
    groups = {}
    for row in assets:
        if first <= row.map_cell < end:
            groups.setdefault(row.map_cell >> cluster_shift(z), []).append(row)
    return groups


@pytest.mark.parametrize(("z", "x", "y"), [(0, 0, 0), (3, 4, 2), (5, 16, 10), (6, 33, 21)])
def test_a_map_tile_is_what_counting_by_hand_gives(
    organisation, other_organisation, alice, z, x, y
):
    mine = spread_assets(organisation, 400)
    spread_assets(other_organisation, 50, seed=8)
    expected = brute_force(mine, z, x, y)
    assert expected, "the tile must show something"

    found = portfolio.map_tile(alice, z, x, y)

    singles = {row.id for row in found if isinstance(row, portfolio.MapAsset)}
    clusters = [row for row in found if isinstance(row, portfolio.MapCluster)]
    assert singles == {rows[0].pk for rows in expected.values() if len(rows) == 1}
    many = [rows for rows in expected.values() if len(rows) > 1]
    key = lambda row: (row.box, row.count)  # noqa: E731
    by_hand = sorted(
        (
            (
                (
                    min(row.longitude for row in rows),
                    min(row.latitude for row in rows),
                    max(row.longitude for row in rows),
                    max(row.latitude for row in rows),
                ),
                len(rows),
            )
            for rows in many
        ),
    )
    assert sorted(map(key, clusters)) == by_hand
    for cluster in clusters:
        west, south, east, north = cluster.box
        assert west <= cluster.longitude <= east and south <= cluster.latitude <= north
        assert sum(cluster.counts.values()) == cluster.count


def test_a_cluster_of_nothing_graded_is_ungraded_rather_than_clean(organisation, alice):
    make_asset(organisation)
    make_asset(organisation, worst_level=-1)

    (cluster,) = portfolio.map_tile(alice, 0, 0, 0)

    assert cluster.worst_level == -1 and cluster.counts == {-2: 1, -1: 1}


def test_deep_zooms_show_every_asset_even_at_one_place(organisation, alice):
    twins = {make_asset(organisation).pk, make_asset(organisation).pk}
    first, _ = tile_range(0, 0, 0)
    cell = cell_of(50.94, 6.96)
    x = y = 0
    for bit in range(17):
        pair = (cell >> 2 * (23 - bit)) & 3
        x, y = x << 1 | pair & 1, y << 1 | pair >> 1

    found = portfolio.map_tile(alice, 17, x, y)

    assert {row.id for row in found} == twins and first == 0


def test_a_tile_that_does_not_exist_is_refused(alice):
    with pytest.raises(ValueError, match="no map tile"):
        portfolio.map_tile(alice, 2, 4, 0)


def test_list_filters(organisation, alice):
    cologne = make_asset(organisation, code="BR-1", name="Rhine bridge", worst_level=2)
    dam = make_asset(
        organisation, code="DM-7", name="Upper dam", kind="dam", latitude=47.0, longitude=11.0
    )
    fiji = make_asset(
        organisation, code="BR-9", name="Lagoon bridge", latitude=-17, longitude=179.5,
        worst_level=-1,
    )  # fmt: skip

    def codes(**filters):
        return [row.code for row in portfolio.list_assets(alice, **filters)]

    assert codes() == ["BR-1", "BR-9", "DM-7"], "worst first; ungraded before none"
    assert codes(order="code") == ["BR-1", "BR-9", "DM-7"]
    assert codes(kinds=["dam"]) == [dam.code]
    assert codes(levels=[-1, 2]) == [cologne.code, fiji.code]
    assert codes(search="bridge rhine") == [cologne.code]
    assert codes(search="dm-7") == [dam.code]
    assert codes(search="%") == []
    assert codes(box=(6, 50, 8, 52)) == [cologne.code]
    assert codes(box=(170, -30, -170, 0)) == [fiji.code], "across the antimeridian"
    assert codes(box=(170, -30, 190, 0)) == [fiji.code], "a map scrolled round the world"
    assert len(codes(box=(-360, -90, 360, 90))) == 3
    chips = portfolio.facets(alice, kinds=["bridge"], levels=[2])
    assert (chips.kinds, chips.levels, chips.total) == (
        {"bridge": 1, "dam": 0},
        {2: 1, -2: 0, -1: 1},
        1,
    )
    assert portfolio.extent(alice) == (6.96, -17, 179.5, 50.94)
    assert portfolio.extent(alice, search="nothing") is None


def test_history_is_in_the_order_of_capture(visit, alice):
    later, earlier = make_photo(visit), make_photo(visit)
    analyse(later, 0.4, at="2025-05-01T00:00:00")
    defect = Defect.objects.get()
    analyse(earlier, 0.3, at="2023-05-01T00:00:00", match=join(defect))

    (history,) = asset.asset_history(alice, visit.asset)

    assert history.defect == defect
    assert [point.width_mm_p95 for point in history.points] == [0.3, 0.4]
    detail = photo.photo_detail(alice, later.pk)
    assert detail.before[defect.pk].photo_id == earlier.pk
    assert (detail.previous_id, detail.next_id) == (earlier.pk, None)
    assert photo.photo_detail(alice, earlier.pk).before == {}


def test_before_is_the_largest_piece_of_the_photo_before(visit, alice, otto):
    pieces = [make_region(90.0), make_region(150.0, x=90.0)]
    analyse(make_photo(visit), 0.2, regions=pieces[:1], at="2022-05-01T00:00:00")
    crack, spall = Defect.objects.order_by("number")
    areas = {0: spall.pk, 1: spall.pk}
    earlier, later = make_photo(visit), make_photo(visit)
    for shown, sizes, at in (
        (earlier, pieces[::-1], "2023-05-01T00:00:00"),
        (later, pieces, "2025-05-01T00:00:00"),
    ):
        match = match_now(visit, pairs={0: crack.pk}, area_pairs=areas)
        analyse(shown, 0.3, regions=sizes, at=at, match=match)

    before = photo.photo_detail(alice, later.pk).before
    assert set(before) == {crack.pk, spall.pk}
    assert (before[spall.pk].photo_id, before[spall.pk].extent_mm) == (earlier.pk, 150.0)
    assert before[spall.pk].area_mm2 == 150.0**2 / 2
    assert before[crack.pk].width_mm_p95 == 0.3
    assert photo.photo_detail(alice, earlier.pk).before[spall.pk].extent_mm == 90.0
    with pytest.raises(Photo.DoesNotExist):
        photo.photo_detail(otto, later.pk)


def join(defect):
    basis = defect.element.views_version
    from assets.services.records import MatchProposal

    return MatchProposal(basis=basis, registered=True, pairs={0: defect.pk})


def test_places_in_line_put_people_first(visit):
    backlog = make_photo(visit, priority=Priority.BACKLOG)
    person = make_photo(visit)
    done = make_photo(visit)
    analyse(done, 0.2)

    places = inspection.queue_positions(Photo.objects.all())

    assert places == {person.pk: 1, backlog.pk: 2}


def test_places_in_line_tell_nothing_of_other_organisations(visit, other_organisation):
    theirs = make_inspection(make_asset(other_organisation))
    before = [make_photo(theirs) for _ in range(3)]
    mine = make_photo(visit)
    after = make_photo(theirs)

    assert inspection.queue_positions([mine]) == {mine.pk: 1}
    both = inspection.queue_positions([*before, mine, after])
    assert both == {before[0].pk: 1, before[1].pk: 2, before[2].pk: 3, mine.pk: 1, after.pk: 4}
    assert [queue_position(photo) for photo in (before[2], mine, after)] == [3, 1, 4]


def fill(asset_row, visits=1):
    for _ in range(visits):
        pier = make_element(asset_row, f"Pier {asset_row.elements.count()}")
        visit = make_inspection(asset_row, element=pier)
        analyse(make_photo(visit), 0.2, None)
        make_photo(visit)


def read_everything(user, one, one_visit, one_photo):
    """What the portfolio, asset, inspection, photo and alert pages read."""
    assets = list(portfolio.list_assets(user)[:50])
    for row in assets:
        assert (row.worst_defect and row.worst_defect.number, row.open_defects) is not None
    assert portfolio.list_rows(portfolio.list_assets(user), first=0, count=50)
    portfolio.facets(user)
    portfolio.extent(user)
    shown = asset.visible_asset(user).get(pk=one.pk)
    for history in asset.asset_history(user, shown):
        assert history.defect.element.name and history.defect.latest_photo_id
    list(asset.elements_of(user, shown))
    list(asset.inspections_of(user, shown))
    visits = list(inspection.list_inspections(user)[:50])
    inspection.photo_counts(user, visits)
    photos = list(inspection.inspection_photos(user, one_visit)[:50])
    inspection.photo_results(user, photos)
    inspection.queue_positions(photos)
    photo.photo_detail(user, one_photo.pk)
    for alert in alerts.unacknowledged(user)[:50]:
        assert alert.asset.code and alert.defect.element.name
    alerts.bell_count(user)
    alerts.latest_seq(user)
    list(members.list_members(user))


def test_the_number_of_queries_does_not_grow(organisation, alice):
    first = make_asset(organisation, code="A-1")
    fill(first)
    one_visit = first.inspections.get()
    one_photo = one_visit.photos.order_by("pk").first()
    spread_assets(organisation, 13)
    with CaptureQueriesContext(
        connection,
    ) as few:
        read_everything(alice, first, one_visit, one_photo)

    fill(first, visits=3)
    fill(make_asset(organisation, code="A-2"), visits=2)
    Asset.objects.filter(code__startswith="S-").delete()
    spread_assets(organisation, 2000)
    with CaptureQueriesContext(connection) as many:
        read_everything(alice, first, one_visit, one_photo)

    assert len(many) == len(few)


def test_editing_moves_an_asset_on_the_map(organisation, alice):
    row = make_asset(organisation)

    edit_asset(asset=row, actor=alice, latitude=-33.86, longitude=151.21)

    (found,) = portfolio.map_tile(alice, 2, 3, 2)
    assert found.id == row.pk
