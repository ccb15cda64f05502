"""Which analysis workers are alive: a worker says so every few seconds, pages ask."""

from __future__ import annotations

import datetime as dt

from django.utils import timezone

from assets.models import WorkerHeartbeat

FORGET_AFTER = dt.timedelta(days=1)


def beat(*, name: str, device: str = "") -> None:
    """Says that the worker process ``name`` is alive on ``device`` (``cpu``, ``cuda:0`` …)."""
    now = timezone.now()
    touched = WorkerHeartbeat.objects.filter(name=name[:120]).update(
        seen_at=now, device=device[:120]
    )
    if not touched:
        WorkerHeartbeat.objects.update_or_create(
            name=name[:120],
            defaults={"device": device[:120], "started_at": now, "seen_at": now},
        )
        WorkerHeartbeat.objects.filter(seen_at__lt=now - FORGET_AFTER).delete()


def leave(*, name: str) -> None:
    """A worker that is told to stop says goodbye, so that nobody counts on it."""
    WorkerHeartbeat.objects.filter(name=name[:120]).delete()


def workers_alive(*, now: dt.datetime | None = None, within_s: float = 30) -> list[WorkerHeartbeat]:
    """Workers heard of within the last ``within_s`` seconds, the latest first."""
    since = (now or timezone.now()) - dt.timedelta(seconds=within_s)
    return list(WorkerHeartbeat.objects.filter(seen_at__gte=since).order_by("-seen_at"))


def last_seen() -> dt.datetime | None:
    """When any worker was heard of last; None where never."""
    return WorkerHeartbeat.objects.order_by("-seen_at").values_list("seen_at", flat=True).first()
