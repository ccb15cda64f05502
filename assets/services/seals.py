"""Seals of ledger entries: SHA-256 over canonical JSON and the previous hash.

Version 1, for all that is written now: RFC 8785 (JSON Canonicalization Scheme) over
``version, organisation, seq, at, verb, subject, about, asset, actor, facts, prev_hash``. ``facts``
is itself a digest, of what the entry says (before, after, reason) with a random salt: who gets an
entry without its facts can verify the chain and guess nothing. People stand in it by the random key
of :class:`assets.models.LedgerPerson`, so no name or address is sealed.

Version 0, for what was written before: sorted JSON of Python with facts and the actor's address.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from typing import Any

import rfc8785

from assets.findings import Finding
from assets.models import Event

GENESIS = "0" * 64
VERSION = 1
LARGEST_EXACT = 2**53 - 1  # RFC 8785, appendix D: whole numbers that every reader reads alike


def canonical(value: Any) -> bytes:
    """``value`` in the one spelling of RFC 8785.

    Raises:
        ValueError: for what has none: NaN, a whole number beyond :data:`LARGEST_EXACT`, a key that
            is no text, half of a surrogate pair.
    """
    return rfc8785.dumps(value)


def facts_digest(*, before: Any, after: Any, reason: str, salt: str) -> str:
    """SHA-256 of what an entry says; the same before it is stored and after it was read."""
    facts = {"before": before, "after": after, "reason": reason, "salt": salt}
    return hashlib.sha256(canonical(facts)).hexdigest()


def seal(event: Event) -> str:
    """The hash of an entry by the rules of its version.

    Raises:
        ValueError: for a version that this release does not know.
    """
    if event.seal_version == 0:
        return _seal_of_before(event)
    if event.seal_version != VERSION:
        raise ValueError(f"There is no seal of version {event.seal_version} here.")
    content = {
        "version": VERSION,
        "organisation": event.organisation_id,
        "seq": event.seq,
        "at": event.at.astimezone(dt.UTC).isoformat(timespec="microseconds"),
        "verb": event.verb,
        "subject": [event.subject_type, event.subject_id],
        "about": _key(event.about_id),
        "asset": event.asset_id,
        "actor": _key(event.person_id),
        "facts": event.facts_sha256,
        "prev_hash": event.prev_hash,
    }
    return hashlib.sha256(canonical(content)).hexdigest()


def broken_seal(event: Event) -> Finding | None:
    """The fault of an entry's own seal; None if the seal fits."""
    entry = {"entry": event.seq}
    if event.seal_version not in (0, VERSION):
        return Finding("ledger_seal_unknown", {**entry, "seal_version": event.seal_version})
    try:
        if event.hash != seal(event):
            return Finding("ledger_entry_changed", {**entry, "case": "seal"})
        if event.seal_version and event.facts_sha256 != _stored_facts_digest(event):
            return Finding("ledger_entry_changed", {**entry, "case": "facts"})
    except (ValueError, OverflowError, RecursionError) as error:  # nothing here wrote that
        return Finding("ledger_entry_changed", {**entry, "case": "unwritable", "error": str(error)})
    return None


def _stored_facts_digest(event: Event) -> str:
    return facts_digest(
        before=_as_written(event.before),
        after=_as_written(event.after),
        reason=event.reason,
        salt=event.salt,
    )


def _as_written(value: Any) -> Any:
    """PostgreSQL gives 1e16 back as a whole number, for which RFC 8785 has no spelling."""
    if isinstance(value, dict):
        return {key: _as_written(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_as_written(inner) for inner in value]
    is_large = isinstance(value, int) and abs(value) > LARGEST_EXACT
    return float(value) if is_large else value


def _key(pk: Any) -> str | None:
    return None if pk is None else str(pk)


def _seal_of_before(event: Event) -> str:
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
