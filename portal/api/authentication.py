"""Authentication of programs: a token in the header, or the session of a signed-in browser."""

from __future__ import annotations

import datetime as dt
import secrets
from contextlib import suppress
from typing import Any

from django.conf import settings
from django.db import OperationalError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from rest_framework import authentication, exceptions
from rest_framework.request import Request

from portal.models import ApiToken
from portal.second_factor import missing_of, refusal

KEY_PREFIX = "hl_"  # so that a leaked key is recognised by secret scanners


def issue_token(*, user: Any, label: str = "") -> tuple[str, ApiToken]:
    """Makes a token for ``user``; the key is returned here and can never be read again."""
    key = KEY_PREFIX + secrets.token_urlsafe(32)
    token = ApiToken.objects.create(
        user=user,
        label=label[:80],
        prefix=key[:8],
        key_sha256=ApiToken.digest(key),
        expires_at=timezone.now() + dt.timedelta(days=settings.API_TOKEN_DAYS),
    )
    return key, token


class TokenAuthentication(authentication.BaseAuthentication):
    """``Authorization: Token hl_…``.

    Args:
        wants_factor: whether people without a required second factor are refused. False only for
            giving a token back.
    """

    keyword = "Token"

    def __init__(self, *, wants_factor: bool = True) -> None:
        self.wants_factor = wants_factor

    def authenticate(self, request: Request) -> tuple[Any, ApiToken] | None:
        header = authentication.get_authorization_header(request).split()
        if not header or header[0].decode("latin-1").lower() != self.keyword.lower():
            return None
        if len(header) != 2:
            raise exceptions.AuthenticationFailed(
                _("The Authorization header reads: Token, a space, the key.")
            )
        digest = ApiToken.digest(header[1].decode("latin-1"))
        tokens = ApiToken.objects.annotate(lacks_factor=missing_of("portal_apitoken.user_id"))
        token = tokens.select_related("user").filter(key_sha256=digest).first()
        now = timezone.now()
        if token is None or token.revoked_at is not None or not token.user.is_active:
            raise exceptions.AuthenticationFailed(_("This token is not known or was revoked."))
        if token.expires_at <= now:
            raise exceptions.AuthenticationFailed(_("This token has expired. Get a new one."))
        if self.wants_factor and token.lacks_factor:
            raise refusal()
        if token.last_used_at is None or now - token.last_used_at > dt.timedelta(minutes=5):
            # A full disk keeps nobody from reading.
            with suppress(OperationalError):
                ApiToken.objects.filter(pk=token.pk).update(last_used_at=now)
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        return self.keyword


class SessionAuthentication(authentication.SessionAuthentication):
    """Django's session with its CSRF check; answers 401, not 403, without a signed-in person."""

    def authenticate_header(self, request: Request) -> str:
        return "Session"
