"""The rows that wait for a worker, and their order."""

from __future__ import annotations

from django.conf import settings
from django.db.models import Q

from assets.models import WorkState
from assets.work import clock

ORDER = ("priority", "queued_at", "pk")


def waiting(now: clock.Moment | None = None) -> Q:
    """Rows that a worker may claim: queued, or with a lease that has run out."""
    free = Q(state=WorkState.QUEUED) | lapsed(now)
    return free & Q(attempts__lt=settings.MAX_ATTEMPTS)


def lapsed(now: clock.Moment | None = None) -> Q:
    """Rows whose lease has run out: their worker stopped renewing it, or is known to be dead."""
    moment = clock.now() if now is None else now
    return Q(state=WorkState.PROCESSING, lease_until__lte=moment)
