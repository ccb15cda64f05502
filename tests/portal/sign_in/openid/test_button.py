"""The button of the provider: where there is none, and where it leads."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest
from allauth.socialaccount.models import SocialApp
from django.test import Client

from tests.portal.sign_in.openid.browser import BACK, LEAVE, MARKS, begin, come_back

pytestmark = MARKS


class TestOff:
    """Without a provider there is no button and no address."""

    def test_no_button_and_no_address(self, client, alice):
        assert b"oidc" not in client.get("/accounts/login/").content
        for address in (LEAVE, BACK):
            assert client.get(address).status_code == 404
        assert client.post(LEAVE).status_code == 404

    def test_a_row_of_allauths_own_table_switches_nothing_on(self, client):
        SocialApp.objects.create(provider="openid_connect", provider_id="x", client_id="x")
        assert b"oidc" not in client.get("/accounts/login/").content
        assert client.post(LEAVE).status_code == 404

    @pytest.mark.parametrize(
        "address",
        [
            "/accounts/3rdparty/", "/accounts/3rdparty/signup/", "/accounts/social/signup/",
            "/accounts/3rdparty/login/error/", "/accounts/oidc/organisation/login/",
            "/accounts/oidc/organisation/login/callback/", "/accounts/social/connections/",
        ],
    )  # fmt: skip
    def test_allauths_own_pages_do_not_exist(self, client, alice, provider, address):
        assert client.get(address).status_code == 404
        client.force_login(alice)
        assert client.get(address).status_code == 404
        assert client.post(address).status_code == 404


class TestTheWayThere:
    def test_the_button_comes_first(self, client, provider):
        page = client.get("/accounts/login/?next=/members/").content.decode()
        assert page.index("Continue with Northmoor") < page.index('name="password"')
        assert 'name="next" value="/members/"' in page

    def test_state_nonce_and_challenge_are_new_each_time(self, client, provider):
        first, second = (parse_qs(urlsplit(begin(client)).query) for _ in range(2))
        for name in ("state", "nonce", "code_challenge"):
            assert len(first[name][0]) >= 16
            assert first[name] != second[name]
        assert first["code_challenge_method"] == ["S256"]
        assert first["response_type"] == ["code"]
        assert first["redirect_uri"] == [f"http://testserver{BACK}"]
        assert set(first["scope"][0].split()) == {"openid", "profile", "email"}

    def test_what_a_visitor_adds_changes_nothing(self, client, provider):
        query = "?process=connect&scope=admin&auth_params=prompt%3Dnone&action=reauthenticate"
        answer = client.post(LEAVE + query)
        asked = parse_qs(urlsplit(answer.context["address"]).query)
        assert "admin" not in asked["scope"][0]
        assert "prompt" not in asked
        (state,) = (one[0] for one in client.session["socialaccount_states"].values())
        assert state["process"] == "login"

    def test_a_visit_begins_nothing(self, client, provider, alice):
        answer = client.get(f"{LEAVE}?next=/members/")
        assert answer["Location"] == "/accounts/login/?next=%2Fmembers%2F"
        client.force_login(alice)
        assert client.post(LEAVE)["Location"] == "/"
        assert provider.asked == []

    def test_not_without_a_token_of_the_form(self, provider):
        assert Client(enforce_csrf_checks=True).post(LEAVE).status_code == 403

    def test_not_to_another_site_afterwards(self, client, provider, alice):
        assert come_back(client, provider, next="https://evil.example.org/")["Location"] == "/"
