"""Inviting and accepting in the pages, and what an owner of another organisation gets there."""

from __future__ import annotations

import datetime as dt
import io
import logging
import re
import socket
from collections.abc import Callable
from urllib.parse import quote

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth import get_user
from django.core import mail
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from assets.models import Event, Invitation, Membership, Organisation, Role, User
from assets.services.invitations import invite, revoke_invitation
from assets.services.members import change_role, deactivate_member, remove_member
from portal.access import MAY
from tests.factories import make_member, make_user
from tests.processes import free_port

pytestmark = pytest.mark.django_db

NOWHERE = "django.core.mail.backends.console.EmailBackend"
GOOD = "seven words nobody guesses"
JOIN = {"password_now": "letmein", "password": GOOD, "password_again": GOOD}
NEW = {"name": "Nora New", "password": GOOD, "password_again": GOOD}
LINK = re.compile(r"http://testserver(/invitations/[\w-]{43}/)")

Picture = Callable[[], list[object]]


@pytest.fixture(autouse=True)
def _no_mail_and_no_tries(settings: object) -> None:
    settings.EMAIL_BACKEND = NOWHERE  # type: ignore[attr-defined]
    cache.clear()


@pytest.fixture
def picture(db: None) -> Picture:
    """Everything that inviting and accepting writes, to see that a refusal wrote nothing."""

    def take() -> list[object]:
        tables = (User, Membership, Invitation, Event, EmailAddress)
        skip = {"last_login"}
        return [
            [{k: v for k, v in row.items() if k not in skip} for row in found]
            for found in (table.objects.order_by("pk").values() for table in tables)
        ]

    return take


def invite_by_page(client: Client, email: str, role: str = "inspector", **more: object) -> str:
    answer = client.post("/members/invite/", {"email": email, "role": role, **more})
    assert answer.status_code == 200, answer.content.decode()
    found = LINK.search(answer.content.decode())
    assert found is not None
    return found[1]


def link_of(organisation: Organisation, actor: User, email: str, role: str = "inspector") -> str:
    _, token = invite(organisation=organisation, actor=actor, email=email, role=role)
    return f"/invitations/{token}/"


def texts(html: str) -> str:
    """A page without what differs each time it is asked for."""
    html = re.sub(r"\b[A-Za-z0-9]{64}\b", "csrf", html)
    html = re.sub(r"/members/invitations/\d+/", "/members/invitations/0/", html)
    return LINK.sub("link", html)


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


def test_with_mail_the_link_goes_to_the_address_and_is_not_shown(
    client: Client, ada: User, settings: object
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"  # type: ignore[attr-defined]
    client.force_login(ada)
    answer = client.post(
        "/members/invite/", {"email": "nora@example.org", "role": "owner"}, follow=True
    )
    html = answer.content.decode()
    assert "An invitation was sent to nora@example.org." in html
    assert "/invitations/" not in html.replace("/members/invitations/", "")
    (message,) = mail.outbox
    assert message.to == ["nora@example.org"]
    assert message.subject == "Invitation to Rhine Bridges on Hairline"
    invitation = Invitation.objects.get()
    assert f"{invitation.expires_at:%Y, %H:%M} UTC" in message.body
    assert "Owner" in message.body
    link = LINK.search(message.body)
    assert link is not None

    person = Client()
    person.post(link[1], NEW)
    address = EmailAddress.objects.get(user__email="nora@example.org")
    assert (address.verified, address.primary) == (True, True)


def test_mail_proves_the_address_of_an_account_too(
    client: Client, ada: User, otto: User, organisation: Organisation
) -> None:
    link = link_of(organisation, ada, otto.email)
    Invitation.objects.update(mailed_at=timezone.now())
    EmailAddress.objects.create(user=otto, email=otto.email, primary=True, verified=False)
    client.force_login(otto)
    client.post(link, JOIN)
    assert EmailAddress.objects.get(user=otto).verified


def test_a_mail_server_that_is_away_costs_only_the_mail(
    client: Client, ada: User, settings: object
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"  # type: ignore[attr-defined]
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", free_port()  # type: ignore[attr-defined]
    client.force_login(ada)
    answer = client.post("/members/invite/", {"email": "nora@example.org", "role": "owner"})
    html = answer.content.decode()
    assert answer.status_code == 200
    assert "The mail server did not take the invitation." in html
    link = LINK.search(html)
    assert link is not None
    assert Invitation.objects.get().mailed_at is None
    assert Client().get(link[1]).status_code == 200


def test_a_mail_server_that_says_nothing_is_not_waited_for_long(
    client: Client, ada: User, settings: object
) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"  # type: ignore[attr-defined]
        settings.EMAIL_HOST, settings.EMAIL_PORT = silent.getsockname()  # type: ignore[attr-defined]
        settings.EMAIL_TIMEOUT = 0.2  # type: ignore[attr-defined]
        client.force_login(ada)
        answer = client.post("/members/invite/", {"email": "nora@example.org", "role": "owner"})
    assert "The mail server did not take the invitation." in answer.content.decode()


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
        pages.append(texts(shown) + texts(listed) + texts(renewed))
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
    assert '<span class="tag w">expired</span>' in html

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


def test_tries_are_counted(client: Client, alice: User, organisation: Organisation) -> None:
    link = link_of(organisation, alice, "nora@example.org")
    for _ in range(10):
        assert client.post(link, {**NEW, "password": "x"}).status_code == 422
    answer = client.post(link, NEW)
    assert answer.status_code == 429
    assert "Wait five minutes" in answer.content.decode()
    assert not User.objects.filter(email="nora@example.org").exists()


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


def test_nobody_sends_invitations_without_end(client: Client, alice: User) -> None:
    client.force_login(alice)
    asked = [
        client.post("/members/invite/", {"email": f"n{n}@example.org", "role": "owner"})
        for n in range(61)
    ]
    assert [answer.status_code for answer in asked] == [200] * 60 + [429]
    assert "very many people" in asked[-1].content.decode()
    assert Invitation.objects.count() == 60


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
    assert '<span class="mut">never</span>' in html
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


def test_whoever_may_change_members_in_the_pages_may_invite() -> None:
    from assets.services.member_rules import KEEPERS

    assert MAY["member.edit"] == frozenset(KEEPERS)


def test_who_belongs_nowhere_is_told_so_and_hears_no_news(client: Client, ines: User) -> None:
    """A page that listens is sent to sign in when the last membership ends: for ever, here."""
    client.force_login(ines)
    assert 'id="live"' in client.get("/account/").content.decode()
    client.post(f"/account/organisations/{ines.memberships.get().pk}/leave/")
    html = client.get("/account/").content.decode()
    assert 'id="live"' not in html
    assert "No organisation" in html
