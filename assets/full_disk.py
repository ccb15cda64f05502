"""Recognises a full disk, by the operating system's error number or the database's message."""

from __future__ import annotations

import errno

from django.db import DatabaseError

NO_SPACE = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
# SQLite "database or disk is full", PostgreSQL "No space left on device".
FULL = ("disk is full", "no space left")


def is_disk_full(error: BaseException) -> bool:
    """Whether ``error`` came about because nothing more can be stored."""
    if isinstance(error, DatabaseError):
        return any(words in str(error).lower() for words in FULL)
    return isinstance(error, OSError) and error.errno in NO_SPACE
