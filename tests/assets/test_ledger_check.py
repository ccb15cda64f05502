"""The nightly check of the ledger: a second kind of work, with an answer that is kept."""

from __future__ import annotations

import datetime as dt
import json
import tracemalloc

import pytest
from django.db import transaction
from django.utils import timezone

from assets.errors import DomainError
from assets.findings import say
from assets.models import Event, LedgerCheck, LedgerHead, Priority, WorkState
from assets.selectors.ledger import broken_ledgers, last_checks, unfinished_checks
from assets.services import ledger_check
from assets.services.ledger import Entry, append_events
from assets.work import places
from assets.work.running import run_next
from assets.work.sweep import sweep_table

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _always_night(settings):
    settings.LEDGER_CHECK_HOUR = 0


def write(organisation, count: int) -> None:
    entry = Entry("photo.stored", "photo", 1, after={"sha256": "0" * 64}, asset_id=1)
    with transaction.atomic():
        append_events(organisation=organisation, entries=[entry] * count)


def check() -> LedgerCheck:
    """Tonight's check of the first organisation, done by a worker that does all there is."""
    ledger_check.make_due()
    assert run_next(LedgerCheck, places.me())
    while run_next(LedgerCheck, places.me()):
        pass
    return LedgerCheck.objects.earliest("organisation_id", "-night")


def test_a_ledger_that_fits(organisation):
    write(organisation, 5)
    row = check()

    head = LedgerHead.objects.get()
    assert (row.state, row.entries, row.fault_count, row.faults) == ("done", 5, 0, [])
    assert (row.head_seq, row.head_hash) == (5, head.hash)
    assert timezone.now() - row.checked_at < dt.timedelta(minutes=1)
    assert not broken_ledgers().exists()


def test_an_organisation_without_entries_fits(organisation):
    row = check()
    assert (row.state, row.entries, row.fault_count) == ("done", 0, 0)


@pytest.mark.parametrize(
    ("harm", "sentence"),
    [
        (lambda: Event.objects.filter(seq=2).update(reason="never said"), "Entry 2 was changed"),
        (lambda: Event.objects.filter(seq=3).delete(), "Entry 3 is missing"),
        (lambda: Event.objects.filter(seq=5).delete(), "number 5, is not there"),
    ],
    ids=["changed", "taken out", "cut off"],
)
def test_a_ledger_that_does_not_fit(organisation, harm, sentence):
    write(organisation, 5)
    harm()
    row = check()

    assert row.state == "done"
    assert row.fault_count >= 1
    assert any(sentence in say(fault).sentence for fault in row.faults)
    assert broken_ledgers().get() == organisation


@pytest.mark.parametrize(
    ("head", "sentence"),
    [
        ({"seq": 3}, "Entry 5, the newest when the ledger last fitted"),
        (None, "The ledger has entries beyond number 0"),
    ],
    ids=["cut off with its head", "head taken away"],
)
def test_a_ledger_and_its_head_changed_together(organisation, head, sentence):
    write(organisation, 5)
    assert check().fault_count == 0
    LedgerCheck.objects.update(night=dt.date(2020, 1, 1))
    entries = Event.objects.filter(organisation=organisation)
    if head is None:
        LedgerHead.objects.all().delete()
    else:
        entries.filter(seq__gt=3).delete()
        LedgerHead.objects.update(seq=3, news_seq=3, hash=entries.get(seq=3).hash)

    row = check()

    assert row.fault_count >= 1
    assert any(sentence in say(fault).sentence for fault in row.faults)


@pytest.mark.parametrize(
    "facts", [{"x": int("9" * 400)}, {"x": json.loads("[" * 900 + "]" * 900)}], ids=["huge", "deep"]
)
def test_facts_that_nothing_could_have_written_are_a_fault(organisation, facts):
    write(organisation, 2)
    Event.objects.filter(seq=2).update(after=facts)
    row = check()
    assert (row.state, row.fault_count) == ("done", 1)
    assert "Entry 2 was changed" in say(row.faults[0]).sentence


def test_a_ledger_broken_everywhere_keeps_the_first_sentences(organisation):
    write(organisation, 60)
    Event.objects.update(reason="rewritten")
    row = check()
    assert (row.fault_count, len(row.faults)) == (60, ledger_check.FAULTS_KEPT)


def test_one_row_a_night_an_organisation(organisation, other_organisation, settings, monkeypatch):
    assert len(ledger_check.make_due()) == 2
    assert ledger_check.make_due() == []
    assert set(LedgerCheck.objects.values_list("priority", flat=True)) == {Priority.BACKLOG}
    tomorrow = timezone.now() + dt.timedelta(days=1)
    monkeypatch.setattr(timezone, "now", lambda: tomorrow)
    assert len(ledger_check.make_due()) == 2

    settings.LEDGER_CHECK_HOUR = 24
    day_after = tomorrow + dt.timedelta(days=1)
    monkeypatch.setattr(timezone, "now", lambda: day_after)
    assert ledger_check.make_due() == [], "it is not night yet"


def test_the_sweeper_makes_tonights_checks(organisation):
    sweep_table(LedgerCheck)
    assert LedgerCheck.objects.get().state == WorkState.QUEUED


def test_the_third_failure_is_seen_and_can_be_retried(organisation, alice, monkeypatch):
    def broken(_organisation):
        raise RuntimeError("a worker's bug")

    write(organisation, 2)
    ledger_check.make_due()
    with monkeypatch.context() as patch:
        patch.setattr(ledger_check, "broken_links", broken)
        for expected in ("queued", "queued", "failed"):
            assert run_next(LedgerCheck, places.me())
            row = LedgerCheck.objects.get()
            assert row.state == expected
        assert not run_next(LedgerCheck, places.me()), "it is given up"
    assert row.reason_code == "work_broken"
    assert row.reasons == [{"code": "work_broken", "values": {}}]
    assert unfinished_checks().get() == row
    assert Event.objects.filter(verb="ledger_check.failed", subject_id=row.pk).count() == 1

    ledger_check.retry_check(organisation=organisation, actor=alice)
    with pytest.raises(DomainError) as refused:
        ledger_check.retry_check(organisation=organisation, actor=alice)
    assert refused.value.code == "not_failed"
    assert run_next(LedgerCheck, places.me())
    row.refresh_from_db()
    assert (row.state, row.reasons, row.entries) == ("done", [], 4)


def test_a_worker_told_to_stop_gives_the_check_back(organisation, monkeypatch):
    def stopped(_organisation):
        raise SystemExit(0)

    ledger_check.make_due()
    monkeypatch.setattr(ledger_check, "broken_links", stopped)
    with pytest.raises(SystemExit):
        run_next(LedgerCheck, places.me())
    row = LedgerCheck.objects.get()
    assert (row.state, row.attempts) == ("queued", 0)


def test_what_is_shown_is_the_newest_and_the_last_finished(organisation, alice, otto):
    row = check()
    later = LedgerCheck.objects.create(
        organisation=organisation, night=row.night + dt.timedelta(days=1), queued_at=timezone.now()
    )
    shown = last_checks(alice, [organisation.pk])[organisation.pk]
    assert shown == {"newest": later, "finished": row}
    assert last_checks(otto, [organisation.pk])[organisation.pk] == {}


def test_a_long_ledger_is_read_without_holding_it(organisation):
    """Peak memory of the check: twice the entries, the same peak."""

    def peak_bytes() -> int:
        LedgerCheck.objects.all().delete()
        tracemalloc.start()
        row = check()
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert row.fault_count == 0
        return peak

    check()
    write(organisation, 6_000)
    few = peak_bytes()
    write(organisation, 12_000)
    assert peak_bytes() < 1.3 * few
