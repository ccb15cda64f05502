"""Writes the ledger: entries are numbered without gaps and sealed with the previous hash.

Call :func:`append_event` as the *last* step of a transaction: it locks the organisation's head row
until commit, so that commit order is number order and a reader never misses a late commit.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import OuterRef, Subquery
from django.utils import timezone

from assets.findings import Finding
from assets.models import Event, LedgerHead, LedgerPerson, Organisation, User
from assets.services.ledger_people import person_of
from assets.services.seals import GENESIS, VERSION, broken_seal, facts_digest, seal

# First word of the verbs that say who came in and took what: no page changes by them.
NO_NEWS = frozenset({"access"})
# Types of subjects that belong to an asset, and of those that belong to none.
OF_AN_ASSET = frozenset(
    {"asset", "element", "inspection", "photo", "analysis", "measurement", "defect", "alert"}
)
OF_NO_ASSET = frozenset({"organisation", "membership", "invitation", "person", "secret"})
PERSON = "person"


@dataclass(frozen=True, slots=True)
class Entry:
    """The content of a new entry.

    Args:
        subject_id: 0 where the subject is the person whom it is ``about``.
        before, after, reason: what it says. No address of a person: these facts are sealed.
        asset_id: the asset that the subject belongs to; pages ask for news by it.
        about: whom it is about, an account or an address; the ledger keeps a random key of them.
            Where the name is erased, the person of this ledger itself.
        personal: what is kept beside the seal and may be erased: addresses, places of sign-ins.

    Raises:
        ValueError: where the subject belongs to an asset that is not named, or to none and one is.
    """

    verb: str
    subject_type: str
    subject_id: int
    before: dict[str, Any] | None = None
    after: dict[str, Any] | None = None
    reason: str = ""
    asset_id: int | None = None
    about: User | LedgerPerson | str | None = None
    personal: dict[str, Any] | None = None

    def __post_init__(self) -> None:
        if self.subject_type in OF_AN_ASSET and self.asset_id is None:
            raise ValueError(f"{self.verb}: say which asset the {self.subject_type} belongs to.")
        if self.subject_type in OF_NO_ASSET and self.asset_id is not None:
            raise ValueError(f"{self.verb}: a {self.subject_type} belongs to no asset.")
        if self.subject_type == PERSON and self.about is None:
            raise ValueError(f"{self.verb}: say whom it is about.")


def append_events(
    *, organisation: Organisation | int, entries: Sequence[Entry], actor: User | None = None
) -> list[Event]:
    """Adds entries to the ledger of ``organisation`` within the caller's transaction.

    Raises:
        TransactionManagementError: outside a transaction: an entry without its fact is worthless.
        ValueError: for facts that have no canonical JSON (:func:`assets.services.seals.canonical`).
    """
    connection = transaction.get_connection()
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("The ledger is written inside a transaction.")
    if not entries:
        return []
    pk = organisation if isinstance(organisation, int) else organisation.pk
    head = _locked_head(pk, actor)
    person_id = None if actor is None else _key_of(head, actor)
    now = timezone.now()
    events = []
    for entry in entries:
        head.seq += 1
        event = _unsealed(entry)
        event.organisation_id, event.seq, event.at = pk, head.seq, now
        event.actor, event.person_id = actor, person_id
        event.about = _person_about(pk, entry.about)
        event.prev_hash = head.hash or GENESIS
        event.hash = head.hash = seal(event)
        events.append(event)
        if entry.verb.partition(".")[0] not in NO_NEWS:
            head.news_seq = head.seq
    Event.objects.bulk_create(events)
    head.save(update_fields=["seq", "news_seq", "hash"])
    return events


def _person_about(pk: int, who: User | LedgerPerson | str | None) -> LedgerPerson | None:
    if who is None or isinstance(who, LedgerPerson):
        return who
    return person_of(pk, who)


def append_event(
    *, organisation: Organisation | int, entry: Entry, actor: User | None = None
) -> Event:
    """Adds one entry; see :func:`append_events`."""
    return append_events(organisation=organisation, entries=[entry], actor=actor)[0]


def _unsealed(entry: Entry) -> Event:
    salt = secrets.token_hex(16)
    return Event(
        verb=entry.verb,
        subject_type=entry.subject_type,
        subject_id=entry.subject_id,
        asset_id=entry.asset_id,
        before=entry.before,
        after=entry.after,
        reason=entry.reason,
        salt=salt,
        personal=entry.personal,
        seal_version=VERSION,
        facts_sha256=facts_digest(
            before=entry.before, after=entry.after, reason=entry.reason, salt=salt
        ),
    )


def _locked_head(pk: int, actor: User | None) -> LedgerHead:
    """The head row, locked; with the actor's key and label, so that asking costs no query more."""
    rows = LedgerHead.objects.select_for_update(of=("self",)).filter(pk=pk)
    if actor is not None:
        mine = LedgerPerson.objects.filter(organisation_id=OuterRef("pk"), user_id=actor.pk)
        rows = rows.annotate(
            actor_key=Subquery(mine.values("pk")[:1]), actor_name=Subquery(mine.values("label")[:1])
        )
    head = rows.first()
    if head is None:
        LedgerHead.objects.get_or_create(pk=pk)
        head = rows.get()
    return head


def _key_of(head: Any, actor: User) -> Any:
    if head.actor_key is not None and head.actor_name == str(actor.email):
        return head.actor_key
    return person_of(head.pk, actor).pk


def broken_links(organisation: Organisation) -> Iterator[Finding]:
    """Reads the whole ledger once and yields a finding for each thing that does not fit.

    Entries of every version are verified in the one chain that they form; memory does not grow
    with their number.
    """
    expected_seq, expected_prev = 1, GENESIS
    entries = Event.objects.filter(organisation=organisation).order_by("seq")
    for event in entries.iterator(chunk_size=500):
        if event.seq != expected_seq:
            yield Finding("ledger_entry_missing", {"entry": expected_seq, "next_entry": event.seq})
        if event.prev_hash != expected_prev:
            yield Finding("ledger_chain_broken", {"entry": event.seq})
        if why := broken_seal(event):
            yield why
        expected_seq, expected_prev = event.seq + 1, event.hash
