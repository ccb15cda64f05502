"""Which process claimed a row, in a way that another process of the same machine can check.

A process id means something only among processes that see each other. So a worker's name holds
where it counts: the host's name, and a word made of this boot of the kernel and the namespace of
process ids (a container has one of its own). Where these cannot be read, nobody is ever found
dead, and the lease decides alone.
"""

from __future__ import annotations

import functools
import hashlib
import os
import socket
from pathlib import Path

BOOT = Path("/proc/sys/kernel/random/boot_id")
NAMESPACE = Path("/proc/self/ns/pid")


@functools.cache
def here() -> str:
    """Where this process's id counts: ``host/word``; only ``host`` where it cannot be told."""
    host = socket.gethostname()[:80]
    try:
        parts = f"{BOOT.read_text().strip()} {NAMESPACE.readlink()}"
    except OSError:
        return host
    return f"{host}/{hashlib.sha256(parts.encode()).hexdigest()[:8]}"


def me() -> str:
    """The name of this process as a claim keeps it."""
    return f"{here()}:{os.getpid()}"


def can_tell() -> bool:
    """Whether a process that claimed here can be looked for."""
    return "/" in here()


def is_gone(name: str) -> bool:
    """Whether the process of this name certainly runs no more; False where it cannot be told."""
    place, _colon, number = name.rpartition(":")
    if place != here() or not can_tell() or not number.isdigit():
        return False
    try:
        os.kill(int(number), 0)
    except ProcessLookupError:
        return True
    except (PermissionError, OverflowError):
        return False
    return _is_zombie(int(number))


def _is_zombie(pid: int) -> bool:
    """Killed, and only kept by the kernel until its parent asks for its end."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return True  # it ended between the two looks
    return status.rpartition(")")[2].split()[:1] == ["Z"]
