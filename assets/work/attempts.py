"""Failed attempts: a row is tried three times, then it has failed; a person can queue it again."""

from __future__ import annotations

from typing import Any, TypeVar

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from assets.findings import Finding
from assets.models import Priority, User, Work, WorkState
from assets.services.ledger import Entry, append_event
from assets.work import clock, rings
from assets.work.claims import ENDED, Claim, held
from assets.work.lines import lapsed

W = TypeVar("W", bound=Work)


class CannotWork(Exception):  # noqa: N818  said to a person, not to a programmer
    """Raised by work that has no result, with the reason that people read.

    Args:
        why: the reason.
        final: whether a further attempt would end the same way.
    """

    def __init__(self, why: Finding, *, final: bool = False) -> None:
        super().__init__(why.code)
        self.why, self.final = why, final


def fail_attempt(claim: Claim, why: Finding, *, final: bool = False) -> bool:
    """Ends an attempt without result: the row goes back into the queue, or has failed.

    Args:
        why: the reason; stored if the row has failed.
        final: whether a further attempt would end the same way; then the row has failed at once.

    Returns:
        False if the claim was lost meanwhile; then nothing is written.
    """
    with transaction.atomic():
        row = held(claim).select_for_update().first()
        if row is None:
            return False
        if final or row.attempts >= settings.MAX_ATTEMPTS:
            _fail(row, why)
            rings.ring_next_after_commit(claim)
        else:
            claim.table.objects.filter(pk=row.pk).update(
                state=WorkState.QUEUED, lease_until=None, rung_at=timezone.now(), stage=""
            )
            rings.ring(claim.table, row.pk)
    return True


def _fail(row: Work, why: Finding) -> None:
    table, reasons = type(row), [why.as_stored()]
    table.objects.filter(pk=row.pk).update(
        state=WorkState.FAILED,
        lease_until=None,
        stage="",
        reason_code=why.code[:40],
        reasons=reasons,
    )
    append_event(
        organisation=row.organisation_id,
        entry=Entry(
            f"{row.NOUN}.failed",
            row.NOUN,
            row.pk,
            after={"code": why.code, "reasons": reasons},
            asset_id=row.asset_of(),
        ),
    )


def give_up_exhausted(table: type[Work], now: clock.Moment | None = None) -> list[int]:
    """Marks rows as failed whose worker was killed in the third attempt; returns their ids."""
    spent = lapsed(now) | Q(state=WorkState.QUEUED)
    exhausted = table.objects.filter(spent, attempts__gte=settings.MAX_ATTEMPTS)
    given_up = []
    for pk in list(exhausted.values_list("pk", flat=True)):
        with transaction.atomic():
            row = exhausted.filter(pk=pk).select_for_update(of=("self",)).first()
            if row is not None:
                _fail(row, Finding("worker_lost", {"attempts": row.attempts}))
                given_up.append(pk)
    return given_up


def retry(row: W, *, actor: User | None, states: tuple[Any, ...] = (WorkState.FAILED,)) -> W | None:
    """Puts a row in one of ``states`` back into the queue, before backlog, with new attempts.

    Returns:
        The row as it is now; None if it is in no such state.
    """
    table = type(row)
    with transaction.atomic():
        now = timezone.now()
        queued = table.objects.filter(pk=row.pk, state__in=states).update(
            **ENDED,
            state=WorkState.QUEUED,
            priority=Priority.PERSON,
            attempts=0,
            queued_at=now,
            rung_at=now,
        )
        if not queued:
            return None
        rings.ring(table, row.pk)
        append_event(
            organisation=row.organisation_id,
            entry=Entry(f"{row.NOUN}.retried", row.NOUN, row.pk, asset_id=row.asset_of()),
            actor=actor,
        )
    row.refresh_from_db()
    return row
