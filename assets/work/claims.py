"""Claiming: one conditional UPDATE gives a worker a row, and only the newest attempt may write."""

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

# What no finished row keeps.
ENDED: dict[str, Any] = {
    "lease_until": None,
    "stage": "",
    "reason_code": "",
    "reasons": [],
}


class ClaimLost(Exception):  # noqa: N818  no error: somebody else has the row now
    """The lease ran out and the row was claimed again: what comes of it would not be written."""


@dataclass(frozen=True, slots=True)
class Claim(Generic[W]):
    """The right to write one result for one row.

    Attributes:
        row: as it was when it was claimed, with what ``CLAIMED_WITH`` names.
        attempt: number of this attempt; never used twice for the same row.
        more: whether other rows waited when it was claimed: then whoever ends it rings for the
            next. What is queued later is rung for when it is queued.
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
    """Claims the row that is next in line; None where nothing waits.

    What a worker left behind comes first: somebody waits for it longest, and three attempts bound
    what it may cost. Then people's rows come before backlog; among them the organisation that was
    served longest ago is next, and of its rows the one queued first.
    """
    while (row := _next(table)) is not None:
        claim = take(row, worker, more=row.more_wait)
        if claim is not None:
            return claim
    return None


def _next(table: type[W]) -> Any:
    """The row, with ``more_wait``. Costs a look into an index for each organisation, however long
    the lines are.
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
    """Ids of the row that is first in each organisation's line; first who was served longest ago.

    A claim of the future is one of before the clock was set back: it says nothing.
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
    """Claims this row, as it was read; None where somebody was faster, or it does not wait."""
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
    """The claimed row, as long as nobody else claimed it since."""
    return claim.table.objects.filter(
        pk=claim.pk, state=WorkState.PROCESSING, last_attempt=claim.attempt
    )


def renew(claim: Claim, *, stage: str | None = None) -> bool:
    """Prolongs the lease, and shows the stage the work is in; False where the claim was lost."""
    changes: dict[str, Any] = {"lease_until": clock.after(settings.LEASE_S)}
    if stage is not None:
        changes["stage"] = stage[:12]
    return bool(held(claim).update(**changes))


def release(claim: Claim) -> bool:
    """Gives a row back untried, as a worker does that is told to stop; False where lost."""
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
    """Done, with what came out, in one UPDATE; False, and nothing written, where it was lost."""
    done = held(claim).update(**ENDED, state=WorkState.DONE, **result)
    rings.ring_next_after_commit(claim)
    return bool(done)
