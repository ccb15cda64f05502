"""A crack that is on thousands of photos: its numbers, its alerts, its chart."""

from __future__ import annotations

import dataclasses
import datetime as dt

import pytest

from assets.models import Alert, Measurement
from assets.selectors.history import (
    MOST_POINTS,
    as_points,
    histories,
    last_before,
    whole_history,
)
from assets.services.defects import refresh_defect
from assets.services.sights import sight_on, sights
from tests.factories import analyse, make_photo, match_now
from tests.many_views import Shot, add_views, make_defect

pytestmark = pytest.mark.django_db

BEGIN = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)
MANY = 1500


@pytest.fixture
def defect(visit, pier):
    """Seen every day; widest on day 700."""
    made = make_defect(pier, 1, BEGIN)
    pier.asset.last_defect_number = 1
    pier.asset.save()
    shots = [
        Shot(BEGIN + n * DAY, defects=(made,), width_mm=0.29 if n == 700 else 0.1 + n % 7 / 100)
        for n in range(MANY)
    ]
    add_views(visit, pier, shots)
    made.refresh_from_db()
    return made


def of_day(n):
    return Measurement.objects.filter(captured_at=BEGIN + n * DAY)


def test_its_numbers_take_one_query_however_many_photos(defect, django_assert_num_queries):
    with django_assert_num_queries(1):
        seen = sights(defect)

    assert (seen.first_at, seen.last.captured_at) == (BEGIN, BEGIN + (MANY - 1) * DAY)
    assert [sight.captured_at for sight in seen.graded] == [
        BEGIN + (MANY - 1) * DAY,
        BEGIN + (MANY - 2) * DAY,
    ]
    assert (defect.first_seen_at, defect.last_seen_at) == (seen.first_at, seen.last.captured_at)


def test_a_grade_far_back_is_found(defect):
    of_day_10_on = Measurement.objects.filter(captured_at__gt=BEGIN + 10 * DAY)
    of_day_10_on.update(
        width_mm_p95=None, width_mm_u=None, severity="", level=None, width_px_p95=None
    )
    of_day(10).update(severity="CS3", level=3, width_mm_p95=1.5, width_px_p95=7.0)

    seen = refresh_defect(defect)

    assert (defect.severity, defect.width_mm, defect.width_px) == ("CS3", 1.5, 7.0)
    assert [sight.captured_at for sight in seen.graded] == [BEGIN + 10 * DAY, BEGIN + 9 * DAY]
    assert defect.latest_measurement == of_day(MANY - 1).get()


def test_many_pieces_on_one_photo_are_one_sight(visit, pier, defect):
    at = BEGIN + MANY * DAY
    (analysis,) = add_views(visit, pier, [Shot(at, defects=(defect,) * 20, width_mm=0.5)])
    widest = Measurement.objects.filter(analysis=analysis, ordinal=13)
    widest.update(width_mm_p95=0.7)

    seen = sights(defect)

    assert seen.last == sight_on(defect, analysis.photo_id)
    assert seen.last.row_id == widest.get().pk
    assert [sight.captured_at for sight in seen.graded] == [at, at - DAY]
    assert sight_on(defect, 0) is None


def test_the_next_photo_worsens_it_and_a_late_one_does_not(visit, defect):
    pairs = {0: defect.pk}
    analyse(make_photo(visit), 0.4, at="2020-06-01T12:00:00", match=match_now(visit, pairs=pairs))
    assert not Alert.objects.filter(rule="worsened").exists()

    analyse(make_photo(visit), 0.4, at="2025-06-01T12:00:00", match=match_now(visit, pairs=pairs))
    assert Alert.objects.get(rule="worsened").width_mm == 0.4


def test_a_chart_of_it_is_thinned_out_and_keeps_both_ends(defect, alice, django_assert_num_queries):
    with django_assert_num_queries(3):
        (history,) = histories(alice, [defect])

    assert history.is_thinned and MOST_POINTS // 2 < len(history.points) <= MOST_POINTS
    times = [point.captured_at for point in history.points]
    assert times == sorted(set(times))
    assert (times[0], times[-1]) == (BEGIN, BEGIN + (MANY - 1) * DAY)
    assert len(whole_history(alice, defect)) == MANY
    # Of each few the widest: on a crack that is 0.16 mm at most, nearly all drawn points are.
    drawn = sorted(point.width_mm_p95 for point in history.points)
    assert drawn[len(drawn) // 2] == pytest.approx(0.16)


def test_few_points_stay_whole(visit, pier, alice):
    seen = make_defect(pier, 1, BEGIN)
    shots = [Shot(BEGIN + n * DAY, defects=(seen,)) for n in range(MOST_POINTS)]
    add_views(visit, pier, shots)
    seen.refresh_from_db()

    (history,) = histories(alice, [seen])

    assert not history.is_thinned and len(history.points) == MOST_POINTS
    assert list(history.points) == as_points(whole_history(alice, seen))


def test_others_see_nothing_of_it(defect, otto):
    assert [history.points for history in histories(otto, [defect])] == [()]
    assert not whole_history(otto, defect).exists()


def test_how_it_was_before_a_photo(defect, alice, otto, visit):
    photo = of_day(500).get().photo
    (before,) = last_before(alice, photo, [defect.pk]).values()
    assert before == dataclasses.replace(before, measurement_id=of_day(499).get().pk)
    assert last_before(otto, photo, [defect.pk]) == {}
    assert last_before(alice, of_day(0).get().photo, [defect.pk]) == {}
