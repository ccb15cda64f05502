"""A lock for all processes of a machine: an empty file that one of them holds at a time.

The operating system lets go of it when its holder dies, however it dies.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.core.files import locks

LOOK_EVERY_S = 0.05


@contextmanager
def machine_lock(path: Path, *, within_s: float) -> Iterator[bool]:
    """Holds the lock while the block runs; False where others held it for ``within_s``.

    Raises:
        OSError: the file cannot be made (a full disk has room for an empty one, mostly).
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab") as file:
        held = _taken(file.fileno(), time.monotonic() + within_s)
        try:
            yield held
        finally:
            if held:
                locks.unlock(file.fileno())


def _taken(descriptor: int, until: float) -> bool:
    while not locks.lock(descriptor, locks.LOCK_EX | locks.LOCK_NB):
        if time.monotonic() >= until:
            return False
        time.sleep(LOOK_EVERY_S)
    return True
