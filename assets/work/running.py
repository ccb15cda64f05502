"""Runs one piece of work without pixels: claims a row, does its work, records the end."""

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
    """Claims the next row of ``table`` and does its work; False if no row waits.

    An exception ends the attempt, not the worker. After the third attempt the row has failed, with
    the reason of :class:`CannotWork`, or with a hint to read the log.
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
    except SystemExit:  # the worker is stopped: the attempt does not count
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
        # The lease will run out, and the row will be claimed again.
        log.warning("failure_not_recorded", row=claim.pk, error=str(error))
