"""Finds the sender of a large body from its headers, before the body is read."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from concurrent.futures import ThreadPoolExecutor

from django.conf import settings
from django.db import connection
from django.http import parse_cookie
from django.utils import timezone

from portal.serving.plain_answers import Scope

Sender = Callable[[Scope], Awaitable[str | None]]

# Threads of their own: the check must not wait behind requests that are being worked on.
_threads = ThreadPoolExecutor(2, thread_name_prefix="body-senders")


async def find_sender(scope: Scope) -> str | None:
    """The person who sends this, as a text that is the same for each of their requests.

    None where neither a valid token nor a session of somebody is in the header. Whether the person
    may do what they ask for is none of this function's business.

    Raises:
        django.db.Error: the database does not answer.
    """
    token, session_key = _claims(scope["headers"])
    if not (token or session_key):
        return None
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(_threads, _look_up, token, session_key)


def _claims(headers: Iterable[tuple[bytes, bytes]]) -> tuple[str, str]:
    """Token and session key that a header names; empty where it names none."""
    token = session_key = ""
    for name, value in headers:
        if name == b"authorization":
            kind, _space, rest = value.decode("latin-1").strip().partition(" ")
            if kind.lower() == "token":
                token = rest.strip()
        elif name == b"cookie":
            cookies = parse_cookie(value.decode("latin-1"))
            session_key = cookies.get(settings.SESSION_COOKIE_NAME, session_key)
    return token, session_key


def _look_up(token: str, session_key: str) -> str | None:
    from portal.ledger_watch import person_of_session
    from portal.models import ApiToken

    try:
        if token:
            valid = ApiToken.objects.filter(
                key_sha256=ApiToken.digest(token),
                revoked_at__isnull=True,
                expires_at__gt=timezone.now(),
                user__is_active=True,
            )
            user_id = valid.values_list("user_id", flat=True).first()
            if user_id is not None:
                return str(user_id)
        if session_key:
            person = person_of_session(session_key)
            return None if person is None else str(person)
        return None
    finally:
        connection.close()
