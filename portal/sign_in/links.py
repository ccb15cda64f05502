"""The link by which somebody sets a new password: once, for a day, and only while nothing changed."""

from __future__ import annotations

from smtplib import SMTPException
from typing import Any

import structlog
from allauth.account.utils import user_pk_to_url_str
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.db.models import Q
from django.http import HttpRequest
from django.urls import reverse

from assets.models import Membership, User
from assets.services.members import KEEPERS

log = structlog.get_logger(__name__)


class NewPasswordTokens(PasswordResetTokenGenerator):
    """Tokens that die with the password, with a sign-in, and with each change of who belongs where.

    The keeper of one organisation must not keep a link to somebody who joins another one, nor one
    that outlasts the keeper's own office. Unlike allauth's generator it writes no row for the
    address: an unverified one would keep the person from setting up a second factor.
    """

    def _make_hash_value(self, user: Any, timestamp: int) -> str:
        mine = Membership.objects.filter(user_id=user.pk)
        keepers = Q(organisation__in=mine.values("organisation"), role__in=KEEPERS)
        places = (
            Membership.objects.filter(Q(user_id=user.pk) | keepers)
            .order_by("pk")
            .values_list("pk", "role", "deactivated_at", "user__is_active")
        )
        state = [f"{pk}:{role}:{since is None}:{active}" for pk, role, since, active in places]
        rank = f"{user.is_staff}:{user.is_superuser}"
        return "|".join([super()._make_hash_value(user, timestamp), rank, *state])


def new_password_path(person: User) -> str:
    """The address, without its host, at which ``person`` sets a new password."""
    token = NewPasswordTokens().make_token(person)
    return reverse(
        "account_reset_password_from_key",
        kwargs={"uidb36": user_pk_to_url_str(person), "key": token},
    )
