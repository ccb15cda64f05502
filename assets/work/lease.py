"""The lease of a claim: a thread renews it while the work goes on, and stores the stage."""

from __future__ import annotations

import threading
import time
from types import TracebackType
from typing import Self

import structlog
from django.conf import settings
from django.db import Error as DatabaseError
from django.db import connection

from assets.work import claims
from assets.work.claims import Claim, ClaimLost

log = structlog.get_logger(__name__)

# Shorter stages are not shown: nobody could read them, and each costs a write.
SHOWN_AFTER_S = 0.5
LOOK_EVERY_S = 0.1


class Lease:
    """A context manager that renews a claim every ``LEASE_S`` / 3, in a thread of its own.

    A long computation does not lose its row, because the thread goes on. A dead worker does,
    because its thread died with it.
    """

    def __init__(self, claim: Claim) -> None:
        self.claim = claim
        self._over = threading.Event()
        self._lost = threading.Event()
        self._stage, self._begun_at = "", 0.0
        self._thread = threading.Thread(target=self._keep, name="lease", daemon=True)

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
        """Stores the stage of the work for people to see, if it lasts ``SHOWN_AFTER_S``.

        Raises:
            ClaimLost: another worker has the row now; the work should stop.
        """
        self._begun_at, self._stage = time.monotonic(), stage
        if self._lost.is_set():
            raise ClaimLost

    def _keep(self) -> None:
        """Renews the lease in time, and at once when a stage is to be shown."""
        shown = ""
        renewed_at = time.monotonic()
        third_s = settings.LEASE_S / 3
        while not self._over.wait(min(LOOK_EVERY_S, max(third_s, 0.01))):
            now, stage = time.monotonic(), self._stage
            lasts = stage != shown and now - self._begun_at >= SHOWN_AFTER_S
            if not lasts and now - renewed_at < third_s:
                continue
            try:
                if not claims.renew(self.claim, stage=stage if lasts else None):
                    self._lost.set()
                    return
                shown, renewed_at = stage if lasts else shown, now
            except DatabaseError as error:  # the next round tries again
                log.warning("lease_not_renewed", row=self.claim.pk, error=str(error))
            finally:
                connection.close()
