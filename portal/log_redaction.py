"""Removes secrets from the log: Django writes the path of a request that failed."""

from __future__ import annotations

import logging
import re
from typing import Any

SECRET_PATHS = re.compile(r"(/invitations/|/password/reset/key/)[^/\s?&]+")


class WithoutSecrets(logging.Filter):
    """Shortens the link of an invitation to ``/invitations/…``, and that for a new password."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg = _shortened(record.msg)
        if isinstance(record.args, tuple):
            record.args = tuple(_shortened(value) for value in record.args)
        return True


def _shortened(value: Any) -> Any:
    if isinstance(value, str):
        return SECRET_PATHS.sub(r"\1…", value)
    return value
