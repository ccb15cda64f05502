"""The seal of the ledger: one spelling of JSON, and every version in one chain."""

from __future__ import annotations

import datetime as dt
import os
import subprocess
import sys
import tracemalloc
from pathlib import Path

import pytest
from django.conf import settings

from assets.findings import say
from assets.models import Event, LedgerHead, Organisation
from assets.services import seals
from assets.services.ledger import Entry, append_event, append_events, broken_links
from tests.processes import ROOT

AT = dt.datetime(2026, 3, 4, 5, 6, 7, 890000, tzinfo=dt.UTC)
# Made by the release that had only seal 0, from the same entry.
OF_BEFORE = "6bb0d61a3479aa9b279ab9ce77dac9189aa6f8b3e9bb73889f3c237c7b89ab36"

UPGRADE = '''
"""Rows as the release before wrote them, then the migrations of this one."""
import datetime as dt, hashlib, json
import django
django.setup()
from django.core.management import call_command
from django.db import connection

call_command("migrate", "assets", "0006_defects", verbosity=0)
now = dt.datetime(2026, 1, 2, 3, 4, 5, 678900, tzinfo=dt.timezone.utc)
with connection.cursor() as cursor:
    cursor.execute(
        "INSERT INTO assets_organisation (id, name, slug, rule_set, stale_after_days, "
        "second_factor_required, created_at) "
        "VALUES (1, 'Old', 'old', 'aashto_mbei_rc', 730, 0, %s)",
        [now],
    )
    previous = "0" * 64
    for seq in (1, 2, 3):
        facts = {"email": "old@example.org", "width_mm": 0.1 + 0.2, "n": 5.0}
        content = {
            "organisation": 1, "seq": seq, "at": now.isoformat(), "actor": "old@example.org",
            "verb": "member.added", "subject": ["membership", seq], "before": None,
            "after": facts, "reason": "why", "prev_hash": previous,
        }
        text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
        sealed = hashlib.sha256(text.encode()).hexdigest()
        cursor.execute(
            "INSERT INTO assets_event (organisation_id, seq, at, actor_label, verb, subject_type, "
            "subject_id, before, after, reason, prev_hash, hash) "
            "VALUES (1, %s, %s, 'old@example.org', 'member.added', 'membership', %s, NULL, %s, "
            "'why', %s, %s)",
            [seq, now, seq, json.dumps(facts), previous, sealed],
        )
        previous = sealed
    cursor.execute(
        "INSERT INTO assets_ledgerhead (organisation_id, seq, news_seq, hash) VALUES (1, 3, 3, %s)",
        [previous],
    )
call_command("migrate", verbosity=0)
from django.db import transaction
from assets.findings import say
from assets.models import Event, Organisation
from assets.services.ledger import Entry, append_event, broken_links

place = Organisation.objects.get()
with transaction.atomic():
    append_event(organisation=place, entry=Entry("secret.set", "secret", 1, after={"name": "k"}))
assert list(broken_links(place)) == [], list(broken_links(place))
rows = list(Event.objects.order_by("seq"))
assert [row.seal_version for row in rows] == [0, 0, 0, 1]
assert [row.who for row in rows] == ["old@example.org"] * 3 + ["hairline"]
Event.objects.filter(seq=2).update(after={"email": "new@example.org"})
(fault,) = broken_links(place)
assert say(fault).sentence == "Entry 2 was changed after it was sealed."
'''


def sealed_before(organisation, *, seq, prev_hash, **fields) -> Event:
    """An entry as it was written before seal 1."""
    event = Event(
        organisation=organisation,
        seq=seq,
        at=AT,
        actor_label="alice@example.org",
        verb="note.made",
        subject_type="note",
        subject_id=7,
        after={"width_mm": 0.1 + 0.2, "text": "ä"},
        prev_hash=prev_hash,
        **fields,
    )
    event.hash = seals.seal(event)
    return event


@pytest.mark.parametrize(
    ("value", "text"),
    [
        # RFC 8785, section 3.2.2 and appendix B.
        ([333333333.33333329, 1e30, 4.50], "[333333333.3333333,1e+30,4.5]"),
        ([2e-3, 1e-27], "[0.002,1e-27]"),
        ([0.0, -0.0, 5e-324, -5e-324], "[0,0,5e-324,-5e-324]"),
        ([1.7976931348623157e308], "[1.7976931348623157e+308]"),
        ([9007199254740992.0], "[9007199254740992]"),
        ([295147905179352830000.0], "[295147905179352830000]"),
        ([9.999999999999997e22], "[9.999999999999997e+22]"),
        ([1e23, 999999999999999700000.0, 1e21], "[1e+23,999999999999999700000,1e+21]"),
        ([9.999999999999997e-7, 0.000001], "[9.999999999999997e-7,0.000001]"),
        ([333333333.33333325], "[333333333.33333325]"),
        ([-0.0000033333333333333333], "[-0.0000033333333333333333]"),
        ([1.0, 1, True, None], "[1,1,true,null]"),
        ("\u20ac$\u000f\nA'B\"\\\\\"/", '"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"'),
        # Section 3.2.3: keys in the order of their UTF-16 units, not of their code points.
        (
            {"\u20ac": 1, "\r": 2, "\ufb33": 3, "1": 4, "\U0001f600": 5, "\x80": 6, "\u00f6": 7},
            '{"\\r":2,"1":4,"\x80":6,"ö":7,"€":1,"😀":5,"\ufb33":3}',
        ),
    ],
)  # fmt: skip
def test_canonical_json_is_that_of_the_rfc(value, text):
    assert seals.canonical(value).decode() == text


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 2**53, {1: 2}, "\ud800"])
def test_what_has_no_canonical_json_is_refused(value):
    with pytest.raises(ValueError):
        seals.canonical(value)


@pytest.mark.django_db
def test_an_entry_of_before_keeps_the_seal_it_had():
    organisation = Organisation(pk=3)
    assert sealed_before(organisation, seq=5, prev_hash=seals.GENESIS).hash == OF_BEFORE


def test_the_seal_of_now_does_not_change_by_accident():
    facts = {"before": None, "after": {"width_mm": 0.25}, "reason": "why", "salt": "5a" * 16}
    event = Event(
        organisation_id=3,
        seq=5,
        at=AT,
        verb="note.made",
        subject_type="note",
        subject_id=7,
        person_id="6a8e1f3c-3f3c-4b3e-9d55-0a7f6a1c2b3d",
        asset_id=9,
        seal_version=1,
        facts_sha256=seals.facts_digest(**facts),
        prev_hash=seals.GENESIS,
    )
    assert event.facts_sha256 == (
        "a69fcad55ea29c20cbe7f5280400298cf37c803813fd67fb4f941bb0a7331451"
    )
    assert seals.seal(event) == "f5069d6ca3ddfb93a605d112f04a3513631f72c9da867f958701d37789caf758"


@pytest.mark.django_db
def test_every_number_reads_back_as_it_was_sealed(organisation):
    numbers = [
        1.0, 1, 5.0, -0.0, 0.1 + 0.2, 1e-7, 5e-324, 1e15, 1e16, 123456789012345680.0, 1e21, 1e22,
        1e23, 1.7976931348623157e308, 2**53 - 1, -(2**53) + 1, 1 / 3, 2.5e-9,
    ]  # fmt: skip
    entries = [Entry("note.made", "note", n, after={"n": value}) for n, value in enumerate(numbers)]
    entries.append(
        Entry(
            "note.made", "note", 99, before={"all": [numbers, {"z": numbers, "a": "ä \u2028 😀"}]}
        )
    )

    append_events(organisation=organisation, entries=entries)

    assert list(broken_links(organisation)) == []


@pytest.mark.django_db
@pytest.mark.parametrize(
    "change",
    [
        {"after": {"n": 2}},
        {"after": None},
        {"before": {}},
        {"reason": "another"},
        {"salt": "00" * 16},
        {"facts_sha256": "00" * 32},
        {"asset_id": 8},
        {"subject_id": 2},
        {"verb": "note.lost"},
        {"person_id": None},
        {"seal_version": 0},
        {"at": AT},
    ],
)
def test_a_change_of_any_sealed_field_is_found(organisation, alice, change):
    entry = Entry("note.made", "note", 1, after={"n": 1}, asset_id=7)
    append_event(organisation=organisation, entry=entry, actor=alice)

    Event.objects.update(**change)

    (fault,) = broken_links(organisation)
    assert say(fault).sentence.startswith("Entry 1 was changed after it was sealed")


@pytest.mark.django_db
def test_old_and_new_seals_form_one_chain(organisation, alice):
    first = sealed_before(organisation, seq=1, prev_hash=seals.GENESIS)
    second = sealed_before(organisation, seq=2, prev_hash=first.hash)
    Event.objects.bulk_create([first, second])
    LedgerHead.objects.create(organisation=organisation, seq=2, news_seq=2, hash=second.hash)

    third = append_event(
        organisation=organisation, entry=Entry("note.made", "note", 3), actor=alice
    )

    assert (third.seal_version, third.prev_hash) == (1, second.hash)
    assert list(broken_links(organisation)) == []
    shown = Event.objects.select_related("person").order_by("seq")
    assert [event.who for event in shown] == ["alice@example.org"] * 3
    Event.objects.filter(seq=1).update(actor_label="mallory@example.org")
    (fault,) = broken_links(organisation)
    assert say(fault).sentence == "Entry 1 was changed after it was sealed."


@pytest.mark.django_db
def test_a_seal_of_a_newer_release_is_named_and_the_rest_verified(organisation):
    append_events(
        organisation=organisation, entries=[Entry("note.made", "note", n) for n in range(4)]
    )
    Event.objects.filter(seq=2).update(seal_version=2)
    Event.objects.filter(seq=4).update(reason="another")

    newer, changed = broken_links(organisation)

    assert say(newer).sentence.startswith("Entry 2 has a seal of version 2, which this release")
    assert say(changed).sentence.startswith("Entry 4 was changed")


@pytest.mark.django_db
def test_reading_a_long_ledger_takes_no_more_memory(organisation):
    def peak_bytes() -> int:
        tracemalloc.start()
        assert list(broken_links(organisation)) == []
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return peak

    def write(count: int) -> None:
        entries = [Entry("note.made", "note", n, after={"text": "x" * 200}) for n in range(count)]
        append_events(organisation=organisation, entries=entries)

    write(1000)
    assert list(broken_links(organisation)) == []  # what is loaded once is loaded
    short = peak_bytes()
    write(5000)

    assert peak_bytes() < 1.5 * short


def test_rows_of_the_release_before_are_upgraded(tmp_path: Path):
    environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"} | {
        "DJANGO_SETTINGS_MODULE": "portal.settings",
        "DATA_DIR": str(tmp_path),
        "SECRET_KEY": settings.SECRET_KEY,
        "LOG_LEVEL": "ERROR",
    }
    run = subprocess.run(
        [sys.executable, "-c", UPGRADE], cwd=ROOT, env=environment, capture_output=True, text=True
    )
    assert run.returncode == 0, run.stderr[-2000:]
