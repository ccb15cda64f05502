"""Times of the database's clock: the only one that all workers share."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db.models.functions import Now

# A moment: an expression of the database, or a time that a test chooses.
Moment = Any


def now() -> Moment:
    """The moment at which the statement runs."""
    return Now()


def after(seconds: float, since: Moment | None = None) -> Moment:
    """So many seconds after ``since``, by default after now; negative: before."""
    return (Now() if since is None else since) + dt.timedelta(seconds=seconds)
