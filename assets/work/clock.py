"""Times by the database's clock, the only clock that all workers share."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db.models.functions import Now

# A moment is a database expression, or a time that a test chooses.
Moment = Any


def now() -> Moment:
    """The moment at which the statement runs."""
    return Now()


def after(seconds: float, since: Moment | None = None) -> Moment:
    """The moment ``seconds`` after ``since`` (default: now); negative seconds lie before it."""
    return (Now() if since is None else since) + dt.timedelta(seconds=seconds)
