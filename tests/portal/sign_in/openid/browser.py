"""A browser's requests to the provider and back, and checks of the result."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from django.urls import reverse

from assets.models import Event, Membership, User
from tests.portal.sign_in.provider import CODE, Provider

MARKS = [
    pytest.mark.django_db,
    pytest.mark.filterwarnings("ignore:get_jwt_config:DeprecationWarning"),  # inside the provider
]

LEAVE, BACK = "/accounts/oidc/", "/accounts/oidc/callback/"
SECRET = "the client secret of the tests"


def configure(settings, base: str) -> None:
    settings.OIDC_SERVER_URL, settings.OIDC_CLIENT_ID = base, "hairline"
    settings.OIDC_NAME = "Northmoor"
    settings.OUTGOING_ALLOW = [urlsplit(base).netloc]


def begin(client, **more):
    """Presses the button; where the browser would go."""
    answer = client.post(LEAVE, more)
    assert answer.status_code == 200, answer.content
    assert answer["Refresh"] == f'0; url="{answer.context["address"]}"'
    return answer.context["address"]


def come_back(client, provider: Provider, **more):
    """The whole round, as a browser makes it."""
    asked = parse_qs(urlsplit(begin(client, **more)).query)
    provider.nonce = asked["nonce"][0]
    return client.get(BACK, {"code": CODE, "state": asked["state"][0]})


def signed_in_as(client) -> str:
    key = client.session.get("_auth_user_id")
    return User.objects.get(pk=key).email if key else ""


def refused(answer, status: int, code: str) -> None:
    assert answer.status_code == status, answer.content
    page = answer.content.decode()
    assert code in page
    assert 'role="alert"' in page
    assert "Traceback" not in page
    assert reverse("account_login") in page


def everything() -> list[int]:
    tables = (User, SocialAccount, EmailAddress, Membership, Event)
    return [table.objects.count() for table in tables]
