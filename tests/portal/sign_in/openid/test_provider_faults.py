"""A provider that is away, describes itself wrongly or may not be asked."""

from __future__ import annotations

import pytest

from assets.services import secret_keys
from assets.services.secret_store import put_secret
from tests.portal.sign_in.openid.browser import (
    BACK,
    LEAVE,
    MARKS,
    SECRET,
    come_back,
    configure,
    refused,
    signed_in_as,
)
from tests.portal.sign_in.provider import providing

pytestmark = MARKS


class TestAProviderThatIsAwayOrWrong:
    def test_away(self, client, settings, alice):
        configure(settings, "http://127.0.0.1:1")
        refused(client.post(LEAVE), 503, "openid_away")

    def test_away_is_not_waited_for_again_at_once(self, client, provider, alice):
        provider.broken["/.well-known/openid-configuration"] = (500, "")
        for _ in range(3):
            refused(client.post(LEAVE), 503, "openid_away")
        assert len(provider.asked) == 1

    def test_away_between_leaving_and_coming_back(self, client, provider, alice):
        provider.broken["/keys"] = (503, "")
        refused(come_back(client, provider), 503, "openid_away")

    @pytest.mark.parametrize(
        "config",
        [
            {"issuer": "https://elsewhere.example.org"},
            {"issuer": None},
            {"authorization_endpoint": "javascript:alert(1)"},
            {"authorization_endpoint": ["x"]},
            {"token_endpoint": None},
            {"jwks_uri": "file:///etc/hostname"},
            {"userinfo_endpoint": "ftp://a.example.org/"},
        ],
    )
    def test_a_description_that_cannot_be_used(self, client, provider, alice, config):
        provider.config = config
        refused(client.post(LEAVE), 502, "openid_unreadable")

    @pytest.mark.parametrize("body", ["[]", "5", "null", "nonsense"])
    def test_a_description_that_is_none(self, client, provider, alice, body):
        provider.broken["/.well-known/openid-configuration"] = (200, body)
        assert client.post(LEAVE).status_code in (502, 503)

    def test_a_secret_that_does_not_open(self, client, provider, alice):
        put_secret("oidc.client_secret", SECRET)
        secret_keys.key_file().unlink()
        refused(client.post(LEAVE), 503, "secret_key_missing")
        refused(client.get(BACK, {"code": "x", "state": "y"}), 503, "secret_key_missing")


class TestEveryRequestGoesByTheGuard:
    def test_a_provider_that_is_not_on_the_list(self, client, provider, alice, settings):
        settings.OUTGOING_ALLOW = []
        answer = client.post(LEAVE)
        refused(answer, 503, "outgoing_refused")
        assert b"OUTGOING_ALLOW" in answer.content
        assert provider.asked == []

    @pytest.mark.parametrize("endpoint", ["token_endpoint", "jwks_uri", "userinfo_endpoint"])
    def test_a_description_that_names_an_address_inside(self, client, provider, alice, endpoint):
        with providing() as hidden:
            provider.config = {endpoint: f"{hidden.base}/{endpoint}"}
            if endpoint == "userinfo_endpoint":
                provider.claims = {"email": None}
            refused(come_back(client, provider), 503, "outgoing_refused")
            assert hidden.asked == []
        assert signed_in_as(client) == ""
