"""Rings: messages through the broker that say "there is work". The sweeper repeats lost ones."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Protocol

import structlog
from celery import current_app
from django.conf import settings
from django.db import transaction
from django.db.models import Q
from kombu.exceptions import OperationalError as BrokerError

from assets.models import Work
from assets.work import clock
from assets.work.lines import ORDER, waiting

log = structlog.get_logger(__name__)

# Most rings that may be under way for one table. Each finished row rings for the next, so more
# would only fill the broker with rings that find nothing to do.
RINGS_AT_ONCE = 20


def ring(table: type[Work], pk: int) -> None:
    """Sends a ring for one row after commit. If the broker is down, that is only logged."""
    ring_all(table, [pk])


def ring_all(table: type[Work], pks: Sequence[int]) -> None:
    """Sends a ring for each row after commit, at most :data:`RINGS_AT_ONCE`; the rest follow."""
    if pks:
        chosen = list(pks)[:RINGS_AT_ONCE]
        transaction.on_commit(partial(_send, table, chosen), robust=True)


def _send(table: type[Work], pks: Sequence[int]) -> None:
    for pk in pks:
        try:
            current_app.send_task(table.RING, args=table.ring_arguments(pk))
        except (BrokerError, OSError) as error:
            # The sweeper rings again; waiting for the broker's time-out once is enough.
            log.warning("ring_lost", work=table.NOUN, row=pk, error=str(error))
            return


def silent(now: clock.Moment | None = None) -> Q:
    """Rows without a recent ring. A ring in the future counts as none: the clock was set back."""
    moment = clock.now() if now is None else now
    before = clock.after(-settings.RING_AGAIN_AFTER_S, now)
    return Q(rung_at__isnull=True) | Q(rung_at__lte=before) | Q(rung_at__gt=clock.after(60, moment))


def due_rings(table: type[Work], now: clock.Moment | None = None) -> list[int]:
    """Ids of the rows to ring for now, next in line first. They are marked as rung, so that each
    is rung for at most once in ``RING_AGAIN_AFTER_S``.
    """
    waits = table.objects.filter(waiting(now))
    under_way = waits.exclude(silent(now))[:RINGS_AT_ONCE].count()
    if (room := RINGS_AT_ONCE - under_way) <= 0:
        return []
    rows = waits.filter(silent(now)).order_by(*ORDER).values_list("pk", flat=True)
    return [pk for pk in rows[:room] if _mark(table, pk, now)]


class Ending(Protocol):
    """A claim that ends: its table, and whether other rows waited when it was made."""

    @property
    def table(self) -> type[Work]: ...

    @property
    def more(self) -> bool: ...


def ring_next_after_commit(claim: Ending) -> None:
    """Calls :func:`ring_next` after commit, if other rows waited when ``claim`` was made."""
    if claim.more:
        transaction.on_commit(partial(ring_next, claim.table), robust=True)


def ring_next(table: type[Work]) -> None:
    """Rings for the next row in line without a recent ring."""
    rows = table.objects.filter(waiting() & silent()).order_by(*ORDER)
    pk = rows.values_list("pk", flat=True).first()
    if pk is not None and _mark(table, pk):
        ring(table, pk)


def _mark(table: type[Work], pk: int, now: clock.Moment | None = None) -> bool:
    moment = clock.now() if now is None else now
    return bool(table.objects.filter(silent(now), pk=pk).update(rung_at=moment))
