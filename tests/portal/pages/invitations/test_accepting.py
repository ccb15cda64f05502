"""Accepting an invitation: who joins how, and which links open nothing."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth import get_user
from django.test import Client
from django.utils import timezone

from assets.models import Invitation, Membership, Organisation, Role, User
from assets.services.invitations import revoke_invitation
from assets.services.members import change_role, deactivate_member, remove_member
from tests.portal.pages.invitations.links import GOOD, JOIN, NEW, invite_by_page, link_of
from tests.portal.pages.invitations.picture import Picture

pytestmark = pytest.mark.django_db


def test_invited_accepted_and_signed_in_without_mail(
    client: Client, ada: User, organisation: Organisation
) -> None:
    client.force_login(ada)
    link = invite_by_page(client, " Nora@Example.org ")
    html = client.get("/members/").content.decode()
    assert "nora@example.org" in html
    assert link not in html, "the link is shown once"

    person = Client()
    page = person.get(link)
    html = page.content.decode()
    assert "Join Rhine Bridges" in html
    assert "You are invited as Inspector." in html
    assert "nora@example.org" in html
    assert "no-store" in page["Cache-Control"]
    assert page["Referrer-Policy"] == "same-origin"

    answer = person.post(link, NEW, follow=True)
    assert answer.redirect_chain == [("/members/", 302)]
    nora = User.objects.get(email="nora@example.org")
    assert get_user(person) == nora
    assert nora.last_login is not None
    assert (nora.name, nora.check_password(GOOD)) == ("Nora New", True)
    assert "You belong to Rhine Bridges now, as Inspector." in answer.content.decode()
    assert Membership.objects.get(user=nora).role == Role.INSPECTOR
    # Ada saw the link, so it proves nothing about whose mail it is.
    assert not EmailAddress.objects.filter(user=nora, verified=True).exists()
    assert "This invitation was used already." in Client().get(link).content.decode()


def test_who_has_an_account_signs_in_and_joins(
    client: Client, ada: User, otto: User, organisation: Organisation
) -> None:
    link = link_of(organisation, ada, "OTTO@example.org", "manager")
    sign_in = f"/accounts/login/?next={quote(link, safe='/')}"
    assert f'href="{sign_in}"' in client.get(link).content.decode()
    answer = client.post(sign_in, {"login": otto.email, "password": "letmein"})
    assert answer["Location"] == link
    assert "Join Rhine Bridges" in client.get(link).content.decode()
    assert otto.memberships.count() == 1, "seeing the page accepts nothing"

    assert client.post(link).status_code == 422, "the button alone is not enough"
    assert otto.memberships.count() == 1
    answer = client.post(link, JOIN)
    assert answer["Location"] == "/members/"
    assert otto.memberships.get(organisation=organisation).role == Role.MANAGER
    assert User.objects.get(pk=otto.pk).check_password(GOOD)
    assert "You belong to Rhine Bridges now" in client.get("/members/").content.decode()


def test_a_person_who_is_signed_in_as_another_is_told_to_sign_out(
    client: Client, alice: User, otto: User, organisation: Organisation
) -> None:
    link = link_of(organisation, alice, "nora@example.org")
    client.force_login(otto)
    page = client.get(link)
    assert page.status_code == 403
    assert "Sign out and open it again" in page.content.decode()
    answer = client.post("/accounts/logout/", {"next": link})
    assert answer["Location"] == link
    assert "I am new here" in client.get(link).content.decode()


@pytest.mark.parametrize(
    ("became", "status", "sentence"),
    [
        ("unknown", 404, "This is no invitation."),
        ("expired", 410, "This invitation has expired."),
        ("used", 410, "This invitation was used already."),
        ("withdrawn", 410, "This invitation was withdrawn."),
        ("renewed", 410, "This invitation was withdrawn."),
        ("inviter demoted", 410, "whoever sent it may not invite any more"),
        ("inviter off", 410, "whoever sent it may not invite any more"),
        ("inviter gone", 410, "whoever sent it may not invite any more"),
    ],
)
def test_links_that_open_nothing_say_so(
    became: str,
    status: int,
    sentence: str,
    alice: User,
    ada: User,
    otto: User,
    organisation: Organisation,
    picture: Picture,
) -> None:
    link = link_of(organisation, ada, otto.email)
    sent, hers = Invitation.objects.get(), ada.memberships.get()
    if became == "unknown":
        link = "/invitations/" + "x" * 43 + "/"
    elif became == "expired":
        Invitation.objects.update(expires_at=timezone.now())
    elif became == "used":
        person = Client()
        person.force_login(otto)
        person.post(link, JOIN)
    elif became == "withdrawn":
        revoke_invitation(invitation=sent, actor=alice)
    elif became == "renewed":
        link_of(organisation, alice, otto.email)
    elif became == "inviter demoted":
        change_role(membership=hers, actor=alice, role="manager")
    elif became == "inviter off":
        deactivate_member(membership=hers, actor=alice)
    else:
        remove_member(membership=hers, actor=alice)
    before = picture()

    nobody, him = Client(), Client()
    him.force_login(otto)
    for person in (nobody, him):
        for answer in (person.get(link), person.post(link, NEW)):
            assert answer.status_code == status
            assert sentence in answer.content.decode()
    assert picture() == before


def test_what_a_new_person_types_is_checked_and_nothing_is_lost(
    client: Client, alice: User, organisation: Organisation, picture: Picture
) -> None:
    link = link_of(organisation, alice, "nora@example.org")
    before = picture()
    for wrong, sentence in (
        ({"password": "", "password_again": ""}, "Fill this in."),
        ({"password_again": "another"}, "Type the same password twice."),
        ({"password": "short", "password_again": "short"}, "too short"),
        ({"password": "password123", "password_again": "password123"}, "too common"),
        ({"password": "nora@example", "password_again": "nora@example"}, "too similar"),
        ({"password": "x" * 300, "password_again": "x" * 300}, "256"),
    ):
        answer = client.post(link, {**NEW, **wrong})
        assert answer.status_code == 422
        assert sentence in answer.content.decode()
    assert 'value="Nora New"' in client.post(link, {**NEW, "password": "x"}).content.decode()
    assert client.post(link, {**NEW, "name": "No\0ra"}).status_code == 400  # by portal.gate
    assert picture() == before


def test_tries_are_counted(client: Client, alice: User, organisation: Organisation) -> None:
    link = link_of(organisation, alice, "nora@example.org")
    for _ in range(10):
        assert client.post(link, {**NEW, "password": "x"}).status_code == 422
    answer = client.post(link, NEW)
    assert answer.status_code == 429
    assert "Wait five minutes" in answer.content.decode()
    assert not User.objects.filter(email="nora@example.org").exists()
