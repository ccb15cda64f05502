"""Counts that all processes share: one wins, the oldest go, a full disk is survived."""

from __future__ import annotations

import subprocess
import sys
import time

import pytest

from portal.machine_lock import machine_lock
from portal.shared_counts import SharedCounts
from tests.processes import ROOT, environment

TRY = """
import sys, django; django.setup()
from portal.shared_counts import SharedCounts
counts = SharedCounts(sys.argv[1], {})
print(sum(counts.add(f"code-{n}", "used") for n in range(200)))
"""


@pytest.fixture
def counts(tmp_path):
    return SharedCounts(str(tmp_path / "counts"), {"OPTIONS": {"MAX_ENTRIES": 6}})


@pytest.mark.django_db
def test_of_several_processes_one_adds(tmp_path):
    command = [sys.executable, "-c", TRY, str(tmp_path / "counts")]
    running = [
        subprocess.Popen(command, cwd=ROOT, env=environment(), stdout=subprocess.PIPE)
        for _ in range(4)
    ]
    added = [int(process.communicate(timeout=60)[0]) for process in running]
    assert sum(added) == 200, added


def test_what_was_set_is_there_until_it_expires(counts):
    counts.set("tries", [1.0], 0.3)
    assert counts.get("tries") == [1.0]
    assert not counts.add("tries", [])
    time.sleep(0.4)
    assert counts.get("tries", "none") == "none"
    assert counts.add("tries", [2.0])
    assert counts.delete("tries")
    assert counts.get("tries") is None


def test_room_is_made_of_what_has_expired_then_of_the_oldest(counts):
    for number in range(5):
        counts.set(f"short-{number}", number, 0.2)
    counts.set("long", "kept", 60)
    time.sleep(0.3)
    counts.set("new", 1, 60)
    assert counts.get("long") == "kept"
    for number in range(5):
        time.sleep(0.02)
        counts.set(f"later-{number}", number, 60)
    assert counts.get("long") is None
    assert counts.get("later-4") == 4


def test_where_nothing_can_be_written_each_process_counts_for_itself(tmp_path):
    (tmp_path / "file").write_text("no folder")
    counts = SharedCounts(str(tmp_path / "file" / "counts"), {})
    assert counts.add("code", "used")
    assert not counts.add("code", "used")
    counts.set("tries", 3)
    assert counts.get("tries") == 3
    assert counts.delete("tries")
    assert counts.get("tries") is None


def test_a_lock_that_others_hold_is_not_waited_for_for_ever(tmp_path):
    path = tmp_path / "lock"
    with machine_lock(path, within_s=1) as first, machine_lock(path, within_s=0.1) as second:
        assert first
        assert not second
    with machine_lock(path, within_s=1) as again:
        assert again
