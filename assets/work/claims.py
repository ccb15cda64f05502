"""Claims: one conditional UPDATE gives a row to a worker; only the newest attempt may write."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.conf import settings
from django.db.models import Exists, F, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone

from assets.models import Organisation, Priority, Work, WorkState
from assets.work import clock, rings
from assets.work.lines import ORDER, lapsed, waiting

W = TypeVar("W", bound=Work)

# The columns of an attempt, as they are once it has ended.
ENDED: dict[str, Any] = {
    "lease_until": None,
    "stage": "",
    "reason_code": "",
    "reasons": [],
}


class ClaimLost(Exception):  # noqa: N818  no error: somebody else has the row now
    """The lease ran out and another worker claimed the row: a result would not be written."""


@dataclass(frozen=True, slots=True)
class Claim(Generic[W]):
    """The right to write one result for one row.

    Attributes:
        row: the row as it was when it was claimed, with the relations that ``CLAIMED_WITH`` names.
        attempt: number of this attempt; never used twice for the same row.
        more: whether other rows waited at that time. If so, the end of this attempt rings for the
            next row. Rows that are queued later have rings of their own.
    """

    row: W
    attempt: int
    more: bool

    @property
    def pk(self) -> int:
        return self.row.pk

    @property
    def table(self) -> type[W]:
        return type(self.row)


def claim_next(table: type[W], worker: str = "") -> Claim[W] | None:
    """Claims the row that is next in line; None if no row waits.

    A row that a dead worker left behind comes first: somebody has waited for it longest, and three
    attempts bound its cost. Then people's rows come before backlog; among them the organisation
    that was served longest ago is next, with the row that it queued first.
    """
    while (row := _next(table)) is not None:
        claim = take(row, worker, more=row.more_wait)
        if claim is not None:
            return claim
    return None


def _next(table: type[W]) -> Any:
    """The next row, with ``more_wait``. Costs one index look-up for each organisation, however many
    rows wait.
    """
    others = table.objects.filter(state=WorkState.QUEUED).exclude(pk=OuterRef("pk")).order_by()
    free = table.objects.filter(attempts__lt=settings.MAX_ATTEMPTS)
    left_behind = free.filter(lapsed(clock.now())).order_by(*ORDER).values("pk")
    lines = (_firsts(free, priority) for priority in Priority.values)
    # COALESCE looks into the next line only where the one before is empty.
    chosen = Coalesce(*(Subquery(rows[:1]) for rows in (left_behind, *lines)))
    rows = table.objects.select_related(*table.CLAIMED_WITH).annotate(more_wait=Exists(others))
    return rows.filter(pk=chosen).first()


def _firsts(free: QuerySet[W], priority: int) -> QuerySet[Any]:
    """Id of each organisation's first row; the organisation served longest ago comes first.

    Claims with a time in the future are ignored: they were made before the clock was set back.
    """
    mine = free.model.objects.filter(organisation_id=OuterRef("pk")).order_by()
    queued = free.filter(organisation_id=OuterRef("pk"), priority=priority, state=WorkState.QUEUED)
    served = mine.filter(claimed_at__lte=clock.now()).order_by("-claimed_at").values("claimed_at")
    return (
        Organisation.objects.annotate(
            first=Subquery(queued.order_by("queued_at", "pk").values("pk")[:1]),
            served_at=Subquery(served[:1]),
        )
        .filter(first__isnull=False)
        .order_by(F("served_at").asc(nulls_first=True), "pk")
        .values("first")
    )


def take(row: W, worker: str = "", *, more: bool = True) -> Claim[W] | None:
    """Claims this row; None if another worker was faster, or if the row does not wait."""
    table, attempt = type(row), row.last_attempt + 1
    taken = table.objects.filter(waiting(), pk=row.pk, last_attempt=row.last_attempt).update(
        state=WorkState.PROCESSING,
        attempts=F("attempts") + 1,
        last_attempt=attempt,
        claimed_by=worker[:120],
        claimed_at=clock.now(),
        lease_until=clock.after(settings.LEASE_S),
        stage="",
    )
    return Claim(row, attempt, more) if taken else None


def held(claim: Claim[W]) -> QuerySet[W]:
    """The claimed row as a query set; empty if another worker has claimed it since."""
    return claim.table.objects.filter(
        pk=claim.pk, state=WorkState.PROCESSING, last_attempt=claim.attempt
    )


def renew(claim: Claim, *, stage: str | None = None) -> bool:
    """Prolongs the lease and stores the stage of the work; False if the claim was lost."""
    changes: dict[str, Any] = {"lease_until": clock.after(settings.LEASE_S)}
    if stage is not None:
        changes["stage"] = stage[:12]
    return bool(held(claim).update(**changes))


def release(claim: Claim) -> bool:
    """Puts a row back into the queue without counting the attempt; stopped workers do this.

    Returns:
        False if the claim was lost.
    """
    given = held(claim).update(
        state=WorkState.QUEUED,
        attempts=F("attempts") - 1,
        lease_until=None,
        rung_at=timezone.now(),
        stage="",
    )
    if given:
        rings.ring(claim.table, claim.pk)
    return bool(given)


def finish(claim: Claim, **result: Any) -> bool:
    """Marks the row as done and writes ``result``, in one UPDATE.

    Returns:
        False if the claim was lost; then nothing is written.
    """
    done = held(claim).update(**ENDED, state=WorkState.DONE, **result)
    rings.ring_next_after_commit(claim)
    return bool(done)
