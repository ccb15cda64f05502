"""Joining an organisation through its provider, by the link of an invitation."""

from __future__ import annotations

import pytest
from allauth.account.models import EmailAddress
from django.test import Client
from django.urls import reverse

from assets.models import Event, Membership, Role, User
from assets.services.invitations import invite
from portal.api.authentication import issue_token
from tests.factories import make_member
from tests.portal.sign_in.openid.browser import MARKS, come_back, everything, refused, signed_in_as

pytestmark = MARKS


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
