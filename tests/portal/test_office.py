"""The office worker: work without pixels, in a process that never loads the instrument."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.utils import timezone

from assets.models import LedgerCheck
from assets.models.worker import OFFICE
from assets.services import ledger_check
from assets.services.heartbeat import workers_alive
from assets.work.tables import table, tables
from portal.supervisor import office
from tests.chaos.installation import stop, wait_for
from tests.processes import ROOT, environment

LOADED = """
import sys
import celery.apps.worker
from portal.celery import office
office.loader.import_default_modules()
office.finalize()
assert "portal.office.work" in office.tasks and "inference.analyse_photo" not in office.tasks
office.tasks["portal.office.work"].apply(args=["assets.ledgercheck"], throw=True)
never = ("cv2", "onnxruntime", "torch", "skimage", "numpy", "inference.tasks", "inference.bridge")
print("done", *[name for name in never if name in sys.modules])
"""


@pytest.mark.django_db(transaction=True)
def test_the_office_works_without_the_instrument(organisation, settings):
    settings.LEDGER_CHECK_HOUR = 0
    ledger_check.make_due()
    done = subprocess.run(
        [sys.executable, "-c", LOADED],
        cwd=ROOT, env=environment(DJANGO_SETTINGS_MODULE="tests.settings"),
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["done"]
    assert LedgerCheck.objects.get().state == "done"


@pytest.mark.chaos
@pytest.mark.django_db(transaction=True)
def test_the_supervisors_office_answers_a_ring(organisation, settings):
    """A real worker on the real broker; the ring goes to the office's own queue."""
    settings.LEDGER_CHECK_HOUR = 0
    assert OFFICE not in {worker.room for worker in workers_alive()}
    process = subprocess.Popen(
        office().command, cwd=ROOT, env=environment(DJANGO_SETTINGS_MODULE="tests.settings"),
        start_new_session=True,
    )  # fmt: skip
    try:
        ledger_check.make_due()
        wait_for(lambda: LedgerCheck.objects.get().state == "done", "nobody checks the ledger")
        wait_for(lambda: workers_alive(room=OFFICE), "it does not say that it is alive")
        assert workers_alive() == [], "an office worker is no analysis worker"
        assert _megabytes(process.pid) < 160
    finally:
        stop(process)


def _megabytes(pid: int) -> float:
    """What a process and its children keep in memory, MB; 0 where the system does not say."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    line = next(row for row in status.splitlines() if row.startswith("VmRSS"))
    return int(line.split()[1]) / 1024


def test_every_kind_of_work_says_who_does_it():
    kinds = tables()
    assert {kind.__name__ for kind in kinds} >= {"Photo", "LedgerCheck"}
    for kind in kinds:
        assert kind.NOUN
        assert len(f"{kind.NOUN}.retried") <= 40
        assert len(kind.NOUN) <= 20
        assert kind.RUN or kind.RING != "portal.office.work", "nobody would do it"
        assert table(kind._meta.label_lower) is kind
    with pytest.raises(LookupError):
        table("assets.asset")


def test_rings_of_the_office_have_a_queue_of_their_own(organisation, settings, db):
    folder = Path(django_settings.QUEUE_FOLDER) / "messages"
    before = set(os.listdir(folder))
    from assets.work.rings import _send

    _send(LedgerCheck, [1])
    (name,) = set(os.listdir(folder)) - before
    assert name.endswith(".office.msg")
    (folder / name).unlink()
    assert timezone.now()
