"""Names of worker processes, such that another process can check whether a worker still lives.

A process id is valid only on one machine, since its last boot, in one namespace (a container has
its own). So a worker's name holds the host name, a hash of boot id and namespace, and the process
id. Where boot id or namespace cannot be read, no worker is ever found dead, and only its lease
decides.
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
    """Where this process id is valid: ``host/hash``; only ``host`` if the hash cannot be made."""
    host = socket.gethostname()[:80]
    try:
        parts = f"{BOOT.read_text().strip()} {NAMESPACE.readlink()}"
    except OSError:
        return host
    return f"{host}/{hashlib.sha256(parts.encode()).hexdigest()[:8]}"


def me() -> str:
    """The name of this process, as claims store it: ``host/hash:pid``."""
    return f"{here()}:{os.getpid()}"


def can_tell() -> bool:
    """Whether processes that claimed rows here can be looked for."""
    return "/" in here()


def is_gone(name: str) -> bool:
    """Whether the process of this name has certainly ended; False if that cannot be told."""
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
    """Whether the process has ended, and the kernel keeps it only until its parent asks for it."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return True  # it ended between the two looks
    return status.rpartition(")")[2].split()[:1] == ["Z"]
