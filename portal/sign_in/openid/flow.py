"""allauth's exchange with the provider, and the steps that it leaves out.

The ID token is verified by the provider's keys whichever way it came, its nonce is that of this
sign-in, and our rules are asked before anything is written.
"""

from __future__ import annotations

import secrets
from typing import Any

from allauth.socialaccount.models import SocialLogin, SocialToken
from allauth.socialaccount.providers.base import AuthProcess
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.http import HttpRequest, HttpResponseBase
from django.urls import Resolver404, resolve, reverse

from portal.sign_in.openid.adapter import OrganisationAdapter
from portal.sign_in.openid.discovery import discover, unreadable
from portal.sign_in.openid.id_token import read_id_token
from portal.sign_in.openid.provider import PROVIDER_ID, organisation_app
from portal.sign_in.openid.rules import Identity, admit

NOT_AS_AGREED = (AttributeError, KeyError, TypeError, ValueError)
PERSON = ("email", "email_verified", "name")


class Exchange(OpenIDConnectOAuth2Adapter):
    """One sign-in: from the code that the provider sent to the person it stands for."""

    def __init__(self, request: HttpRequest) -> None:
        super().__init__(request, PROVIDER_ID)
        self.state: dict[str, Any] = {}

    def get_provider(self) -> OrganisationProvider:
        return OrganisationProvider(self.request, app=organisation_app())

    @property
    def openid_config(self) -> dict[str, Any]:
        return discover()

    @property
    def basic_auth(self) -> bool:
        """A provider that names no other way takes the client secret as a Basic header.

        A client without a secret only names itself, in the form.
        """
        if not self.get_provider().app.secret:
            return False
        ways = self.openid_config.get("token_endpoint_auth_methods_supported")
        return not isinstance(ways, list) or "client_secret_post" not in ways

    def get_callback_url(self, request: HttpRequest, app: Any) -> str:
        return request.build_absolute_uri(reverse("openid-callback"))

    def get_access_token_data(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        try:
            data = super().get_access_token_data(*args, **kwargs)
        except NOT_AS_AGREED as error:
            raise unreadable("its token answer") from error
        if not isinstance(data, dict):
            raise unreadable("its token answer")
        return data

    def parse_token(self, data: dict[str, Any]) -> SocialToken:
        """Used once to ask for the person, and kept nowhere."""
        return SocialToken(token=str(data.get("access_token", "")))

    def complete_login(
        self, request: HttpRequest, app: Any, token: SocialToken, **kwargs: Any
    ) -> SocialLogin:
        """Checks the ID token and the rules, and returns the identity's sign-in."""
        config = self.openid_config
        claims = read_id_token(
            kwargs["response"].get("id_token"),
            keys=self._json(config["jwks_uri"]),
            issuer=config["issuer"],
            client_id=app.client_id,
            nonce=str(self.state.get("nonce", "")),
        )
        if "email" not in claims and isinstance(config.get("userinfo_endpoint"), str):
            claims |= self._more(config["userinfo_endpoint"], token, claims["sub"])
        identity = Identity.of(claims)
        if admit(request, identity, invitation=_invitation_behind(self.state.get("next"))):
            self.state["next"] = reverse("members")  # the invitation's own page is used up
        known = {"uid": identity.uid, "email": identity.email}
        return self.get_provider().sociallogin_from_response(request, known)

    def _more(self, address: str, token: SocialToken, sub: str) -> dict[str, Any]:
        """The claims of the provider's userinfo, if it is about the same person."""
        found = self._json(address, {"Authorization": f"Bearer {token.token}"})
        if not isinstance(found, dict) or found.get("sub") != sub:
            raise unreadable("its userinfo is about somebody else")
        return {name: found[name] for name in PERSON if name in found}

    def _json(self, address: str, headers: dict[str, str] | None = None) -> Any:
        with OrganisationAdapter().get_requests_session() as session:
            answer = session.get(address, headers=headers)
            answer.raise_for_status()
            return answer.json()


class OrganisationProvider(OpenIDConnectProvider):
    """Begins a sign-in, and nothing else: what a visitor adds to the address changes nothing."""

    def get_oauth2_adapter(self, request: HttpRequest) -> Exchange:
        return Exchange(request)

    def begin(self, request: HttpRequest, next_url: str | None) -> HttpResponseBase:
        """Sends the browser to the provider, with state, nonce and challenge of this sign-in."""
        nonce = secrets.token_urlsafe(24)
        return self.redirect(
            request,
            process=AuthProcess.LOGIN,
            next_url=next_url,
            auth_params={"nonce": nonce},
            nonce=nonce,
        )


class Callback(OAuth2CallbackView):
    """allauth's, which shows the state of the sign-in to who reads the answer."""

    adapter: Exchange

    def _get_state(self, request: HttpRequest, provider: Any) -> Any:
        state, answer = super()._get_state(request, provider)
        self.adapter.state = state or {}
        return state, answer


def _invitation_behind(address: Any) -> str:
    """The secret of the invitation whose page sent the person to sign in; else empty."""
    try:
        match = resolve(str(address).partition("?")[0])
    except Resolver404:
        return ""
    return str(match.kwargs["token"]) if match.view_name == "invitation" else ""
