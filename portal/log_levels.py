"""What Django logs as an error, and is a stranger's doing, becomes one line of warning."""

from __future__ import annotations

import logging


class NoAlarm(logging.Filter):
    """Lowers a record to a warning and leaves its traceback out."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.levelno = logging.WARNING
        record.levelname = logging.getLevelName(logging.WARNING)
        record.exc_info = record.exc_text = None
        return True
