"""A cache of small counts for all web processes: tries of sign-in, used codes.

Files in the data folder, because a count in one process' memory would give every process its own
budget of wrong passwords, and because Redis, where there is one, may be away without anybody
noticing. Where the disk is full, each process counts for itself.
"""

from __future__ import annotations

import os
import pickle
import time
from pathlib import Path
from typing import Any

import structlog
from django.core.cache.backends.base import DEFAULT_TIMEOUT
from django.core.cache.backends.filebased import FileBasedCache
from django.core.cache.backends.locmem import LocMemCache

from portal.machine_lock import machine_lock

log = structlog.get_logger(__name__)

LOCK_WITHIN_S = 2.0
ABSENT = object()


class SharedCounts(FileBasedCache):
    """Django's cache of files, but ``add`` succeeds for one process only, and old ones go first."""

    def __init__(self, folder: str, params: dict[str, Any]) -> None:
        self._own = LocMemCache("shared-counts", params)
        self._lock = Path(folder) / "lock"
        super().__init__(folder, params)

    def add(
        self, key: str, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None
    ) -> bool:
        """Sets what is not there yet; of several who try at once one gets True."""
        try:
            with machine_lock(self._lock, within_s=LOCK_WITHIN_S) as held:
                return held and super().add(key, value, timeout, version)
        except OSError as error:
            log.warning("counts_not_shared", error=str(error))
            return self._own.add(key, value, timeout, version)

    def get(self, key: str, default: Any = None, version: int | None = None) -> Any:
        """What was set, here or, while the disk was full, in this process alone."""
        try:
            found = super().get(key, ABSENT, version)
        except OSError:
            found = ABSENT
        return self._own.get(key, default, version) if found is ABSENT else found

    def set(
        self, key: str, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None
    ) -> None:
        """Keeps a value for all processes; for this one alone where it cannot be written."""
        try:
            super().set(key, value, timeout, version)
        except OSError as error:
            log.warning("counts_not_shared", error=str(error))
            super().delete(key, version)  # the older value would be found first
            self._own.set(key, value, timeout, version)

    def delete(self, key: str, version: int | None = None) -> bool:
        """Forgets a value everywhere."""
        own = self._own.delete(key, version)
        return super().delete(key, version) or own

    def clear(self) -> None:
        """Forgets all."""
        self._own.clear()
        super().clear()

    def _createdir(self) -> None:
        try:
            super()._createdir()
        except OSError as error:  # said by a check; what comes next falls back
            log.warning("counts_not_shared", error=str(error))

    def _cull(self) -> None:
        """Makes room: what has expired, then the oldest third. (Django's takes any.)"""
        paths = self._list_cache_files()
        if len(paths) < self._max_entries:
            return
        left = [path for path in paths if not _expired(path)]
        for path in set(paths) - set(left):
            self._delete(path)
        if len(left) >= self._max_entries:
            for path in sorted(left, key=_written_at)[: len(left) // 3]:
                self._delete(path)


def _expired(path: str) -> bool:
    try:
        with open(path, "rb") as file:
            until = pickle.load(file)  # noqa: S301  this installation's own file
    except (OSError, EOFError, pickle.UnpicklingError):
        return True
    return until is not None and until < time.time()


def _written_at(path: str) -> float:
    try:
        return os.path.getmtime(path)
    except OSError:
        return 0.0
