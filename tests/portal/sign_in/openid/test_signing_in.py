"""Signing in through the organisation's provider: accounts, rules and ledger entries."""

from __future__ import annotations

import logging

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from allauth.socialaccount.models import SocialAccount
from django.test import Client
from django.urls import reverse

from assets.models import Event
from assets.services.secret_store import put_secret
from portal.api.authentication import issue_token
from tests.portal.sign_in.openid.browser import MARKS, SECRET, come_back, signed_in_as

pytestmark = MARKS


class TestWhoGetsIn:
    def test_by_a_verified_address_then_by_the_identity(self, client, provider, alice):
        answer = come_back(client, provider, next="/members/")
        assert (answer.status_code, answer["Location"]) == (302, "/members/")
        assert signed_in_as(client) == alice.email
        (account,) = SocialAccount.objects.all()
        assert account.user == alice
        assert len(account.uid) == 64
        assert set(account.extra_data) <= {"uid", "email"}
        verbs = list(Event.objects.values_list("verb", flat=True))
        assert verbs.count("access.identity_connected") == 1
        assert "access.signed_in" in verbs
        entry = Event.objects.get(verb="access.signed_in")
        assert entry.after["how"] == ["oidc:organisation"]

        client.logout()
        provider.claims = {"email_verified": False}
        come_back(client, provider)
        assert signed_in_as(client) == alice.email
        assert SocialAccount.objects.count() == 1
        assert Event.objects.filter(verb="access.identity_connected").count() == 1

    def test_whatever_the_case_of_the_address(self, client, provider, alice):
        provider.claims = {"email": " ALICE@Example.org", "email_verified": "true"}
        come_back(client, provider)
        assert signed_in_as(client) == alice.email

    def test_the_client_secret_comes_from_the_store(self, client, provider, alice, settings):
        settings.OIDC_CLIENT_SECRET = "of the environment"
        come_back(client, provider)
        assert provider.posted["client_secret"] == "of the environment"
        assert provider.posted["code_verifier"]
        put_secret("oidc.client_secret", SECRET)
        client.logout()
        come_back(client, provider)
        assert provider.posted["client_secret"] == SECRET

    def test_a_provider_that_wants_it_as_a_header(self, client, provider, alice):
        put_secret("oidc.client_secret", SECRET)
        provider.config = {"token_endpoint_auth_methods_supported": None}
        come_back(client, provider)
        assert provider.headers["Authorization"].startswith("Basic ")
        assert "client_secret" not in provider.posted
        assert signed_in_as(client) == alice.email

    def test_a_client_without_a_secret_only_names_itself(self, client, provider, alice):
        provider.config = {"token_endpoint_auth_methods_supported": None}
        come_back(client, provider)
        assert "Authorization" not in provider.headers
        assert provider.posted["client_id"] == "hairline"
        assert "client_secret" not in provider.posted
        assert signed_in_as(client) == alice.email

    def test_a_provider_that_tells_the_address_only_when_asked(self, client, provider, alice):
        provider.claims = {"email": None, "email_verified": None}
        provider.userinfo = {"sub": "42", "email": alice.email, "email_verified": True}
        come_back(client, provider)
        assert signed_in_as(client) == alice.email

    def test_the_second_factor_is_asked_for(self, client, provider, alice):
        EmailAddress.objects.create(user=alice, email=alice.email, verified=True, primary=True)
        TOTP.activate(alice, "JBSWY3DPEHPK3PXP")
        codes = RecoveryCodes.activate(alice)
        answer = come_back(client, provider, next="/members/")
        assert answer["Location"].startswith(reverse("mfa_authenticate"))
        assert signed_in_as(client) == ""
        code = codes.get_unused_codes()[0]
        answer = client.post(reverse("mfa_authenticate"), {"code": code})
        assert answer["Location"] == "/members/"
        assert signed_in_as(client) == alice.email

    def test_another_person_takes_over_the_browser(self, client, provider, alice, ines):
        client.force_login(ines)
        client.logout()
        come_back(client, provider)
        assert signed_in_as(client) == alice.email


class TestAnAddressNobodyHadProven:
    """Whoever held the link of an invitation may have set the password of this account."""

    def test_the_password_from_before_ends_with_all_it_opened(self, client, provider, alice):
        alice.set_password("of whoever had the link")
        alice.save()
        other = Client()
        other.force_login(alice)
        _key, token = issue_token(user=alice)
        come_back(client, provider)
        alice.refresh_from_db()
        token.refresh_from_db()
        assert not alice.has_usable_password()
        assert token.revoked_at is not None
        assert signed_in_as(other) == ""
        assert EmailAddress.objects.get(user=alice).verified
        assert Event.objects.filter(verb="access.password_ended").count() == 1
        assert b"no longer opens your account" in client.get("/members/").content

    @pytest.mark.parametrize("password", ["of whoever had the link", None])
    def test_so_does_the_second_factor_from_before(self, client, provider, alice, password):
        if password is None:
            alice.set_unusable_password()
            alice.save()
        TOTP.activate(alice, "JBSWY3DPEHPK3PXP")
        RecoveryCodes.activate(alice)
        answer = come_back(client, provider, next="/members/")
        assert answer["Location"] == "/members/"
        assert signed_in_as(client) == alice.email
        assert not Authenticator.objects.filter(user=alice).exists()
        (entry,) = Event.objects.filter(verb="access.second_factor_removed")
        assert (entry.actor, entry.after["provider"]) == (alice, "Northmoor")
        assert b"second factor was taken off" in client.get("/members/").content

    def test_a_proven_one_keeps_its_password_and_its_factor(self, client, provider, alice):
        alice.set_password("my own words")
        alice.save()
        TOTP.activate(alice, "JBSWY3DPEHPK3PXP")
        EmailAddress.objects.create(user=alice, email=alice.email, verified=True, primary=True)
        come_back(client, provider)
        alice.refresh_from_db()
        assert alice.check_password("my own words")
        assert Authenticator.objects.filter(user=alice).exists()
        assert not Event.objects.filter(verb="access.password_ended").exists()


def test_nothing_secret_is_logged(client, provider, alice, caplog):
    caplog.set_level(logging.DEBUG)
    put_secret("oidc.client_secret", SECRET)
    come_back(client, provider)
    assert signed_in_as(client) == alice.email
    for told in (SECRET, "an-access-token", provider.posted["code_verifier"]):
        assert told not in caplog.text
