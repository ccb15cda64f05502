"""The sweeper: every few seconds it looks for lost and waiting rows in every table of work."""

from __future__ import annotations

import structlog
from django.conf import settings
from django.utils.module_loading import import_string

from assets.models import Work, WorkState
from assets.work import clock, places, rings
from assets.work.attempts import give_up_exhausted
from assets.work.tables import tables

log = structlog.get_logger(__name__)

# A lease that ends later than this many times LEASE_S from now dates from before a clock jump.
LONGEST_LEASE = 2


def sweep() -> int:
    """Sweeps every table of work once; returns the number of rings."""
    return sum(len(sweep_table(table)) for table in tables())


def sweep_table(table: type[Work], now: clock.Moment | None = None) -> list[int]:
    """Makes rows that are due, frees rows of dead workers, marks rows as failed, and rings.

    Returns:
        Ids of the rows for which it rang.
    """
    if table.DUE:
        import_string(table.DUE)()
    free_the_dead(table)
    shorten_leases(table)
    give_up_exhausted(table, now)
    due = rings.due_rings(table, now)
    rings.ring_all(table, due)
    return due


def free_the_dead(table: type[Work]) -> list[int]:
    """Ends the leases of dead worker processes of this machine; returns the rows' ids.

    A killed worker leaves its lease behind. On its own machine nobody has to wait until it ends.
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
    """Shortens leases that end too late to one full lease from now; returns their number.

    Such leases remain when the database's clock was set back. A living worker renews its lease in
    time; rows of a dead worker would else stay locked for as long as the clock jumped.
    """
    beyond = clock.after(LONGEST_LEASE * max(settings.LEASE_S, 1))
    return table.objects.filter(state=WorkState.PROCESSING, lease_until__gt=beyond).update(
        lease_until=clock.after(settings.LEASE_S)
    )
