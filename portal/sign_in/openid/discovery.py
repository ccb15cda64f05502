"""Fetches the provider's description, checks it and keeps it for some minutes."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import structlog
from django.core.cache import cache
from django.utils.translation import gettext as _

from assets.errors import DomainError
from assets.outgoing import OutgoingFailed, outgoing_session
from portal.sign_in.openid.provider import discovery_address, issuer, provider_name

log = structlog.get_logger(__name__)

TOTAL_S = 8.0
KEPT_S = 300
AWAY_S = 10  # so long nobody waits again for a provider that did not answer
NEEDED = ("issuer", "authorization_endpoint", "token_endpoint", "jwks_uri")
ADDRESSES = (*NEEDED[1:], "userinfo_endpoint")


def discover() -> dict[str, Any]:
    """The provider's description.

    Raises:
        DomainError: ``openid_away``, ``openid_unreadable``, or as the guard refuses.
    """
    key = f"openid:{discovery_address()}"
    known = cache.get(key)
    if known is None:
        try:
            known = _asked()
        except DomainError as error:
            if error.code == "openid_away":
                cache.set(key, {}, AWAY_S)
            raise
        cache.set(key, known, KEPT_S)
    if not known:
        raise away()
    return known


def _asked() -> dict[str, Any]:
    try:
        with outgoing_session(total_s=TOTAL_S) as session:
            answer = session.get(discovery_address())
            answer.raise_for_status()
            config = answer.json()
    except OutgoingFailed as error:
        log.warning("openid_away", error=type(error).__name__)
        raise away() from error
    if not isinstance(config, dict) or not all(isinstance(config.get(n), str) for n in NEEDED):
        raise unreadable("its description lacks addresses")
    if config["issuer"].rstrip("/") != issuer():
        raise unreadable(f"it calls itself {config['issuer'][:200]}, not {issuer()}")
    least = {"https"} if issuer().startswith("https:") else {"http", "https"}
    for name in ADDRESSES:
        address = config.get(name)
        parts = urlsplit(address) if isinstance(address, str) else None
        if parts is not None and not (parts.scheme in least and parts.hostname):
            raise unreadable(f"its {name} is no address with {' or '.join(sorted(least))}")
    return config


def away() -> DomainError:
    """Nobody answers there."""
    return DomainError(
        "openid_away",
        _("%(name)s does not answer.") % {"name": _subject()},
        _(
            "Try again in a minute, or sign in with your password. If it stays, tell whoever runs "
            "this installation."
        ),
    )


def unreadable(why: str) -> DomainError:
    """Somebody answers, and not as a provider does. ``why`` goes to the log."""
    log.warning("openid_unreadable", why=why)
    return DomainError(
        "openid_unreadable",
        _("%(name)s answered something that cannot be used.") % {"name": _subject()},
        _(
            "Tell whoever runs this installation: the log says what, and OIDC_SERVER_URL has to "
            "be the issuer as the provider spells it."
        ),
    )


def _subject() -> str:
    """The provider at the beginning of a sentence."""
    name = provider_name()
    return name[:1].upper() + name[1:]
