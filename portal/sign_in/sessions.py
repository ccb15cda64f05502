"""The sessions of a person, from allauth's list; ending one takes effect at once."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from allauth.account.internal.stagekit import LOGIN_SESSION_KEY
from allauth.account.utils import user_pk_to_url_str
from allauth.core import context
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.models import Session
from django.http import HttpRequest
from django.utils import timezone

from portal.models import ApiToken


def list_sessions(request: HttpRequest) -> list[UserSession]:
    """The sessions of a person, the newest first. Sessions that ended otherwise are dropped."""
    mine = UserSession.objects.filter(user_id=request.user.pk)
    if not mine.filter(session_key=request.session.session_key).exists():
        # A session from before the list was kept.
        UserSession.objects.create_from_request(request)
    found = list(mine.order_by("-created_at", "-pk"))
    alive = _alive(request.user, [one.session_key for one in found])
    ended = [one.pk for one in found if one.session_key not in alive]
    if ended:
        mine.filter(pk__in=ended).delete()
    return [one for one in found if one.session_key in alive]


def _alive(user: Any, keys: list[str]) -> set[str]:
    """Which of these sessions still sign the person in: neither expired nor of an old password.

    One query, where allauth's own list asks three times a session.
    """
    known = {user.get_session_auth_hash(), *user.get_session_auth_fallback_hash()}
    rows = Session.objects.filter(session_key__in=keys, expire_date__gt=timezone.now())
    return {row.session_key for row in rows if row.get_decoded().get(HASH_SESSION_KEY) in known}


def end_session(session: UserSession) -> None:
    """Its next request is a stranger's, and its sockets close within half a minute."""
    session.end()


def end_sessions(user: Any, *, but: str | None = None) -> int:
    """Ends the sessions of ``user``, half-finished sign-ins among them.

    Args:
        but: key of the session that goes on.

    Returns:
        how many were ended.
    """
    store = import_module(settings.SESSION_ENGINE).SessionStore()
    rows = UserSession.objects.filter(user_id=user.pk).exclude(session_key=but or "")
    keys = set(rows.values_list("session_key", flat=True))
    keys |= {key for key in _keys_not_listed(user) if key != but}
    for key in keys:
        store.delete(key)
    rows.delete()
    return len(keys)


def _keys_not_listed(user: Any) -> list[str]:
    """Sessions from before the list was kept, and sign-ins that wait for their second step."""
    listed = UserSession.objects.values("session_key")
    others = Session.objects.filter(expire_date__gt=timezone.now())
    found = []
    for session in others.exclude(session_key__in=listed).iterator():
        data = session.get_decoded()
        waiting = data.get(LOGIN_SESSION_KEY)
        waits = isinstance(waiting, dict) and waiting.get("user_pk") == user_pk_to_url_str(user)
        if waits or data.get(SESSION_KEY) == str(user.pk):
            found.append(session.session_key)
    return found


def revoke_tokens(user: Any) -> int:
    """Revokes all API tokens of ``user``; what uses them is signed out at once."""
    return ApiToken.objects.filter(user_id=user.pk, revoked_at__isnull=True).update(
        revoked_at=timezone.now()
    )


def end_everything_else(user: Any) -> int:
    """Signs the person out everywhere, programs included, but in the session that asks for it.

    Returns:
        how many sessions and tokens were ended.
    """
    request = context.request
    own = request is not None and request.user.pk == user.pk
    ended = end_sessions(user, but=request.session.session_key if own else None)
    return ended + revoke_tokens(user)


def end_everything(user: Any) -> None:
    """Signs the person out everywhere, programs included."""
    end_sessions(user)
    revoke_tokens(user)
