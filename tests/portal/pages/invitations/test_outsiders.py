"""What an outsider can learn and reach through invitations: nothing of others."""

from __future__ import annotations

import datetime as dt
import io
import logging
import re

import pytest
from django.contrib.auth import get_user
from django.test import Client
from django.utils import timezone

from assets.models import Invitation, Organisation, Role, User
from tests.factories import make_member
from tests.portal.pages.invitations.links import LINK, NEW, invite_by_page, link_of
from tests.portal.pages.invitations.picture import Picture

pytestmark = pytest.mark.django_db


def texts(html: str) -> str:
    """A page without what differs each time it is asked for."""
    html = re.sub(r"\b[A-Za-z0-9]{64}\b", "csrf", html)
    html = re.sub(r"/members/invitations/\d+/", "/members/invitations/0/", html)
    return LINK.sub("link", html)


@pytest.mark.parametrize("mails", [False, True])
def test_the_answer_tells_nobody_whether_there_is_an_account(
    client: Client, otto: User, organisation: Organisation, settings: object, mails: bool
) -> None:
    """Otto asks for an address of another organisation, before and after it has an account."""
    if mails:
        settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"  # type: ignore[attr-defined]
    client.force_login(otto)
    pages: list[str] = []
    for has_account in (False, True):
        Invitation.objects.all().delete()
        if has_account:
            make_member(organisation, Role.OWNER, "nora@example.org", "Nora Nobody-Knows")
        before = User.objects.count()
        stamp = timezone.now() + dt.timedelta(days=7)
        asked = {"email": "nora@example.org", "role": "owner"}
        answer = client.post("/members/invite/", asked, follow=True)
        Invitation.objects.update(expires_at=stamp.replace(hour=3, minute=7))
        shown = re.sub(r"\d\d:\d\d UTC", "", answer.content.decode())
        listed = client.get("/members/").content.decode()
        link = Invitation.objects.get()
        answer = client.post(f"/members/invitations/{link.pk}/link/", follow=True)
        renewed = re.sub(r"\d\d:\d\d(:\d\d)?( UTC)?", "", answer.content.decode())
        seen = texts(shown) + texts(listed) + texts(renewed)
        # How many entries the ledger has by now.
        pages.append(re.sub(r'data-(since|number)="[\d._]*"', "", seen))
        assert User.objects.count() == before
        assert "Nobody-Knows" not in pages[-1]
    assert pages[0] == pages[1]


def test_the_page_behind_the_link_offers_the_same_ways(
    client: Client, alice: User, otto: User, organisation: Organisation
) -> None:
    pages = []
    for email in (otto.email, "else@example.org"):
        html = client.get(link_of(organisation, alice, email)).content.decode()
        html = re.sub(r"/invitations/[\w-]+/", "", html).replace(email, "")
        pages.append(re.sub(r"\d\d:\d\d UTC", "", texts(html)))
    assert pages[0] == pages[1]
    assert "I have an account" in pages[0]
    assert "I am new here" in pages[0]


def test_otto_cannot_take_the_account_of_alice(
    client: Client, otto: User, alice: User, picture: Picture
) -> None:
    client.force_login(otto)
    link = invite_by_page(client, "Alice@example.org", "owner")
    before = picture()

    stranger = Client()
    answer = stranger.post(link, NEW)
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "This did not work. If this address has an account already, sign in with it" in page
    for remedy in ("“Forgotten”", "manage.py new_password_link", "manage.py reset_second_factor"):
        assert remedy in page
    assert not get_user(stranger).is_authenticated
    mine = client.post(link, NEW)
    assert mine.status_code == 403
    assert "you are signed in as otto@example.org" in mine.content.decode()
    assert picture() == before
    alice.refresh_from_db()
    assert alice.check_password("letmein")


def test_otto_reaches_nothing_of_the_other_organisation(
    client: Client, otto: User, alice: User, ines: User, organisation: Organisation,
    picture: Picture,
) -> None:  # fmt: skip
    link_of(organisation, alice, "nora@example.org")
    hers, sent = ines.memberships.get(), Invitation.objects.get()
    client.force_login(otto)
    before = picture()

    for address, sent_fields in (
        (f"/members/{hers.pk}/role/", {"role": "owner"}),
        (f"/members/{hers.pk}/remove/", {}),
        (f"/members/invitations/{sent.pk}/link/", {}),
        (f"/members/invitations/{sent.pk}/withdraw/", {}),
        (f"/account/organisations/{hers.pk}/leave/", {}),
    ):
        assert client.post(address, sent_fields).status_code == 404, address
    assert picture() == before

    # What he says about the organisation is not asked: his own is meant.
    invite_by_page(client, "ines@example.org", "owner", organisation=organisation.pk)
    made = Invitation.objects.latest("pk")
    assert made.organisation == otto.memberships.get().organisation
    html = client.get("/members/").content.decode()
    assert "nora@example.org" not in html
    assert "Ines Inspector" not in html
    assert ines.memberships.count() == 1, "she belongs to what she accepted"


def test_the_secret_of_a_link_is_not_logged(
    alice: User, organisation: Organisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = link_of(organisation, alice, "nora@example.org")
    (handler,) = (h for h in logging.getLogger().handlers if h.get_name() == "console")
    written = io.StringIO()
    monkeypatch.setattr(handler, "stream", written)

    without_cookie = Client(enforce_csrf_checks=True, raise_request_exception=False)
    assert without_cookie.post(link, NEW).status_code == 403
    monkeypatch.setattr("portal.pages.joining.usable_invitation", lambda token: 1 / 0)
    assert without_cookie.get(link).status_code == 500

    lines = written.getvalue()
    assert lines.count("/invitations/…") == 2
    assert link.split("/")[2] not in lines
