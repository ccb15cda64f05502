"""The provider of this installation, from environment and secret store."""

from __future__ import annotations

from allauth.socialaccount.models import SocialApp
from django.conf import settings
from django.utils.translation import gettext as _

from assets.services.secret_store import get_secret

PROVIDER = "openid_connect"
# Under this name allauth keeps identities and running sign-ins.
PROVIDER_ID = "organisation"
CLIENT_SECRET = "oidc.client_secret"  # noqa: S105  its name in the secret store
WELL_KNOWN = "/.well-known/openid-configuration"


def is_configured() -> bool:
    """Whether there is such a way to sign in."""
    return bool(settings.OIDC_SERVER_URL and settings.OIDC_CLIENT_ID)


def provider_name() -> str:
    """The provider's name for people."""
    return settings.OIDC_NAME or _("your organisation")


def issuer() -> str:
    """The issuer that must have signed its tokens."""
    return settings.OIDC_SERVER_URL.partition("/.well-known/")[0].rstrip("/")


def discovery_address() -> str:
    """The address of the provider's own description."""
    given = settings.OIDC_SERVER_URL
    return given if "/.well-known/" in given else given.rstrip("/") + WELL_KNOWN


def organisation_app() -> SocialApp:
    """The provider as allauth wants it; kept in memory only, with the opened secret.

    Raises:
        DomainError: the secret is stored and does not open.
    """
    stored = get_secret(CLIENT_SECRET)
    return SocialApp(
        provider=PROVIDER,
        provider_id=PROVIDER_ID,
        name=provider_name(),
        client_id=settings.OIDC_CLIENT_ID,
        secret=stored.reveal() if stored else settings.OIDC_CLIENT_SECRET,
        settings={
            "server_url": discovery_address(),
            "oauth_pkce_enabled": True,
            "uid_field": "uid",
        },
    )
