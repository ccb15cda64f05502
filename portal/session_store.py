"""Django's sessions in the database, read without Django's queryset machinery.

Every request reads one session by its key. Putting that query together from a queryset costs ten
times what the database needs to answer it; everything else is Django's own.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, cast

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore as DatabaseSessions
from django.db import connections, router
from django.utils import timezone

NOBODY_SIGNED_IN_S = 3600  # seconds that a session keeps in which nobody is signed in (yet)
LIVE_SESSION = "SELECT session_data FROM django_session WHERE session_key = %s AND expire_date > %s"


class SessionStore(DatabaseSessions):
    """``SESSION_ENGINE = "portal.session_store"``."""

    def _validate_session_key(self, key: Any) -> bool:
        """Our keys are letters and digits; PostgreSQL refuses NUL in anything that is looked up."""
        return bool(super()._validate_session_key(key)) and key.isascii() and key.isalnum()

    def get_expiry_age(self, **kwargs: Any) -> int:
        """Seconds to live: strangers can begin sign-ins without end, and each leaves a session.

        Whoever ends the sessions of a person reads those that wait for a second step, too.
        """
        age = int(super().get_expiry_age(**kwargs))
        return age if SESSION_KEY in self else min(age, NOBODY_SIGNED_IN_S)

    def get_expiry_date(self, **kwargs: Any) -> datetime:
        """The same as a point in time."""
        date = cast("datetime", super().get_expiry_date(**kwargs))
        if SESSION_KEY in self:
            return date
        now = kwargs.get("modification", timezone.now())
        return min(date, now + timedelta(seconds=NOBODY_SIGNED_IN_S))

    def load(self) -> dict[str, Any]:
        """The session's content; empty, and without a key, if it does not exist or has ended."""
        if self.session_key is None:
            return {}
        database = connections[router.db_for_read(self.get_model_class())]
        now = database.ops.adapt_datetimefield_value(timezone.now())
        with database.cursor() as cursor:
            cursor.execute(LIVE_SESSION, [self.session_key, now])
            row = cursor.fetchone()
        if row is None:
            self._session_key = None
            return {}
        return self.decode(row[0])
