"""Fairness of the queue: no organisation waits for another's hundred photos."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import connection
from django.db.models import F
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from assets.models import Photo, Priority
from assets.work.claims import claim_next
from tests import factories
from tests.threads import at_once

pytestmark = pytest.mark.django_db


@pytest.fixture
def visits(visit):
    """A visit each of three organisations."""
    others = [factories.make_asset(factories.make_organisation()) for _ in range(2)]
    return [visit, *[factories.make_inspection(asset) for asset in others]]


def served(times: int) -> list[int]:
    """Organisations of the next claims, in their order."""
    return [claim_next(Photo).row.organisation_id for _ in range(times)]


def test_a_bulk_upload_holds_nobody_up(visits):
    bulk, small, late = visits
    for _ in range(6):
        factories.make_photo(bulk)
    for _ in range(2):
        factories.make_photo(small)
    factories.make_photo(late)
    a, b, c = [one.asset.organisation_id for one in visits]

    assert served(9) == [a, b, c, a, b, a, a, a, a]
    factories.make_photo(late)
    factories.make_photo(bulk)
    assert served(2) == [c, a], "who was served longest ago comes first, not who came first"


def test_people_of_any_organisation_come_before_backlog(visits):
    bulk, small, _ = visits
    factories.make_photo(bulk, priority=Priority.BACKLOG)
    for _ in range(2):
        factories.make_photo(small)
    a, b = [one.asset.organisation_id for one in visits[:2]]

    assert served(3) == [b, b, a]


@pytest.mark.parametrize("priority", Priority.values)
def test_what_a_worker_left_behind_is_the_next_one_taken(visits, priority):
    """Whosever it is, however many wait, and though it was queued last."""
    visit, other, third = visits
    photos = [factories.make_photo(visit, priority=priority) for _ in range(3)]
    killed = claim_next(Photo)
    assert killed.row == photos[0]
    theirs = [factories.make_photo(one) for one in (other, other, third)]
    Photo.objects.filter(pk=killed.pk).update(
        lease_until=timezone.now() - dt.timedelta(seconds=1), queued_at=timezone.now()
    )

    order = [claim_next(Photo).row for _ in range(3)]
    assert order == [photos[0], theirs[0], theirs[2]]


def test_a_claim_of_the_future_starves_nobody(visits):
    """The database's clock was set back by a day: a claim of before says nothing."""
    jumped, other, _ = visits
    for visit in (jumped, other):
        for _ in range(3):
            factories.make_photo(visit)
    a, b = [one.asset.organisation_id for one in visits[:2]]
    assert served(2) == [a, b]
    day = dt.timedelta(days=1)
    Photo.objects.filter(organisation=a, claimed_at__isnull=False).update(
        claimed_at=F("claimed_at") + day
    )

    assert sorted(served(2)) == [a, b]


@pytest.mark.skipif(connection.vendor != "sqlite", reason="Its planner says what it would read.")
def test_the_next_one_is_found_by_an_index(visit):
    for _ in range(3):
        factories.make_photo(visit)
    with CaptureQueriesContext(connection) as queries:
        assert claim_next(Photo)
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN QUERY PLAN {queries.captured_queries[0]['sql']}")
        plan = [row[3] for row in cursor.fetchall()]
    photos = [line for line in plan if " U0" in line or "assets_photo" in line]
    assert len(photos) > 4, plan
    assert [line for line in photos if line.startswith("SCAN")] == [], plan
    assert any("photo_line" in line for line in photos), plan
    assert any("photo_served" in line for line in photos), plan


@pytest.mark.django_db(transaction=True)
def test_many_workers_share_the_lines_and_none_takes_what_another_has(visits):
    photos = {factories.make_photo(visit).pk for visit in visits for _ in range(6)}

    def work():
        taken = []
        while (claim := claim_next(Photo)) is not None:
            taken.append((claim.pk, claim.attempt))
        return taken

    results = at_once(work, work, work)

    assert sorted(one for taken in results for one in taken) == sorted((pk, 1) for pk in photos)
