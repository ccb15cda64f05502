"""The sweeper: every few seconds it finds what nobody holds, in every table of work."""

from __future__ import annotations

import structlog
from django.conf import settings
from django.utils.module_loading import import_string

from assets.models import Work, WorkState
from assets.work import clock, places, rings
from assets.work.attempts import give_up_exhausted
from assets.work.tables import tables

log = structlog.get_logger(__name__)

# A lease that ends later than this many leases from now was given by a clock that jumped.
LONGEST_LEASE = 2


def sweep() -> int:
    """One round over all kinds of work; the number of rings."""
    return sum(len(sweep_table(table)) for table in tables())


def sweep_table(table: type[Work], now: clock.Moment | None = None) -> list[int]:
    """Makes what time brings, frees and gives up what is lost, rings for what waits."""
    if table.DUE:
        import_string(table.DUE)()
    free_the_dead(table)
    shorten_leases(table)
    give_up_exhausted(table, now)
    due = rings.due_rings(table, now)
    rings.ring_all(table, due)
    return due


def free_the_dead(table: type[Work]) -> list[int]:
    """Ends the leases of processes of this machine that run no more.

    A worker that is killed leaves its lease behind; here nobody need wait until it runs out.
    """
    if not places.can_tell():
        return []
    mine = table.objects.filter(
        state=WorkState.PROCESSING, claimed_by__startswith=f"{places.here()}:"
    )
    gone = [
        (pk, attempt)
        for pk, attempt, name in mine.values_list("pk", "last_attempt", "claimed_by")
        if places.is_gone(name)
    ]
    freed = []
    for pk, attempt in gone:
        ended = table.objects.filter(pk=pk, state=WorkState.PROCESSING, last_attempt=attempt)
        if ended.update(lease_until=clock.now()):
            log.warning("worker_gone", work=table.NOUN, row=pk, attempt=attempt)
            freed.append(pk)
    return freed


def shorten_leases(table: type[Work]) -> int:
    """Cuts leases that no clock of today can have given to one full lease from now.

    The database's clock was set back: a living worker renews well before that, and what a dead one
    held is not lost for as long as the jump was.
    """
    beyond = clock.after(LONGEST_LEASE * max(settings.LEASE_S, 1))
    return table.objects.filter(state=WorkState.PROCESSING, lease_until__gt=beyond).update(
        lease_until=clock.after(settings.LEASE_S)
    )
