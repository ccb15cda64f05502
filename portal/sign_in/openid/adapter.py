"""Answers allauth's questions about identities: one provider, our guard, our rules."""

from __future__ import annotations

from typing import Any

import structlog
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialApp, SocialLogin
from allauth.socialaccount.providers.base import AuthProcess
from allauth.socialaccount.providers.base.constants import AuthError
from django.http import HttpRequest
from django.utils.translation import gettext as _

from assets.errors import DomainError
from assets.outgoing import OutgoingFailed, OutgoingSession, outgoing_session
from portal.sign_in.openid.discovery import TOTAL_S, away
from portal.sign_in.openid.provider import (
    PROVIDER,
    PROVIDER_ID,
    is_configured,
    organisation_app,
    provider_name,
)
from portal.sign_in.openid.refusals import refused

log = structlog.get_logger(__name__)


class OrganisationAdapter(DefaultSocialAccountAdapter):
    """Nobody signs up, nothing is connected from a session, and HTTP goes out by the guard."""

    def get_requests_session(self) -> OutgoingSession:
        return outgoing_session(total_s=TOTAL_S)

    def list_apps(
        self, request: HttpRequest, provider: str | None = None, client_id: str | None = None
    ) -> list[SocialApp]:
        """The one of the environment; rows of allauth's own table count for nothing."""
        if not is_configured() or provider not in (None, PROVIDER, PROVIDER_ID):
            return []
        app = organisation_app()
        return [app] if client_id in (None, app.client_id) else []

    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        return False

    def is_auto_signup_allowed(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        return False

    def can_authenticate_by_email(self, login: SocialLogin, email: str) -> bool:
        return False

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """By here the rules have let the person in; whatever else comes this way does not pass."""
        signs_in = sociallogin.state.get("process") == AuthProcess.LOGIN
        if not signs_in or not sociallogin.is_existing:
            raise ImmediateHttpResponse(refused(request, _begun_elsewhere()))

    def on_authentication_error(
        self,
        request: HttpRequest,
        provider: Any,
        error: Any = None,
        exception: Exception | None = None,
        extra_context: Any = None,
    ) -> None:
        """A page with a sentence in place of allauth's."""
        raise ImmediateHttpResponse(refused(request, _in_words(request, error, exception)))


def _in_words(request: HttpRequest, error: Any, exception: Exception | None) -> DomainError:
    if isinstance(exception, OutgoingFailed):
        log.warning("openid_away", error=type(exception).__name__)
        return away()
    words = {"name": provider_name()}
    if exception is not None:
        log.warning("openid_rejected", error=type(exception).__name__)
        return DomainError(
            "openid_rejected",
            _("%(name)s did not confirm this sign-in.") % words,
            _(
                "Start again at the sign-in page. If it stays, whoever runs this installation "
                "checks OIDC_CLIENT_ID and sets the client secret again: python manage.py "
                "set_secret oidc.client_secret."
            ),
        )
    if error == AuthError.CANCELLED or request.GET.get("error"):
        return DomainError(
            "openid_unfinished",
            _("The sign-in at %(name)s was not finished.") % words,
            _("Start again, or sign in with your password."),
        )
    return _begun_elsewhere()


def _begun_elsewhere() -> DomainError:
    return DomainError(
        "openid_stale",
        _("This sign-in was begun in another browser, too long ago, or used already."),
        _("Start again at the sign-in page."),
    )
