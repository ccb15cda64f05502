"""Refused sign-ins, whatever the provider says or fails to prove."""

from __future__ import annotations

import time
from urllib.parse import parse_qs, urlsplit

import pytest
from allauth.socialaccount.models import SocialAccount
from django.test import Client

from assets.models import Event, User
from assets.services.secret_store import put_secret
from tests.portal.sign_in.openid.browser import (
    BACK,
    MARKS,
    SECRET,
    begin,
    come_back,
    configure,
    everything,
    refused,
    signed_in_as,
)
from tests.portal.sign_in.provider import CODE, OTHER_KEY, providing

pytestmark = MARKS


class TestWhoDoesNot:
    @pytest.mark.parametrize(
        ("claims", "code"),
        [
            ({"email_verified": False}, "openid_unverified"),
            ({"email_verified": None}, "openid_unverified"),
            ({"email_verified": "false"}, "openid_unverified"),
            ({"email_verified": 1.5}, "openid_unverified"),
            ({"email": None}, "openid_unverified"),
            ({"email": 5}, "openid_unverified"),
            ({"email": "nobody@example.org"}, "openid_nobody"),
            ({"email": "no address"}, "invalid"),
            ({"email": "alıce@example.org"}, "invalid"),
        ],
    )
    def test_nothing_is_written(self, client, provider, alice, claims, code):
        provider.claims = claims
        before = everything()
        refused(come_back(client, provider), 403, code)
        assert everything() == before
        assert signed_in_as(client) == ""

    def test_an_account_that_is_switched_off(self, client, provider, alice):
        alice.is_active = False
        alice.save()
        refused(come_back(client, provider), 403, "openid_nobody")
        assert not SocialAccount.objects.exists()

    def test_a_connected_account_that_was_switched_off(self, client, provider, alice):
        come_back(client, provider)
        client.logout()
        User.objects.filter(pk=alice.pk).update(is_active=False)
        come_back(client, provider)
        assert signed_in_as(client) == ""

    def test_an_identity_that_answers_another_address(self, client, provider, alice, otto):
        come_back(client, provider)
        client.logout()
        provider.claims = {"email": otto.email}
        answer = come_back(client, provider)
        refused(answer, 403, "openid_other_address")
        assert signed_in_as(client) == ""
        assert SocialAccount.objects.get().user == alice
        assert SocialAccount.objects.get().extra_data["email"] == alice.email
        assert Event.objects.filter(verb="access.sign_in_failed").count() == 1

    def test_another_provider_with_the_same_number_for_somebody_else(
        self, client, provider, alice, otto, settings
    ):
        come_back(client, provider)
        client.logout()
        with providing() as second:
            configure(settings, second.base)
            second.claims = {"email": otto.email}
            come_back(client, second)
        assert signed_in_as(client) == otto.email

    def test_userinfo_about_somebody_else(self, client, provider, alice):
        provider.claims = {"email": None, "sub": "666"}
        provider.userinfo = {"sub": "42", "email": alice.email, "email_verified": True}
        refused(come_back(client, provider), 502, "openid_unreadable")


class TestAnAnswerThatProvesNothing:
    @pytest.mark.parametrize(
        ("claims", "code"),
        [
            ({"exp": 1}, "openid_clock"),
            ({"iat": 4_000_000_000}, "openid_clock"),
            ({"nbf": 4_000_000_000}, "openid_clock"),
            ({"iss": "https://elsewhere.example.org"}, "openid_token"),
            ({"aud": "another client"}, "openid_token"),
            ({"azp": "another client"}, "openid_token"),
            ({"nonce": "of another sign-in"}, "openid_token"),
            ({"nonce": None}, "openid_token"),
            ({"nonce": 5}, "openid_token"),
            ({"sub": None}, "openid_token"),
            ({"exp": None}, "openid_token"),
            ({"exp": "soon"}, "openid_token"),
        ],
    )
    def test_claims(self, client, provider, alice, claims, code):
        provider.claims = claims
        before = everything()
        refused(come_back(client, provider), 502, code)
        assert everything() == before

    @pytest.mark.parametrize(("skew_s", "gets_in"), [(-50, True), (50, True), (-90, False)])
    def test_clocks_may_differ_by_a_minute(self, client, provider, alice, skew_s, gets_in):
        now = int(time.time()) + skew_s
        provider.claims = {"iat": now, "nbf": now, "exp": now + (0 if skew_s < 0 else 300)}
        answer = come_back(client, provider)
        assert bool(signed_in_as(client)) is gets_in
        if not gets_in:
            refused(answer, 502, "openid_clock")

    def test_signed_with_another_key(self, client, provider, alice):
        provider.key = OTHER_KEY
        refused(come_back(client, provider), 502, "openid_token")

    @pytest.mark.parametrize("algorithm", ["none", "HS256"])
    def test_signed_with_no_key_or_with_our_secret(self, client, provider, alice, algorithm):
        put_secret("oidc.client_secret", SECRET)
        provider.algorithm = algorithm
        provider.key = None if algorithm == "none" else SECRET * 2
        refused(come_back(client, provider), 502, "openid_token")

    @pytest.mark.parametrize(
        "body",
        ["", "nonsense", "[]", "5", '"access_token"', "{}", '{"access_token": "x"}',
         '{"access_token": "x", "id_token": 5}', '{"access_token": "x", "id_token": "a.b.c"}',
         '{"access_token": 1, "expires_in": "x", "id_token": null}'],
    )  # fmt: skip
    def test_a_token_answer_that_is_none(self, client, provider, alice, body):
        provider.broken["/token"] = (200, body)
        answer = come_back(client, provider)
        assert answer.status_code in (502, 503)
        assert b'role="alert"' in answer.content
        assert signed_in_as(client) == ""

    @pytest.mark.parametrize("body", ["", "[]", '{"keys": 5}', '{"keys": []}', '{"keys": [5]}'])
    def test_keys_that_are_none(self, client, provider, alice, body):
        provider.broken["/keys"] = (200, body)
        answer = come_back(client, provider)
        assert answer.status_code in (502, 503)
        assert b'role="alert"' in answer.content

    def test_a_code_is_taken_once_and_by_its_browser_only(self, client, provider, alice):
        asked = parse_qs(urlsplit(begin(client)).query)
        provider.nonce = asked["nonce"][0]
        query = {"code": CODE, "state": asked["state"][0]}
        refused(Client().get(BACK, query), 400, "openid_stale")
        assert client.get(BACK, query).status_code == 302
        client.logout()
        refused(client.get(BACK, query), 400, "openid_stale")
        refused(client.get(BACK), 400, "openid_stale")
        refused(client.get(BACK, {"code": CODE}), 400, "openid_stale")

    def test_whoever_turns_back_at_the_provider(self, client, provider, alice):
        state = parse_qs(urlsplit(begin(client)).query)["state"][0]
        answer = client.get(BACK, {"error": "access_denied", "state": state})
        refused(answer, 403, "openid_unfinished")

    def test_a_wrong_client_secret(self, client, provider, alice, caplog):
        put_secret("oidc.client_secret", SECRET)
        provider.broken["/token"] = (401, '{"error": "invalid_client"}')
        answer = come_back(client, provider)
        refused(answer, 502, "openid_rejected")
        assert b"set_secret oidc.client_secret" in answer.content
        assert SECRET not in caplog.text
        assert SECRET.encode() not in answer.content
