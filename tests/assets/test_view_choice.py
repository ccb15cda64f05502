"""The choice of 24 among five thousand views for a new photo."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from assets.models import Analysis, Defect, Measurement, Photo, ViewFeatures
from assets.services.identity import identify
from assets.services.known_views import (
    MOST_VIEWS,
    earlier_visit_at,
    known_views,
)
from assets.services.queue import retry_photo
from assets.services.scale import set_photo_scale
from inference.measure.identity.registration import MIN_INLIERS
from tests.factories import analyse, facts_at, make_photo, match_now
from tests.many_views import LEAST_KEY_POINTS, Shot, add_views, make_defect

pytestmark = pytest.mark.django_db

BEGIN = dt.datetime(2024, 1, 1, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)
MANY = 5000


def facts(at, **fields):
    return facts_at(at.replace(tzinfo=None).isoformat(), **fields)


def places(known):
    """Of each view which shot it was, by the hour since the beginning."""
    return [round((view.captured_at - BEGIN) / HOUR) for view in known.views]


@pytest.fixture
def seen(pier):
    return make_defect(pier, 1, BEGIN)


def test_a_view_with_fewer_key_points_is_recognised_by_nothing():
    assert LEAST_KEY_POINTS == MIN_INLIERS


def test_a_fixed_camera_meets_its_nearest_views_in_time(visit, pier, seen):
    shots = [Shot(BEGIN + n * HOUR, defects=(seen,)) for n in range(MANY)]
    add_views(visit, pier, shots)
    photo = make_photo(visit)

    latest = known_views(photo, facts(BEGIN + MANY * HOUR))
    late_upload = known_views(photo, facts(BEGIN + 3000.5 * HOUR))

    assert len(latest.views) == len(late_upload.views) == MOST_VIEWS
    assert set(range(MANY - 8, MANY)) <= set(places(latest))
    assert set(range(2996, 3005)) <= set(places(late_upload)), "before it and after it"
    assert latest.basis == late_upload.basis == 1


def test_the_queries_do_not_grow(visit, pier, seen, django_assert_num_queries):
    add_views(visit, pier, [Shot(BEGIN + n * HOUR, defects=(seen,)) for n in range(200)])
    photo = make_photo(visit)

    with django_assert_num_queries(4):
        assert len(known_views(photo, facts(BEGIN, latitude=50.9, longitude=6.9)).views) == 24


@pytest.mark.skipif(connection.vendor != "sqlite", reason="Its planner says what it would read.")
def test_every_rule_walks_an_index_to_its_moment(visit, pier, seen):
    """By element alone the planner would read and sort all of its views, twelve times over."""
    add_views(visit, pier, [Shot(BEGIN + n * HOUR, defects=(seen,)) for n in range(200)])
    photo = make_photo(visit)
    with CaptureQueriesContext(connection) as queries:
        known_views(photo, facts(BEGIN, latitude=50.9, longitude=6.9))
    plan = []
    with connection.cursor() as cursor:
        for query in queries.captured_queries[:2]:
            cursor.execute(f"EXPLAIN QUERY PLAN {query['sql']}")
            plan += [row[3] for row in cursor.fetchall()]
    walks = [line for line in plan if "view_in_time" in line]
    assert len(walks) > 10
    assert {line.partition("(")[2] for line in walks} <= {
        "element_id=? AND shows_lines=?)",
        "element_id=? AND shows_lines=? AND captured_at<?)",
        "element_id=? AND shows_lines=? AND captured_at>?)",
    }


def test_a_place_last_seen_three_thousand_photos_ago_is_found_by_its_position(visit, pier):
    defects = [make_defect(pier, 1 + n, BEGIN) for n in range(100)]
    # A walk along a deck, a metre a photo; every fiftieth shows a crack of its own.
    shots = [
        Shot(
            BEGIN + n * dt.timedelta(seconds=10),
            position=(50.94, 6.96 + n * 1.4e-5),
            defects=(defects[n // 50],) if n % 50 == 0 else (),
        )
        for n in range(MANY)
    ]
    analyses = add_views(visit, pier, shots)
    photo = make_photo(visit)
    later = BEGIN + dt.timedelta(days=365)

    # Two metres beside where crack 41 was seen from.
    known = known_views(photo, facts(later, latitude=50.940018, longitude=6.96 + 2000 * 1.4e-5))

    found = [view.analysis_id for view in known.views]
    assert analyses[2000].pk in found[:4]
    assert analyses[1999].pk in found and analyses[2001].pk in found
    assert [line.defect_id for v in known.views[:4] for line in v.lines].count(defects[40].pk) == 1


def test_without_a_position_each_of_few_cracks_is_stood_for(visit, pier):
    defects = [make_defect(pier, 1 + n, BEGIN) for n in range(8)]
    old = [Shot(BEGIN + n * HOUR, defects=(defects[n],)) for n in range(8)]
    # Then the camera looks elsewhere, at the last crack, for three thousand photos.
    new = [Shot(BEGIN + (8 + n) * HOUR, defects=(defects[-1],)) for n in range(3000)]
    add_views(visit, pier, old + new)
    photo = make_photo(visit)

    known = known_views(photo, facts(BEGIN + 4000 * HOUR))

    shown = {line.defect_id for view in known.views for line in view.lines}
    assert shown == {defect.pk for defect in defects}


def test_without_a_position_the_walk_of_before_leads(visit, pier):
    """The photo before was laid upon an earlier walk: this one lies a step further along it."""
    step = dt.timedelta(seconds=10)
    defects = [make_defect(pier, 1 + n, BEGIN) for n in range(100)]
    walk = [
        Shot(BEGIN + n * step, defects=(defects[n // 30],) if n % 30 == 0 else ())
        for n in range(3000)
    ]
    first = add_views(visit, pier, walk)
    again = BEGIN + dt.timedelta(days=365)
    (last,) = add_views(visit, pier, [Shot(again)])
    photo = make_photo(visit)
    then = again + 3 * step

    lost = known_views(photo, facts(then))
    ViewFeatures.objects.filter(pk=last.pk).update(earlier_visit_at=walk[1527].captured_at)
    led = known_views(photo, facts(then))
    too_late = known_views(photo, facts(then + dt.timedelta(hours=2)))

    wanted = first[1530].pk
    assert wanted not in [view.analysis_id for view in lost.views]
    assert wanted in [view.analysis_id for view in led.views][:3]
    assert wanted not in [view.analysis_id for view in too_late.views], "another walk"
    laid = [view for view in led.views if view.analysis_id == wanted]
    assert earlier_visit_at(led, laid) == walk[1530].captured_at
    of_this_walk = [view for view in led.views if view.analysis_id == last.pk]
    assert earlier_visit_at(led, of_this_walk) == walk[1530].captured_at, "at the same pace"
    assert earlier_visit_at(led, []) is None


def test_undecided_and_blurred_views_take_no_place(visit, pier, seen):
    good = [Shot(BEGIN + n * HOUR, defects=(seen,)) for n in range(5)]
    undecided = [Shot(BEGIN + (10 + n) * HOUR, defects=(seen, None)) for n in range(100)]
    blurred = [Shot(BEGIN + (200 + n) * HOUR, key_points=20, defects=(seen,)) for n in range(100)]
    add_views(visit, pier, good + undecided + blurred)
    photo = make_photo(visit)

    known = known_views(photo, facts(BEGIN + 400 * HOUR))

    assert sorted(places(known)) == [0, 1, 2, 3, 4]
    assert known.has_defects


def test_its_own_earlier_analysis_comes_first_however_plain(visit, pier, seen):
    own = make_photo(visit)
    add_views(visit, pier, [Shot(BEGIN + n * HOUR, defects=(seen,)) for n in range(50)])
    analyse(own, 0.2, match=match_now(visit), at="2024-01-01T05:30:00", features=None)

    known = known_views(own)

    assert known.views[0].photo_id == own.pk and len(known.views) == MOST_VIEWS


def test_a_decision_makes_a_view_usable_and_the_match_old(visit, pier, emil):
    analyse(make_photo(visit), 0.2)
    unsure = analyse(make_photo(visit), 0.3, 0.4, match=match_now(visit, registered=False))
    lines = list(Measurement.objects.filter(analysis=unsure).order_by("ordinal"))
    versions = []
    for line in lines:
        assert not ViewFeatures.objects.get(pk=unsure.pk).is_usable
        identify(sight=line, actor=emil, defect=Defect.objects.first())
        pier.refresh_from_db()
        versions.append(pier.views_version)
    assert ViewFeatures.objects.get(pk=unsure.pk).is_usable
    lines[0].refresh_from_db()
    identify(sight=lines[0], defect=None, actor=emil)
    pier.refresh_from_db()
    assert [*versions, pier.views_version] == [3, 4, 5]


def test_clean_photos_leave_the_number_alone(visit, pier):
    analyse(make_photo(visit))
    analyse(make_photo(visit))
    pier.refresh_from_db()
    assert pier.views_version == 0


def test_measuring_again_keeps_the_features(visit, pier, ines):
    photo = make_photo(visit)
    before = analyse(photo, None, features=b"a wall", key_points=321)
    pier.refresh_from_db()
    set_photo_scale(photo=photo, gsd_mm_per_px=0.5, actor=ines)

    after = analyse(photo, 0.2, features=None)

    view = ViewFeatures.objects.get()
    assert (view.analysis_id, bytes(view.data), view.is_usable) == (after.pk, b"a wall", True)
    assert not Measurement.objects.get(analysis=before).is_current
    assert Measurement.objects.get(analysis=after).is_current
    basis = pier.views_version
    pier.refresh_from_db()
    assert pier.views_version == basis, "the same lines"


def test_analysing_again_takes_the_old_view_out(visit, ines):
    photo = make_photo(visit)
    before = analyse(photo, 0.2)
    Photo.objects.filter(pk=photo.pk).update(state="failed")
    photo.refresh_from_db()
    retry_photo(photo=photo, actor=ines)

    after = analyse(photo, 0.2, match=match_now(visit, pairs={0: Defect.objects.get().pk}))

    usable = dict(ViewFeatures.objects.values_list("analysis_id", "is_usable"))
    assert usable == {before.pk: False, after.pk: True}
    assert Analysis.objects.filter(is_current=True).get() == after
