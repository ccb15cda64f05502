"""Writes ledger entries about signing in when allauth signals it.

A sign-in does not fail because the ledger cannot be written just then: that is said in the log.
Failures are held by allauth's limits, so nobody fills a ledger by guessing.
"""

from __future__ import annotations

from typing import Any

import structlog
from allauth.account.adapter import get_adapter
from allauth.account.authentication import get_authentication_records
from allauth.account.internal.userkit import filter_users_by_email
from allauth.account.signals import user_logged_in
from allauth.mfa import signals as mfa
from allauth.mfa.models import Authenticator
from django.contrib.auth.signals import user_logged_out
from django.core.exceptions import ImproperlyConfigured, PermissionDenied
from django.db import DatabaseError
from django.dispatch import receiver
from django.http import HttpRequest
from django.utils.crypto import salted_hmac

from assets.services.access_log import THE_PERSON, note_access

log = structlog.get_logger(__name__)


def address_of(request: HttpRequest | None) -> str:
    """Where a request comes from, behind as many proxies as are ours; "" where that is unknown."""
    if request is None:
        return ""
    try:
        return get_adapter().get_client_ip(request)
    except (PermissionDenied, ImproperlyConfigured):
        return ""


def how_signed_in(request: HttpRequest, user: Any) -> list[str]:
    """The steps by which this session was opened: ``password``, ``totp``, ``invitation`` …"""
    if request.resolver_match is not None and request.resolver_match.view_name == "invitation":
        return ["invitation"]  # the password was chosen a moment ago, on the same page
    steps = []
    for record in get_authentication_records(request, user):
        if not record.get("reauthenticated"):
            kind = record.get("type") or record.get("provider") or ""
            steps.append(str(kind if record["method"] == "mfa" else record["method"]))
            if record["method"] == "socialaccount":
                steps[-1] = f"oidc:{kind}"
    return steps


def note(
    user: Any,
    verb: str,
    request: HttpRequest | None = None,
    *,
    actor: Any = THE_PERSON,
    **after: Any,
) -> None:
    """An entry with the address of the request; one that cannot be written stands in the log."""
    try:
        note_access(user, verb, {**after, "from": address_of(request)}, actor=actor)
    except DatabaseError:
        log.exception("access_not_noted", verb=verb, user=user.pk)


def note_failed_person(request: HttpRequest, user: Any, why: str) -> None:
    """Somebody did not get into this account: ``why`` is in plain words."""
    note(user, "access.sign_in_failed", request, actor=None, why=why)


def note_failed_address(request: HttpRequest, email: str) -> None:
    """A wrong password for this address; of one that is nobody's only a digest is logged."""
    known = filter_users_by_email(email, for_login=True) if email else []
    for user in known:
        note_failed_person(request, user, "wrong password")
    if not known:
        digest = salted_hmac("portal.sign_in.ledger", email.strip().lower()).hexdigest()[:12]
        log.warning("sign_in_of_nobody", address_digest=digest, ip=address_of(request))


@receiver(user_logged_in)
def _signed_in(*, request: HttpRequest, user: Any, **_: Any) -> None:
    note(user, "access.signed_in", request, how=how_signed_in(request, user))


@receiver(user_logged_out)
def _signed_out(*, request: HttpRequest, user: Any, **_: Any) -> None:
    if user is not None:
        note(user, "access.signed_out", request)


@receiver(mfa.authentication_failed)
def _wrong_code(*, request: HttpRequest, user: Any, **_: Any) -> None:
    note_failed_person(request, user, "wrong code")


@receiver(mfa.authenticator_added)
def _factor_added(
    *, request: HttpRequest, user: Any, authenticator: Authenticator, **_: Any
) -> None:
    if authenticator.type != Authenticator.Type.RECOVERY_CODES:
        note(user, "access.second_factor_set", request)


@receiver(mfa.authenticator_reset)
def _codes_made(*, request: HttpRequest, user: Any, **_: Any) -> None:
    note(user, "access.recovery_codes_made", request)


@receiver(mfa.authenticator_removed)
def _factor_removed(
    *, request: HttpRequest, user: Any, authenticator: Authenticator, **_: Any
) -> None:
    if authenticator.type != Authenticator.Type.RECOVERY_CODES:
        note(user, "access.second_factor_removed", request)
