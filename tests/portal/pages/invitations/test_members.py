"""Members once they joined: the list that shows them, and how they leave."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from assets.models import Membership, Organisation, Role, User
from assets.services.members import deactivate_member
from tests.factories import make_member
from tests.portal.pages.invitations.links import link_of
from tests.portal.pages.invitations.picture import Picture

pytestmark = pytest.mark.django_db


def test_the_list_says_how_people_sign_in_to_who_may_change_them(
    client: Client, alice: User, ines: User, emil: User
) -> None:
    from allauth.mfa.models import Authenticator

    Authenticator.objects.create(user=ines, type="totp", data={"secret": "x"})
    Authenticator.objects.create(user=emil, type="recovery_codes", data={})
    deactivate_member(membership=emil.memberships.get(), actor=alice)
    client.force_login(alice)
    html = client.get("/members/").content.decode()
    assert html.count('<span class="tag ok">On</span>') == 1
    assert "switched off" in html
    assert '<span class="muted">never</span>' in html
    assert f'href="/members/{ines.memberships.get().pk}/"' in html

    client.force_login(ines)
    html = client.get("/members/").content.decode()
    assert "Last sign-in" not in html
    assert "Second factor" not in html


def test_the_list_asks_as_often_for_many_people_as_for_few(
    client: Client, alice: User, organisation: Organisation
) -> None:
    client.force_login(alice)

    def asked() -> int:
        client.get("/members/")
        with CaptureQueriesContext(connection) as queries:
            client.get("/members/")
        return len(queries)

    link_of(organisation, alice, "n@example.org")
    few = asked()
    for n in range(12):
        make_member(organisation, Role.INSPECTOR)
        link_of(organisation, alice, f"n{n}@example.org")
    assert asked() == few


def test_people_leave_after_they_are_asked(client: Client, ines: User, alice: User) -> None:
    hers = ines.memberships.get()
    client.force_login(ines)
    leave = f"/account/organisations/{hers.pk}/leave/"
    assert leave in client.get("/account/").content.decode()
    assert "in the ledger" in client.get(leave).content.decode()
    assert Membership.objects.filter(pk=hers.pk).exists()

    answer = client.post(leave, follow=True)
    assert "You left Rhine Bridges." in answer.content.decode()
    assert not Membership.objects.filter(pk=hers.pk).exists()
    assert client.post(leave).status_code == 404


def test_the_last_keeper_stays_and_is_told_what_to_do(
    client: Client, alice: User, ines: User, picture: Picture
) -> None:
    client.force_login(alice)
    before = picture()
    answer = client.post(f"/account/organisations/{alice.memberships.get().pk}/leave/")
    assert answer.status_code == 409
    assert "Make somebody else owner or administrator first." in answer.content.decode()
    assert picture() == before


def test_who_belongs_nowhere_is_told_so_and_hears_no_news(client: Client, ines: User) -> None:
    """A page that listens is sent to sign in when the last membership ends: for ever, here."""
    client.force_login(ines)
    assert 'id="live"' in client.get("/account/").content.decode()
    client.post(f"/account/organisations/{ines.memberships.get().pk}/leave/")
    html = client.get("/account/").content.decode()
    assert 'id="live"' not in html
    assert "No organisation" in html
