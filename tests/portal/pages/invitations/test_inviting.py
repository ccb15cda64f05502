"""Inviting in the pages: who may invite whom and where, and what becomes of the open ones."""

from __future__ import annotations

import datetime as dt

import pytest
from django.test import Client
from django.utils import timezone

from assets.models import Invitation, Membership, Organisation, Role, User
from portal.access import MAY
from tests.factories import make_user
from tests.portal.pages.invitations.links import LINK, invite_by_page, link_of
from tests.portal.pages.invitations.picture import Picture

pytestmark = pytest.mark.django_db


def test_invitations_to_people_who_cannot_be_invited(
    client: Client, alice: User, ines: User, picture: Picture
) -> None:
    client.force_login(alice)
    before = picture()
    for email, sentence in (
        ("ALICE@example.org", "That is your own address."),
        ("Ines@example.org", "is a member already"),
        ("nobody", "valid email address"),
        ("m\u0131ke@example.org", "letters a to z"),
    ):
        answer = client.post("/members/invite/", {"email": email, "role": "manager"})
        assert answer.status_code == 422, email
        assert sentence in answer.content.decode()
    unsound = {"email": "a\0b@example.org", "role": "manager"}
    assert client.post("/members/invite/", unsound).status_code == 400  # by portal.gate
    answer = client.post("/members/invite/", {"email": "a@example.org", "role": "king"})
    assert answer.status_code == 422
    assert picture() == before


def test_who_belongs_to_several_invites_only_where_they_may(
    client: Client, otto: User, alice: User, organisation: Organisation
) -> None:
    Membership.objects.create(user=otto, organisation=organisation, role=Role.MANAGER)
    link_of(organisation, alice, "nora@example.org")
    client.force_login(otto)
    invite_by_page(client, "else@example.org", organisation=organisation.pk)
    assert Invitation.objects.latest("pk").organisation.name == "Somebody Else"
    html = client.get("/members/").content.decode()
    assert "else@example.org" in html
    assert "nora@example.org" not in html, "a manager sees who belongs, not who is asked to"

    otto.memberships.filter(organisation=organisation).update(role=Role.OWNER)
    refused = client.post("/members/invite/", {"email": "b@example.org", "role": "owner"})
    assert refused.status_code == 422, "now they must say which"
    elsewhere = make_user("x@example.org").pk + 1000
    wrong = {"email": "b@example.org", "role": "owner", "organisation": elsewhere}
    assert client.post("/members/invite/", wrong).status_code == 422


def test_open_invitations_are_listed_renewed_and_withdrawn(
    client: Client, alice: User, ines: User, organisation: Organisation
) -> None:
    client.force_login(alice)
    assert "Somebody whom you invite stands here" in client.get("/members/").content.decode()
    old = link_of(organisation, alice, "nora@example.org", "engineer")
    Invitation.objects.update(expires_at=timezone.now() - dt.timedelta(days=1))
    html = client.get("/members/").content.decode()
    assert '<span class="tag warning">expired</span>' in html

    first = Invitation.objects.get()
    answer = client.post(f"/members/invitations/{first.pk}/link/")
    link = LINK.search(answer.content.decode())
    assert link is not None
    assert link[1] != old
    assert "no-store" in answer["Cache-Control"]
    second = Invitation.objects.latest("pk")
    assert (second.email, second.role) == ("nora@example.org", "engineer")
    assert client.post(f"/members/invitations/{first.pk}/link/").status_code == 404

    answer = client.post(f"/members/invitations/{second.pk}/withdraw/", follow=True)
    assert "The invitation of nora@example.org was withdrawn." in answer.content.decode()
    assert Client().get(link[1]).status_code == 410
    client.force_login(ines)
    assert "Open invitations" not in client.get("/members/").content.decode()


def test_nobody_sends_invitations_without_end(client: Client, alice: User) -> None:
    client.force_login(alice)
    asked = [
        client.post("/members/invite/", {"email": f"n{n}@example.org", "role": "owner"})
        for n in range(61)
    ]
    assert [answer.status_code for answer in asked] == [200] * 60 + [429]
    assert "very many people" in asked[-1].content.decode()
    assert Invitation.objects.count() == 60


def test_whoever_may_change_members_in_the_pages_may_invite() -> None:
    from assets.services.member_rules import KEEPERS

    assert MAY["member.edit"] == frozenset(KEEPERS)
