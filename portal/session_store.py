"""Django's sessions in the database, read without Django's queryset machinery.

Every request reads one session by its key. Putting that query together from a queryset costs ten
times what the database needs to answer it; everything else is Django's own.
"""

from __future__ import annotations

from typing import Any

from django.contrib.sessions.backends.db import SessionStore as DatabaseSessions
from django.db import connections, router
from django.utils import timezone

LIVE_SESSION = "SELECT session_data FROM django_session WHERE session_key = %s AND expire_date > %s"


class SessionStore(DatabaseSessions):
    """``SESSION_ENGINE = "portal.session_store"``."""

    def load(self) -> dict[str, Any]:
        """What the session holds; empty, and without a key, where it is not there or has ended."""
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
