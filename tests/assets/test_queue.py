"""Work that is never lost: claims, leases, attempts, the sweeper."""

from __future__ import annotations

import datetime as dt

import pytest
from django.utils import timezone

from assets.errors import DomainError
from assets.findings import Finding, say
from assets.models import Event, Photo, PhotoState, Priority
from assets.services import queue
from assets.work import attempts, claims, rings
from assets.work.sweep import sweep_table
from tests.factories import analyse, hold, make_photo
from tests.threads import at_once

pytestmark = pytest.mark.django_db


def later(seconds):
    return timezone.now() + dt.timedelta(seconds=seconds)


def fresh(photo):
    return Photo.objects.get(pk=photo.pk)


def test_a_claim_holds_the_photo(visit, settings):
    photo = make_photo(visit, gsd_mm_per_px=0.25)

    held = queue.claim_photo("worker-1")

    row = fresh(photo)
    assert (held.photo_id, held.attempt, held.work) == (photo.pk, 1, "analyse")
    assert (held.given.gsd_mm_per_px, held.given.gsd_source) == (0.25, "photo")
    assert (row.state, row.attempts, row.claimed_by) == ("processing", 1, "worker-1")
    assert later(settings.LEASE_S - 5) < row.lease_until < later(settings.LEASE_S + 5)
    assert queue.claim_photo() is None and queue.take_photo(photo) is None


def test_the_claim_carries_the_scale_of_the_visit(visit):
    type(visit).objects.update(gsd_mm_per_px=0.5)
    visit.refresh_from_db()

    held = hold(make_photo(visit))

    assert (held.given.gsd_mm_per_px, held.given.gsd_source) == (0.5, "inspection")


def test_people_come_before_backlog(visit):
    backlog = [make_photo(visit, priority=Priority.BACKLOG) for _ in range(2)]
    person = make_photo(visit)

    order = [queue.claim_photo().photo_id for _ in range(3)]

    assert order == [person.pk, backlog[0].pk, backlog[1].pk]


def test_a_finished_photo_is_not_claimed_again(visit):
    done, waits = make_photo(visit), make_photo(visit)
    analyse(done, 0.2)

    assert queue.claim_photo().photo_id == waits.pk
    assert queue.claim_photo() is None


def test_an_expired_lease_is_claimed_again(visit, settings):
    photo = make_photo(visit)
    settings.LEASE_S = -1
    lost = hold(photo)
    settings.LEASE_S = 60

    held = queue.claim_photo()

    assert held.attempt == lost.attempt + 1
    assert not claims.renew(lost) and not claims.release(lost)
    assert not attempts.fail_attempt(lost, Finding("disk_full"))
    assert claims.renew(held, stage="trace")
    assert fresh(photo).stage == "trace"


def test_giving_back_costs_no_attempt(visit):
    photo = make_photo(visit)

    assert claims.release(hold(photo))

    row = fresh(photo)
    assert (row.state, row.attempts, row.lease_until) == ("queued", 0, None)
    assert hold(photo).attempt == 2, "the number of an attempt is never used twice"


def test_the_third_failure_is_visible_and_can_be_retried(visit, ines):
    photo = make_photo(visit)
    for attempt in (1, 2, 3):
        assert fresh(photo).state == PhotoState.QUEUED
        held = hold(photo)
        assert held.attempt == attempt
        attempts.fail_attempt(held, Finding("out_of_memory", {"case": "worker"}))

    row = fresh(photo)
    assert (row.state, row.reason_code) == ("failed", "out_of_memory")
    assert row.reasons == [{"code": "out_of_memory", "values": {"case": "worker"}}]
    assert queue.claim_photo() is None
    told = {"code": "out_of_memory", "reasons": row.reasons}
    assert Event.objects.get(verb="photo.failed").after == told

    row = queue.retry_photo(photo=row, actor=ines)

    assert (row.state, row.attempts, row.reason_code, row.reasons) == ("queued", 0, "", [])
    assert hold(photo).attempt == 4


def test_a_final_failure_needs_no_three_attempts(visit):
    photo = make_photo(visit)

    attempts.fail_attempt(hold(photo), Finding("internal_error"), final=True)

    assert fresh(photo).state == PhotoState.FAILED


def test_only_what_failed_can_be_retried(visit, ines):
    with pytest.raises(DomainError) as refused:
        queue.retry_photo(photo=make_photo(visit), actor=ines)
    assert refused.value.code == "not_failed"


def test_a_worker_killed_three_times_fails_the_photo(visit, settings):
    photo = make_photo(visit)
    settings.LEASE_S = -1
    for _ in range(3):
        hold(photo)
    assert queue.claim_photo() is None

    sweep_table(Photo)

    row = fresh(photo)
    assert (row.state, row.reason_code) == ("failed", "worker_lost")
    told = say(row.reasons[0])
    assert "3 times" in told.sentence and "Retry" in told.remedy
    assert attempts.give_up_exhausted(Photo) == []


def test_the_sweeper_rings_each_photo_once_a_minute(visit, settings):
    waits, works = make_photo(visit), make_photo(visit)
    claims.release(hold(waits))
    hold(works)
    assert rings.due_rings(Photo, later(30)) == [], "rung when they came in"

    assert rings.due_rings(Photo, later(59)) == []
    # After a minute: what waits, and what a lease ran out for.
    assert rings.due_rings(Photo, later(61)) == [waits.pk, works.pk]
    assert rings.due_rings(Photo, later(62)) == []
    assert rings.due_rings(Photo, later(130)) == [waits.pk, works.pk]


def test_a_long_line_is_not_rung_all_at_once(visit):
    photo = make_photo(visit)
    template = Photo.objects.get(pk=photo.pk)
    for n in range(30):
        template.pk, template.sha256 = None, f"{n:064d}"
        template.save(force_insert=True)

    assert len(rings.due_rings(Photo, later(61))) == rings.RINGS_AT_ONCE
    assert rings.due_rings(Photo, later(62)) == []


@pytest.mark.django_db(transaction=True)
def test_rings_go_out_after_commit_and_for_the_next_in_line(visit, rings):
    first, second = make_photo(visit), make_photo(visit)
    assert sorted(rings()) == [first.pk, second.pk]
    Photo.objects.update(rung_at=later(-300))

    analyse(first, 0.2)

    assert sorted(rings()) == [first.pk, second.pk, second.pk], (
        "a finished photo rings for the next"
    )


@pytest.mark.django_db(transaction=True)
def test_a_broker_that_is_down_costs_nothing_but_the_ring(visit, settings, monkeypatch):
    from celery import Celery, current_app

    broken = Celery("broken", broker="redis://127.0.0.1:1/0", set_as_current=False)
    broken.conf.task_publish_retry = False
    broken.conf.broker_transport_options = {"socket_connect_timeout": 1, "max_retries": 0}
    assert current_app.conf.broker_url != broken.conf.broker_url
    monkeypatch.setattr(rings, "current_app", broken)

    photo = make_photo(visit)

    assert fresh(photo).state == PhotoState.QUEUED
    assert rings.due_rings(Photo, later(61)) == [photo.pk]


@pytest.mark.django_db(transaction=True)
def test_of_two_workers_one_gets_the_photo(visit):
    for _ in range(5):
        photo = make_photo(visit)

        claims = at_once(lambda: queue.claim_photo("a"), lambda: queue.claim_photo("b"))

        assert len([held for held in claims if held]) == 1
        assert fresh(photo).attempts == 1


@pytest.mark.django_db(transaction=True)
def test_two_workers_share_the_line(visit):
    photos = {make_photo(visit).pk for _ in range(10)}

    def work():
        taken = []
        while held := queue.claim_photo():
            taken.append(held.photo_id)
        return taken

    left, right = at_once(work, work)

    assert sorted(left + right) == sorted(photos)


def test_places_in_line(visit):
    backlog = make_photo(visit, priority=Priority.BACKLOG)
    first, second = make_photo(visit), make_photo(visit)

    assert [queue.queue_position(photo) for photo in (first, second, backlog)] == [1, 2, 3]
    hold(first)
    assert queue.queue_position(fresh(first)) is None
    assert queue.queue_position(fresh(backlog)) == 2
