"""Who a session belongs to, and in the same question: whether a second factor is missing."""

from __future__ import annotations

from typing import Any

from allauth.account.auth_backends import AuthenticationBackend

from assets.models import User
from portal.second_factor import missing_of


class PasswordBackend(AuthenticationBackend):
    """allauth's, by address and password; a request asks for its person once and for no more."""

    def get_user(self, user_id: Any) -> User | None:
        """The person with ``lacks_factor``; None for a switched-off account."""
        people = User.objects.annotate(lacks_factor=missing_of("assets_user.id"))
        found = people.filter(pk=user_id).first()
        return found if found is not None and self.user_can_authenticate(found) else None
