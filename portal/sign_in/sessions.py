"""Where somebody is signed in: allauth keeps the list, what ends here ends at once."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from allauth.account.internal.stagekit import LOGIN_SESSION_KEY
from allauth.account.utils import user_pk_to_url_str
from allauth.core import context
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.models import Session
from django.http import HttpRequest
from django.utils import timezone

from portal.models import ApiToken


def list_sessions(request: HttpRequest) -> list[UserSession]:
    """Where this person is signed in, the newest first; those that ended otherwise are dropped."""
    found = UserSession.objects.purge_and_list(request.user)
    if not any(one.session_key == request.session.session_key for one in found):
        # A session from before the list was kept.
        UserSession.objects.create_from_request(request)
        found = UserSession.objects.purge_and_list(request.user)
    return sorted(found, key=lambda one: one.created_at, reverse=True)


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
