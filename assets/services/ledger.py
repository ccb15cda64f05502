"""Writing to the ledger: numbered without gap, each entry sealed with the hash of the one before.

Call :func:`append_event` as the *last* step of a transaction: it locks the organisation's head row
until commit, so that commit order is number order and a reader never misses a late commit.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils import timezone

from assets.models import Event, LedgerHead, Organisation, User

GENESIS = "0" * 64
# First word of the verbs that say who came in and took what: no page changes by them.
NO_NEWS = frozenset({"access"})


@dataclass(frozen=True, slots=True)
class Entry:
    """What is to be written down."""

    verb: str
    subject_type: str
    subject_id: int
    before: dict[str, Any] | None = None
    after: dict[str, Any] | None = None
    reason: str = ""


def seal(event: Event) -> str:
    """SHA-256 over the entry's content and the hash before it, as canonical JSON."""
    content = {
        "organisation": event.organisation_id,
        "seq": event.seq,
        "at": event.at.isoformat(),
        "actor": event.actor_label,
        "verb": event.verb,
        "subject": [event.subject_type, event.subject_id],
        "before": event.before,
        "after": event.after,
        "reason": event.reason,
        "prev_hash": event.prev_hash,
    }
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()


def append_events(
    *, organisation: Organisation | int, entries: Sequence[Entry], actor: User | None = None
) -> list[Event]:
    """Adds entries to the ledger of ``organisation`` within the caller's transaction.

    Raises:
        TransactionManagementError: outside a transaction: an entry without its fact is worthless.
    """
    connection = transaction.get_connection()
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("The ledger is written inside a transaction.")
    if not entries:
        return []
    pk = organisation if isinstance(organisation, int) else organisation.pk
    head = LedgerHead.objects.select_for_update().filter(pk=pk).first()
    if head is None:
        LedgerHead.objects.get_or_create(pk=pk)
        head = LedgerHead.objects.select_for_update().get(pk=pk)
    now = timezone.now()
    events = []
    for entry in entries:
        head.seq += 1
        event = Event(
            organisation_id=pk,
            seq=head.seq,
            at=now,
            actor=actor,
            actor_label=str(actor.email) if actor else "hairline",
            verb=entry.verb,
            subject_type=entry.subject_type,
            subject_id=entry.subject_id,
            before=entry.before,
            after=entry.after,
            reason=entry.reason,
            prev_hash=head.hash or GENESIS,
        )
        event.hash = seal(event)
        head.hash = event.hash
        events.append(event)
        if entry.verb.partition(".")[0] not in NO_NEWS:
            head.news_seq = head.seq
    Event.objects.bulk_create(events)
    head.save(update_fields=["seq", "news_seq", "hash"])
    return events


def append_event(
    *, organisation: Organisation | int, entry: Entry, actor: User | None = None
) -> Event:
    """Adds one entry; see :func:`append_events`."""
    return append_events(organisation=organisation, entries=[entry], actor=actor)[0]


def broken_links(organisation: Organisation) -> Iterator[str]:
    """Reads the whole ledger and yields a sentence for each entry that does not fit."""
    expected_seq, expected_prev = 1, GENESIS
    for event in Event.objects.filter(organisation=organisation).order_by("seq").iterator():
        if event.seq != expected_seq:
            yield f"Entry {expected_seq} is missing; the next is {event.seq}."
        if event.prev_hash != expected_prev:
            yield f"Entry {event.seq} does not follow the one before it."
        if event.hash != seal(event):
            yield f"Entry {event.seq} was changed after it was sealed."
        expected_seq, expected_prev = event.seq + 1, event.hash
