"""Holding on to a claim while computing: the lease is renewed beside the work, stage by stage."""

from __future__ import annotations

import threading
from types import TracebackType
from typing import Self

import structlog
from django.conf import settings
from django.db import Error as DatabaseError
from django.db import connection

from assets.services import queue
from assets.services.queue import Claim
from inference.bridge import ClaimLost

log = structlog.get_logger(__name__)


class Lease:
    """Renews a claim every third of ``LEASE_S`` from a thread of its own, until the block ends.

    A computation that holds the interpreter for long is no reason to lose a photo; a worker that
    is gone is: its thread is gone with it.
    """

    def __init__(self, claim: Claim) -> None:
        self.claim = claim
        self._over = threading.Event()
        self._lost = threading.Event()
        self._thread = threading.Thread(target=self._renew, name="lease", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._over.set()
        self._thread.join(timeout=1)

    def show_stage(self, stage: str) -> None:
        """Shows a person how far the work is.

        Raises:
            ClaimLost: somebody else has the photo now, so going on is of no use.
        """
        try:
            kept = queue.renew(self.claim, stage=stage)
        except DatabaseError as error:  # progress is worth no failure
            log.warning("stage_not_shown", photo=self.claim.photo_id, error=str(error))
            return
        if not kept or self._lost.is_set():
            raise ClaimLost

    def _renew(self) -> None:
        try:
            while not self._over.wait(settings.LEASE_S / 3):
                try:
                    if not queue.renew(self.claim):
                        self._lost.set()
                        return
                except DatabaseError as error:  # the next third tries again
                    log.warning("lease_not_renewed", photo=self.claim.photo_id, error=str(error))
                finally:
                    connection.close()
        finally:
            connection.close()
