"""The office: work without pixels, on a queue of its own. Nothing here imports the instrument.

    celery --app portal.celery:office worker --queues office --pool threads --concurrency 1

One process with threads: a process of its own for the pool would take another 100 MB. A pool of
threads knows no time limits. None are needed: what runs here reads the register, renews its lease,
and is claimed again where the process is killed; what waits for others must set a time-out itself.
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
    """Does the next piece of work of one kind; a ring that finds nothing waiting does nothing."""
    running.run_next(table(label), places.me())


@shared_task(name="portal.office.sweep")
def sweep() -> None:
    """One round of the sweeper; rung by beat. The embedded mode has the supervisor's loop."""
    sweeping.sweep()


def _begin_beating(**_: Any) -> None:
    _heart.append(Beating(device="office", room=OFFICE))
    _heart[0].start()


def _end_beating(**_: Any) -> None:
    for one in _heart:
        one.stop()


signals.worker_ready.connect(_begin_beating)
signals.worker_shutdown.connect(_end_beating)
