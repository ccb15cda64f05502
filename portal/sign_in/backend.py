"""Loads a session's user and, in the same query, whether a second factor is missing."""

from __future__ import annotations

from typing import Any

from allauth.account.auth_backends import AuthenticationBackend

from assets.models import User
from portal.second_factor import MISSING, OF_AN_APP

LACKS_FACTOR = MISSING.format(user_id="assets_user.id")
PERSON = f"SELECT *, {LACKS_FACTOR} AS lacks_factor FROM assets_user WHERE id = %s"  # noqa: S608


class PasswordBackend(AuthenticationBackend):
    """allauth's, by address and password; a request asks for its person once and for no more."""

    def get_user(self, user_id: Any) -> User | None:
        """The person with ``lacks_factor``; None for a switched-off account.

        In words of the database: every request asks this, and a queryset would take three times as
        long to write as the question takes to answer.
        """
        for found in User.objects.raw(PERSON, [OF_AN_APP, user_id]):
            return found if self.user_can_authenticate(found) else None
        return None
