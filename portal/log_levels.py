"""Logs as a warning, in one line, what Django logs as an error but a stranger caused."""

from __future__ import annotations

import logging


class NoAlarm(logging.Filter):
    """Lowers a record to a warning and leaves its traceback out."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.levelno = logging.WARNING
        record.levelname = logging.getLevelName(logging.WARNING)
        record.exc_info = record.exc_text = None
        return True
