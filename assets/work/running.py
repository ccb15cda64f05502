"""One piece of work without pixels: claimed, run, and ended one way or another."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import structlog
from django.db import Error as DatabaseError
from django.utils.module_loading import import_string

from assets.findings import Finding
from assets.models import Work
from assets.work.attempts import CannotWork, fail_attempt
from assets.work.claims import Claim, ClaimLost, claim_next, release
from assets.work.lease import Lease

log = structlog.get_logger(__name__)


def run_next(table: type[Work], worker: str) -> bool:
    """Claims the next row of ``table`` and does its work; False where nothing waits.

    Whatever goes wrong ends the attempt, not the worker: the third time the row has failed, with
    the reason that :class:`CannotWork` gives, or a hint to the log.
    """
    claim = claim_next(table, worker)
    if claim is None:
        return False
    run: Callable[[Claim[Any], Callable[[str], None]], None] = import_string(table.RUN)
    try:
        with Lease(claim) as lease:
            run(claim, lease.show_stage)
    except ClaimLost:
        log.warning("claim_lost", work=table.NOUN, row=claim.pk, attempt=claim.attempt)
    except SystemExit:  # told to stop: the row goes back untried
        release(claim)
        raise
    except CannotWork as why:
        _fail(claim, why)
    except Exception:
        log.exception("work_failed", work=table.NOUN, row=claim.pk, attempt=claim.attempt)
        _fail(claim, CannotWork(Finding("work_broken")))
    return True


def _fail(claim: Claim[Any], why: CannotWork) -> None:
    try:
        fail_attempt(claim, why.why, final=why.final)
    except DatabaseError as error:
        # Then the lease runs out, and the row is claimed again.
        log.warning("failure_not_recorded", row=claim.pk, error=str(error))
