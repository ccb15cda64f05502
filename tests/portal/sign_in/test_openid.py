"""Signing in through the organisation's provider: who gets in, who does not, what is written."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import oidc_provider_mock
import pytest
import requests
import werkzeug.serving
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from allauth.socialaccount.models import SocialAccount, SocialApp
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from assets.models import Event, Membership, Role, User
from assets.services import secret_keys
from assets.services.invitations import invite
from assets.services.secret_store import put_secret
from portal.api.authentication import issue_token
from tests.factories import make_member
from tests.portal.sign_in.provider import CODE, OTHER_KEY, Provider, providing

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.filterwarnings("ignore:get_jwt_config:DeprecationWarning"),  # inside the provider
]

LEAVE, BACK = "/accounts/oidc/", "/accounts/oidc/callback/"
SECRET = "the client secret of the tests"


@pytest.fixture(autouse=True)
def _alone(settings, tmp_path):
    settings.DATA_DIR = tmp_path / "data"
    settings.SECRET_STORE_KEYS = []
    cache.clear()
    yield
    cache.clear()


def configure(settings, base: str) -> None:
    settings.OIDC_SERVER_URL, settings.OIDC_CLIENT_ID = base, "hairline"
    settings.OIDC_NAME = "Northmoor"
    settings.OUTGOING_ALLOW = [urlsplit(base).netloc]


@pytest.fixture
def provider(settings) -> Iterator[Provider]:
    with providing() as running:
        configure(settings, running.base)
        yield running


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


class TestInvitations:
    @pytest.fixture
    def token(self, organisation, ada):
        return invite(
            organisation=organisation, actor=ada, email="nora@example.org", role=Role.ENGINEER
        )[1]

    def test_a_new_person_joins(self, client, provider, organisation, token):
        page = client.get(reverse("invitation", args=[token])).content.decode()
        assert "Continue with Northmoor" in page
        provider.claims = {"email": "Nora@Example.org", "name": "Nora New"}
        answer = come_back(client, provider, next=reverse("invitation", args=[token]))

        assert answer["Location"] == reverse("members")
        assert signed_in_as(client) == "nora@example.org"
        nora = User.objects.get(email="nora@example.org")
        assert (nora.name, nora.has_usable_password()) == ("Nora New", False)
        membership = Membership.objects.get(user=nora)
        assert (membership.organisation, membership.role) == (organisation, Role.ENGINEER)
        verbs = set(Event.objects.filter(actor=nora).values_list("verb", flat=True))
        assert verbs == {"member.joined", "access.identity_connected", "access.signed_in"}
        assert EmailAddress.objects.get(user=nora).verified

    def test_with_another_address_nothing_is_written(self, client, provider, token, alice):
        for email in ("other@example.org", alice.email):
            provider.claims = {"email": email}
            before = everything()
            answer = come_back(client, provider, next=reverse("invitation", args=[token]))
            refused(answer, 403, "openid_not_invited")
            assert b"nora@example.org" in answer.content
            assert everything() == before

    def test_with_an_unverified_address_nothing_is_written(self, client, provider, token):
        provider.claims = {"email": "nora@example.org", "email_verified": False}
        before = everything()
        answer = come_back(client, provider, next=reverse("invitation", args=[token]))
        refused(answer, 403, "openid_unverified")
        assert everything() == before

    def test_without_the_link_an_invited_person_is_nobody(self, client, provider, token):
        provider.claims = {"email": "nora@example.org"}
        before = everything()
        refused(come_back(client, provider), 403, "openid_nobody")
        refused(
            come_back(client, provider, next="/invitations/of-ones-own-making/"), 403, "unknown"
        )
        assert everything() == before

    def test_an_invitation_that_was_used(self, client, provider, token):
        provider.claims = {"email": "nora@example.org"}
        come_back(client, provider, next=reverse("invitation", args=[token]))
        client.logout()
        provider.claims = {"email": "nora@example.org", "sub": "another"}
        before = everything()
        answer = come_back(client, provider, next=reverse("invitation", args=[token]))
        refused(answer, 403, "used")
        assert everything() == before

    def test_whoever_joins_so_has_no_password_from_before(
        self, client, provider, organisation, token, other_organisation
    ):
        """The keeper of another organisation gave Nora a password, and stayed signed in."""
        nora = make_member(other_organisation, Role.INSPECTOR, "nora@example.org")
        provider.claims = {"email": nora.email}
        come_back(client, provider)
        client.logout()
        nora.set_password("words of her keeper")
        nora.save()
        keeper, link = Client(), reverse("invitation", args=[token])
        keeper.force_login(nora)
        _key, api_token = issue_token(user=nora)
        assert come_back(client, provider, next=link)["Location"] == link

        page = client.get(link).content.decode()
        assert 'name="password"' not in page
        assert "Your password ends when you join" in page
        assert "Northmoor" in page
        assert client.post(link)["Location"] == "/members/"

        assert Membership.objects.filter(user=nora, organisation=organisation).exists()
        nora.refresh_from_db()
        api_token.refresh_from_db()
        assert not nora.has_usable_password()
        assert api_token.revoked_at is not None
        assert keeper.get("/members/").status_code == 302
        assert client.get("/members/").status_code == 200
        ended = Event.objects.filter(verb="access.password_ended", organisation=organisation)
        assert [one.after["how"] for one in ended] == ["joined"]

    def test_a_proven_account_without_a_password_joins_by_the_button(
        self, client, provider, organisation, token
    ):
        nora = User.objects.create_user("nora@example.org", None)
        provider.claims = {"email": nora.email}
        link = reverse("invitation", args=[token])
        come_back(client, provider, next=link)
        _key, api_token = issue_token(user=nora)
        keeper = Client()
        keeper.force_login(User.objects.get(pk=nora.pk))
        page = client.get(link).content.decode()
        assert "Your password ends" not in page
        assert client.post(link)["Location"] == "/members/"
        api_token.refresh_from_db()
        assert api_token.revoked_at is not None
        assert keeper.get("/members/").status_code == 302
        assert client.get("/members/").status_code == 200

    def test_somebody_with_an_account_signs_in_and_is_asked(self, client, provider, token):
        nora = User.objects.create_user("nora@example.org", None)
        provider.claims = {"email": "nora@example.org"}
        answer = come_back(client, provider, next=reverse("invitation", args=[token]))
        assert answer["Location"] == reverse("invitation", args=[token])
        assert not Membership.objects.filter(user=nora).exists()


def test_nothing_secret_is_logged(client, provider, alice, caplog):
    caplog.set_level(logging.DEBUG)
    put_secret("oidc.client_secret", SECRET)
    come_back(client, provider)
    assert signed_in_as(client) == alice.email
    for told in (SECRET, "an-access-token", provider.posted["code_verifier"]):
        assert told not in caplog.text


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
