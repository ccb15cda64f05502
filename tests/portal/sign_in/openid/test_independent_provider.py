"""Signing in through a provider that somebody else wrote."""

from __future__ import annotations

import threading

import pytest
import requests
from allauth.socialaccount.models import SocialAccount

oidc_provider_mock = pytest.importorskip("oidc_provider_mock")

import werkzeug.serving  # noqa: E402

from assets.services.secret_store import put_secret  # noqa: E402
from tests.portal.sign_in.openid.browser import (  # noqa: E402
    MARKS,
    SECRET,
    begin,
    configure,
    refused,
    signed_in_as,
)

pytestmark = MARKS


@pytest.fixture
def small_provider(settings):
    """oidc-provider-mock, a real provider written by somebody else."""
    users = [
        oidc_provider_mock.User(
            sub="alice", claims={"email": "alice@example.org", "email_verified": True}
        ),
        oidc_provider_mock.User(sub="mallory", claims={"email": "ada@example.org"}),
    ]
    app = oidc_provider_mock.app(user_claims=users, require_nonce=True)
    server = werkzeug.serving.make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, args=[0.05], daemon=True)
    thread.start()
    base = f"http://127.0.0.1:{server.server_port}"
    configure(settings, base)
    yield base
    server.shutdown()
    server.server_close()


def consent(address: str, sub: str) -> str:
    """Agrees at the provider; the address that the browser is sent back to."""
    answer = requests.post(address, data={"sub": sub}, allow_redirects=False, timeout=10)
    assert answer.status_code == 302, answer.text
    return answer.headers["Location"].removeprefix("http://testserver")


def test_against_a_provider_of_somebody_else(client, small_provider, alice, ada):
    put_secret("oidc.client_secret", SECRET)
    answer = client.get(consent(begin(client, next="/members/"), "alice"))
    assert (answer.status_code, answer["Location"]) == (302, "/members/")
    assert signed_in_as(client) == alice.email
    client.logout()
    refused(client.get(consent(begin(client), "mallory")), 403, "openid_unverified")
    refused(client.get(consent(begin(client), "unknown@example.org")), 403, "openid_unverified")
    assert SocialAccount.objects.count() == 1
