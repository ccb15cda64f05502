"""Heartbeats: each worker writes one every few seconds; pages read which workers are alive."""

from __future__ import annotations

import datetime as dt
import os
import socket
import threading

import structlog
from django.db import Error as DatabaseError
from django.db import connection
from django.utils import timezone

from assets.models import WorkerHeartbeat
from assets.models.worker import ANALYSIS

log = structlog.get_logger(__name__)

FORGET_AFTER = dt.timedelta(days=1)
BEAT_EVERY_S = 5.0


def beat(*, name: str, device: str = "", room: str = ANALYSIS) -> None:
    """Says that the worker process ``name`` is alive on ``device`` (``cpu``, ``cuda:0`` …)."""
    now = timezone.now()
    touched = WorkerHeartbeat.objects.filter(name=name[:120]).update(
        seen_at=now, device=device[:120], room=room
    )
    if not touched:
        WorkerHeartbeat.objects.update_or_create(
            name=name[:120],
            defaults={"device": device[:120], "room": room, "started_at": now, "seen_at": now},
        )
        WorkerHeartbeat.objects.filter(seen_at__lt=now - FORGET_AFTER).delete()


def leave(*, name: str) -> None:
    """A worker that is told to stop says goodbye, so that nobody counts on it."""
    WorkerHeartbeat.objects.filter(name=name[:120]).delete()


def workers_alive(
    *, now: dt.datetime | None = None, within_s: float = 30, room: str = ANALYSIS
) -> list[WorkerHeartbeat]:
    """Workers of a room heard of within the last ``within_s`` seconds, the latest first."""
    since = (now or timezone.now()) - dt.timedelta(seconds=within_s)
    mine = WorkerHeartbeat.objects.filter(room=room, seen_at__gte=since)
    return list(mine.order_by("-seen_at"))


def last_seen() -> dt.datetime | None:
    """When any analysis worker was heard of last; None where never."""
    mine = WorkerHeartbeat.objects.filter(room=ANALYSIS).order_by("-seen_at")
    return mine.values_list("seen_at", flat=True).first()


class Beating:
    """A thread of a worker's main process that beats until :meth:`stop`, named host and process."""

    def __init__(self, *, device: str, room: str = ANALYSIS) -> None:
        self.name = f"{socket.gethostname()}:{os.getpid()}"
        self.device, self.room = device, room
        self._over = threading.Event()

    def start(self) -> None:
        threading.Thread(target=self._beat, name="heartbeat", daemon=True).start()

    def stop(self) -> None:
        """Says goodbye, so that nobody counts on it."""
        self._over.set()
        try:
            leave(name=self.name)
        except DatabaseError as error:  # then it counts as alive for half a minute more
            log.warning("goodbye_missed", error=str(error))

    def _beat(self) -> None:
        while True:
            try:
                beat(name=self.name, device=self.device, room=self.room)
            except DatabaseError as error:
                log.warning("heartbeat_missed", error=str(error))
            finally:
                connection.close()
            if self._over.wait(BEAT_EVERY_S):
                return
