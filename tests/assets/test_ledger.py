"""The ledger: numbered in commit order, without gap or fork, and sealed."""

from __future__ import annotations

import threading

import pytest
from django.db import transaction

from assets.findings import say
from assets.models import Event, LedgerHead
from assets.services.ledger import Entry, append_event, append_events, broken_links
from assets.services.seals import GENESIS
from tests.threads import at_once


def note(organisation, subject_id, **fields):
    return append_event(
        organisation=organisation, entry=Entry("note.made", "note", subject_id, **fields)
    )


@pytest.mark.django_db(transaction=True)
def test_it_is_written_inside_a_transaction_only(organisation):
    with pytest.raises(transaction.TransactionManagementError):
        note(organisation, 1)
    assert not Event.objects.exists()


@pytest.mark.django_db
def test_each_entry_is_sealed_with_the_one_before(organisation, alice):
    entries = [
        Entry(
            "a", "note", 1, after={"width_mm": 0.1 + 0.2, "n": 5.0, "u": 1e-7, "text": "ä \u2028"}
        ),
        Entry("b", "note", 2, before={"nested": {"list": [1, None, True]}}, reason="why"),
    ]

    append_events(organisation=organisation, entries=entries, actor=alice)
    third = note(organisation, 3)

    first, second = Event.objects.order_by("seq")[:2]
    assert [first.prev_hash, second.prev_hash, third.prev_hash] == [
        GENESIS,
        first.hash,
        second.hash,
    ]
    assert first.who == "alice@example.org" and third.who == "hairline"
    assert LedgerHead.objects.get().seq == 3
    assert list(broken_links(organisation)) == []


@pytest.mark.django_db
def test_who_came_in_is_written_down_and_is_no_news(organisation, alice):
    note(organisation, 1)
    entry = Entry("access.signed_in", "person", 0, about=alice)
    append_event(organisation=organisation, entry=entry, actor=alice)

    head = LedgerHead.objects.get()
    assert (head.seq, head.news_seq) == (2, 1)
    note(organisation, 2)
    assert LedgerHead.objects.get().news_seq == 3


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("tamper", "says"),
    [
        (lambda rows: rows.filter(seq=2).update(reason="another"), "Entry 2 was changed"),
        (lambda rows: rows.filter(seq=2).delete(), "Entry 2 is missing"),
        (lambda rows: rows.filter(seq=3).update(prev_hash="0" * 64), "Entry 3 does not follow"),
    ],
)
def test_tampering_is_found(organisation, tamper, says):
    append_events(
        organisation=organisation, entries=[Entry("a", "note", n, after={"n": n}) for n in range(4)]
    )

    tamper(Event.objects.filter(organisation=organisation))

    assert any(say(fault).sentence.startswith(says) for fault in list(broken_links(organisation)))


@pytest.mark.django_db(transaction=True)
def test_a_second_transaction_waits_for_the_first(organisation):
    """The one that got its number first commits first, however long it takes."""
    first_has_its_number, second_begins = threading.Event(), threading.Event()
    numbers = {}

    def slow():
        with transaction.atomic():
            numbers["slow"] = note(organisation, 1).seq
            first_has_its_number.set()
            second_begins.wait(10)
            # The other one is under way now; it must not get a number before this one commits.
            threading.Event().wait(0.3)
            assert "quick" not in numbers

    def quick():
        first_has_its_number.wait(10)
        second_begins.set()
        with transaction.atomic():
            numbers["quick"] = note(organisation, 2).seq

    at_once(slow, quick)

    assert numbers == {"slow": 1, "quick": 2}
    assert list(broken_links(organisation)) == []


@pytest.mark.django_db(transaction=True)
def test_two_writers_leave_no_gap_and_no_fork(organisation):
    """The very first entry included, where the head row does not exist yet."""

    def write():
        for n in range(12):
            with transaction.atomic():
                append_events(
                    organisation=organisation,
                    entries=[Entry("a", "note", n), Entry("b", "note", n)],
                )
            # Who read up to number n has everything up to n.
            seen = list(Event.objects.order_by("seq").values_list("seq", flat=True))
            assert seen == list(range(1, len(seen) + 1))

    at_once(write, write)

    assert Event.objects.count() == LedgerHead.objects.get().seq == 48
    assert list(broken_links(organisation)) == []


@pytest.mark.django_db(transaction=True)
def test_a_rollback_gives_its_number_back(organisation):
    with transaction.atomic():
        note(organisation, 1)
        transaction.set_rollback(True)

    with transaction.atomic():
        assert note(organisation, 2).seq == 1
