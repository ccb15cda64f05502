"""Leases: by the database's clock, through jumps of that clock, and of dead workers."""

from __future__ import annotations

import datetime as dt
import os
import signal
import subprocess
import sys
import time

import pytest
from django.db.models import F
from django.utils import timezone

from assets.findings import Finding
from assets.models import Analysis, Photo
from assets.services import queue
from assets.services.analysis import record_analysis
from assets.work import attempts, claims, places
from assets.work.claims import ClaimLost, claim_next
from assets.work.lease import Lease
from assets.work.sweep import free_the_dead, sweep_table
from tests.chaos.installation import wait_for
from tests.factories import hold, make_photo, make_record

pytestmark = pytest.mark.django_db

DAY = dt.timedelta(days=1)


def lease_s(photo: Photo) -> float:
    """How long its lease runs yet, seconds."""
    until = Photo.objects.values_list("lease_until", flat=True).get(pk=photo.pk)
    return (until - timezone.now()).total_seconds()


def database_clock_jumps(by: dt.timedelta) -> None:
    """What the rows look like from a clock that went ``by`` ahead."""
    Photo.objects.update(
        lease_until=F("lease_until") - by,
        claimed_at=F("claimed_at") - by,
        queued_at=F("queued_at") - by,
        rung_at=F("rung_at") - by,
    )


@pytest.mark.parametrize("by", [DAY, -DAY])
def test_a_workers_own_clock_decides_nothing(visit, settings, monkeypatch, by):
    photo = make_photo(visit)
    right = timezone.now
    monkeypatch.setattr(timezone, "now", lambda: right() + by)
    held = hold(photo)
    assert claim_next(Photo) is None
    assert claims.renew(held)
    monkeypatch.setattr(timezone, "now", right)

    assert settings.LEASE_S - 5 < lease_s(photo) <= settings.LEASE_S + 1
    assert claim_next(Photo) is None


def test_a_clock_that_jumps_ahead_doubles_no_result(visit):
    """Every lease has run out at once: the photo is claimed again, and only that counts."""
    photo = make_photo(visit)
    first = hold(photo)
    database_clock_jumps(DAY)
    second = queue.claim_photo()

    assert second.photo_id == photo.pk
    assert not claims.renew(first)
    assert record_analysis(claim=first, result=make_record(0.2)) is None
    assert record_analysis(claim=second, result=make_record(0.2)) is not None
    assert record_analysis(claim=first, result=make_record(0.2)) is None
    assert Analysis.objects.count() == 1


def test_a_clock_that_is_set_back_loses_nothing(visit, settings):
    """The lease of a dead worker ends in a day and some; the sweeper cuts it to one lease."""
    photo = make_photo(visit)
    dead = hold(photo)
    database_clock_jumps(-DAY)
    assert lease_s(photo) > 80_000

    sweep_table(Photo)

    assert settings.LEASE_S - 5 < lease_s(photo) <= settings.LEASE_S + 1
    Photo.objects.update(lease_until=F("lease_until") - dt.timedelta(seconds=settings.LEASE_S + 1))
    assert queue.claim_photo().attempt == dead.attempt + 1


def test_a_living_worker_keeps_its_row_when_the_clock_is_set_back(visit, settings):
    photo = make_photo(visit)
    held = hold(photo)
    database_clock_jumps(-DAY)
    sweep_table(Photo)
    assert claim_next(Photo) is None
    assert claims.renew(held)
    assert lease_s(photo) <= settings.LEASE_S + 1
    assert record_analysis(claim=held, result=make_record(0.2)) is not None


def test_only_the_attempt_that_claimed_may_write(visit, settings):
    photo = make_photo(visit)
    settings.LEASE_S = -1
    slept = hold(photo)
    settings.LEASE_S = 30
    awake = hold(photo)

    assert not claims.renew(slept)
    assert not claims.release(slept)
    assert not claims.finish(slept)
    assert not attempts.fail_attempt(slept, Finding("disk_full"), final=True)
    assert Photo.objects.get().state == "processing"
    assert claims.renew(awake, stage="light")
    assert claims.finish(awake)
    assert Photo.objects.get().state == "done"
    assert not claims.finish(awake)


def dead_process() -> int:
    """The id of a process that was killed and is gone."""
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    child.send_signal(signal.SIGKILL)
    child.wait()
    return child.pid


def test_the_row_of_a_process_that_is_gone_is_free_at_once(visit):
    killed, alive, elsewhere = [make_photo(visit) for _ in range(3)]
    queue.take_photo(killed, f"{places.here()}:{dead_process()}")
    queue.take_photo(alive, places.me())
    queue.take_photo(elsewhere, "another-host/12345678:99999999")
    if not places.can_tell():
        pytest.skip("Here nobody can tell whether a process is gone; the lease decides.")

    assert free_the_dead(Photo) == [killed.pk]

    claim = queue.claim_photo()
    assert (claim.photo_id, claim.attempt) == (killed.pk, 2)
    assert queue.claim_photo() is None


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="Linux keeps the dead in /proc.")
def test_a_zombie_is_gone():
    child = subprocess.Popen([sys.executable, "-c", ""])
    wait_for(lambda: places._is_zombie(child.pid), "it does not end")
    assert places.is_gone(f"{places.here()}:{child.pid}")
    child.wait()
    assert not places.is_gone(f"{places.here()}:{os.getpid()}")
    assert not places.is_gone("nonsense")


@pytest.mark.django_db(transaction=True)
def test_a_stage_is_shown_once_it_lasts(visit):
    held = hold(make_photo(visit))

    def shown() -> str:
        return Photo.objects.values_list("stage", flat=True).get()

    with Lease(held) as lease:
        for passing in ("one", "two"):
            lease.show_stage(passing)
        lease.show_stage("lasting")
        wait_for(lambda: shown() == "lasting", "no stage is shown")


@pytest.mark.django_db(transaction=True)
def test_a_lost_claim_stops_the_work_at_its_next_stage(visit, settings):
    settings.LEASE_S = 1
    photo = make_photo(visit)
    with Lease(hold(photo)) as lease:
        Photo.objects.update(last_attempt=F("last_attempt") + 1)  # as if claimed again
        wait_for(lease._lost.is_set, "the loss is not noticed")
        with pytest.raises(ClaimLost):
            lease.show_stage("light")


@pytest.mark.django_db(transaction=True)
def test_a_lease_is_renewed_for_as_long_as_the_work_takes(visit, settings):
    settings.LEASE_S = 1
    photo = make_photo(visit)
    with Lease(hold(photo)):
        until = time.monotonic() + 2.5
        while time.monotonic() < until:
            assert claim_next(Photo) is None
            time.sleep(0.05)
