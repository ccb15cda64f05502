"""The office worker: it does work without pixels, such as the nightly check of the ledger.

    celery --app portal.celery:office worker --queues office --pool threads --concurrency 1

It has a queue of its own and never imports the instrument. It runs tasks in a thread: a second
process would take another 100 MB. Celery sets no time limits for threads, and none are needed.
Tasks read the register and renew their lease; if the process is killed, their rows are claimed
again. A task that waits for another system must set a time-out itself.
"""

from __future__ import annotations

from typing import Any

from celery import shared_task, signals

from assets.models.worker import OFFICE
from assets.services.heartbeat import Beating
from assets.work import places, running
from assets.work import sweep as sweeping
from assets.work.tables import table

_heart: list[Beating] = []


@shared_task(name="portal.office.work")
def work(label: str) -> None:
    """Does the next piece of work of the kind ``label``, or nothing if none waits."""
    running.run_next(table(label), places.me())


@shared_task(name="portal.office.sweep")
def sweep() -> None:
    """Runs one round of the sweeper, for Celery's beat. The embedded mode has its own loop."""
    sweeping.sweep()


def _begin_beating(**_: Any) -> None:
    _heart.append(Beating(device="office", room=OFFICE))
    _heart[0].start()


def _end_beating(**_: Any) -> None:
    for one in _heart:
        one.stop()


signals.worker_ready.connect(_begin_beating)
signals.worker_shutdown.connect(_end_beating)
