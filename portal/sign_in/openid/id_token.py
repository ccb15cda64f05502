"""Checks the provider's ID token: signature, audience, nonce, time."""

from __future__ import annotations

import hmac
from typing import Any

import jwt
from django.utils.translation import gettext as _

from assets.errors import DomainError

# Signed with a private key, so that our own client secret signs nothing.
ALGORITHMS = [
    *("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"),
    *("ES256", "ES384", "ES512", "EdDSA"),
]
LEEWAY_S = 60  # by which the clocks may differ


def read_id_token(
    text: Any, *, keys: Any, issuer: str, client_id: str, nonce: str
) -> dict[str, Any]:
    """The claims of an ID token.

    Args:
        keys: the provider's key set, as its JSON reads.
        nonce: what was sent along when this sign-in began.

    Raises:
        DomainError: ``openid_clock`` where only the time is wrong, else ``openid_token``.
    """
    try:
        claims = jwt.decode(
            text,
            key=_key(text, keys),
            algorithms=ALGORITHMS,
            audience=client_id,
            issuer=issuer,
            leeway=LEEWAY_S,
            options={"require": ["exp", "iat", "iss", "aud", "sub"]},
        )
    except (jwt.ExpiredSignatureError, jwt.ImmatureSignatureError) as error:
        raise DomainError(
            "openid_clock",
            _("The provider's answer is not valid at the time that it is here."),
            _(
                "Try once more. If it stays, the clocks of the two servers differ by more than "
                "a minute: whoever runs this installation sets both by a time server (NTP)."
            ),
        ) from error
    except (jwt.PyJWTError, AttributeError, KeyError, TypeError, ValueError) as error:
        raise _refused() from error
    given = claims.get("nonce")
    if not (isinstance(given, str) and nonce and hmac.compare_digest(given, nonce)):
        raise _refused()
    if claims.get("azp", client_id) != client_id or not isinstance(claims["sub"], str):
        raise _refused()
    return claims


def _key(text: Any, keys: Any) -> jwt.PyJWK:
    """The key that the token names, or the only one."""
    wanted = jwt.get_unverified_header(text).get("kid")
    known = [
        key
        for key in jwt.PyJWKSet.from_dict(keys).keys
        if key.public_key_use in (None, "sig") and wanted in (None, key.key_id)
    ]
    if len(known) != 1:
        raise jwt.InvalidKeyError("The token names no key of the provider's.")
    return known[0]


def _refused() -> DomainError:
    return DomainError(
        "openid_token",
        _("The provider's answer does not prove who you are."),
        _("Start again at the sign-in page. If it stays, tell whoever runs this installation."),
    )
