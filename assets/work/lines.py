"""Which rows stand in line, and in what order."""

from __future__ import annotations

from django.conf import settings
from django.db.models import Q

from assets.models import WorkState
from assets.work import clock

ORDER = ("priority", "queued_at", "pk")


def waiting(now: clock.Moment | None = None) -> Q:
    """Rows that a worker may take: queued, or held by a lease that ran out."""
    free = Q(state=WorkState.QUEUED) | lapsed(now)
    return free & Q(attempts__lt=settings.MAX_ATTEMPTS)


def lapsed(now: clock.Moment | None = None) -> Q:
    """Rows that a worker left behind: it renewed its lease no more, or is known to be dead."""
    moment = clock.now() if now is None else now
    return Q(state=WorkState.PROCESSING, lease_until__lte=moment)
