"""An account that the keeper of one organisation prepared before its person joins another one.

Otto owns Somebody Else, to which Nora alone belongs there; he may give her a new password. He uses
the link himself, keeps a session and a token, and hands the password over. Then Nora joins Rhine
Bridges. Nothing that Otto kept opens it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from django.test import Client

from assets.models import Asset, Event, Membership, Organisation, Role, User
from assets.services.invitations import accept_invitation, invite
from portal.api.views import tokens
from portal.models import ApiToken
from portal.sign_in import sessions
from tests import factories
from tests.sign_in import code_of, entries, is_in, set_second_factor, sign_in

KNOWN = "words that otto handed over"
OWN = "nobody else knows these words"
TOKEN = "/api/v1/auth/token/"
RESET = re.compile(r'value="http://testserver(/accounts/password/reset/key/[^"]+)"')


@pytest.fixture
def nora(other_organisation: Organisation) -> User:
    return factories.make_member(other_organisation, Role.INSPECTOR, "nora@example.org")


@pytest.fixture
def link(organisation: Organisation, ada: User) -> str:
    """Of the invitation to Rhine Bridges, which Nora alone gets."""
    sent = {"organisation": organisation, "actor": ada, "email": "nora@example.org"}
    return f"/invitations/{invite(**sent, role=Role.ENGINEER)[1]}/"


@dataclass
class Kept:
    """What Otto has of Nora's account."""

    session: Client
    waiting: Client
    key: str
    unused_link: str
    opened_link: Client
    opened_path: str

    def opens(self, bridge: Asset) -> list[str]:
        """By which of it somebody sees the other organisation's structure."""
        page, program = f"/assets/{bridge.pk}/", Client()
        by_token = {"HTTP_AUTHORIZATION": f"Token {self.key}"}
        got = program.get(f"/api/v1/assets/{bridge.pk}/", **by_token)
        found = ["token"] if got.status_code == 200 else []
        found += ["session"] if self.session.get(page).status_code == 200 else []
        again = Client()
        sign_in(again, User.objects.get(email="nora@example.org"), password=KNOWN)
        found += ["password"] if is_in(again) or again.get(page).status_code == 200 else []
        sent = {"username": "nora@example.org", "password": KNOWN}
        found += ["new token"] if program.post(TOKEN, sent).status_code == 200 else []
        chosen = {"password1": "words of otto again", "password2": "words of otto again"}
        answer = Client().get(self.unused_link, follow=True)
        found += [] if "no longer good" in answer.text else ["unused link"]
        answer = self.opened_link.post(self.opened_path, chosen)
        found += [] if "no longer good" in answer.text else ["opened link"]
        return found


def new_password_link(keeper: Client, person: User) -> str:
    membership = person.memberships.get()
    answer = keeper.post(f"/members/{membership.pk}/new-password/")
    found = RESET.search(answer.text)
    assert found, answer.text
    return found[1]


@pytest.fixture
def kept(otto: User, nora: User, no_mail: None) -> Kept:
    keeper, browser = Client(), Client()
    keeper.force_login(otto)
    form = browser.get(new_password_link(keeper, nora), follow=True)
    chosen = {"password1": KNOWN, "password2": KNOWN}
    assert browser.post(form.redirect_chain[-1][0], chosen).status_code == 302
    session, waiting = Client(), Client()
    sign_in(session, nora, password=KNOWN)
    assert is_in(session)
    made = Client().post(TOKEN, {"username": nora.email, "password": KNOWN})
    unused = new_password_link(keeper, nora)
    opened = Client()
    path = opened.get(new_password_link(keeper, nora), follow=True).redirect_chain[-1][0]
    return Kept(session, waiting, made.json()["token"], unused, opened, path)


def join(client: Client, link: str, **changed: str) -> Any:
    sent = {"password_now": KNOWN, "password": OWN, "password_again": OWN, **changed}
    return client.post(link, sent)


@pytest.mark.parametrize("required", [False, True])
def test_nothing_that_the_keeper_kept_opens_the_other_organisation(
    kept: Kept,
    desk: Client,
    nora: User,
    organisation: Organisation,
    bridge: Asset,
    link: str,
    required: bool,
) -> None:
    Organisation.objects.filter(pk=organisation.pk).update(second_factor_required=required)
    sign_in(desk, nora, password=KNOWN)
    before = desk.session.session_key
    page = desk.get(link).text
    assert "Whoever could give you a password so far may know it." in page
    assert join(desk, link)["Location"] == "/members/"
    assert desk.session.session_key != before
    if required:
        again = {"password": OWN, "next": "/accounts/2fa/totp/activate/"}
        form = desk.post("/accounts/reauthenticate/", again, follow=True)
        code = code_of(form.context["form"].secret)
        desk.post("/accounts/2fa/totp/activate/", {"code": code})
    assert desk.get(f"/assets/{bridge.pk}/").status_code == 200, "Nora herself goes on"
    assert [row["here"] for row in desk.get("/account/").context["sessions"]] == [True]

    assert kept.opens(bridge) == []

    nora.refresh_from_db()
    assert nora.check_password(OWN)
    (entry,) = entries(organisation, "access.password_changed")
    assert (entry.actor, entry.after["how"]) == (nora, "joined")


def test_the_other_order_who_belongs_to_both_is_out_of_the_keepers_hands(
    desk: Client, otto: User, nora: User, organisation: Organisation, link: str, no_mail: None
) -> None:
    sign_in(desk, nora)
    assert join(desk, link, password_now="letmein").status_code == 302
    desk.force_login(otto)
    theirs = nora.memberships.get(organisation__name="Somebody Else")
    refused = desk.post(f"/members/{theirs.pk}/new-password/")
    assert refused.status_code == 409
    assert "not in your care" in refused.text
    # Switched off in Rhine Bridges, she may come back there: her account is not Otto's meanwhile.
    nora.memberships.filter(organisation=organisation).update(deactivated_at="2026-01-01T00:00Z")
    assert desk.post(f"/members/{theirs.pk}/new-password/").status_code == 409


def test_who_left_and_comes_back_starts_anew(
    kept: Kept, desk: Client, nora: User, ada: User, organisation: Organisation, bridge: Asset
) -> None:
    Membership.objects.create(user=nora, organisation=organisation, role=Role.ENGINEER)
    assert kept.session.get(f"/assets/{bridge.pk}/").status_code == 200  # which no page can make
    nora.memberships.filter(organisation=organisation).delete()
    sent = {"organisation": organisation, "actor": ada, "email": nora.email}
    sign_in(desk, nora, password=KNOWN)
    join(desk, f"/invitations/{invite(**sent, role=Role.ENGINEER)[1]}/")
    assert kept.opens(bridge) == []


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"password_now": "wrong"}, "This is not the password of your account."),
        ({"password": "short", "password_again": "short"}, "too short"),
        ({"password": "nora@example", "password_again": "nora@example"}, "too similar"),
        ({"password_again": "another"}, "Type the same password twice."),
        ({"password": KNOWN, "password_again": KNOWN}, "This is the password that you have."),
        ({"password": "", "password_again": ""}, "Fill this in."),
    ],
)
def test_without_a_good_new_password_nothing_happens(
    kept: Kept,
    desk: Client,
    nora: User,
    organisation: Organisation,
    link: str,
    changed: dict[str, str],
    sentence: str,
) -> None:
    sign_in(desk, nora, password=KNOWN)
    before = Event.objects.exclude(verb="access.sign_in_failed").count()
    answer = join(desk, link, **changed)
    assert (answer.status_code, sentence in answer.text) == (422, True), answer.text
    assert not nora.memberships.filter(organisation=organisation).exists()
    assert User.objects.get(pk=nora.pk).check_password(KNOWN)
    assert is_in(kept.session)
    assert ApiToken.objects.filter(user=nora, revoked_at__isnull=True).exists()
    assert Event.objects.exclude(verb="access.sign_in_failed").count() == before
    assert join(desk, link).status_code == 302, "the link is still good"


def test_all_or_nothing(
    kept: Kept, desk: Client, nora: User, link: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last step of joining fails: neither password, session nor token has ended."""
    sign_in(desk, nora, password=KNOWN)
    desk.raise_request_exception = False
    monkeypatch.setattr("assets.services.invitations.append_events", lambda **_: 1 / 0)
    assert join(desk, link).status_code == 500
    monkeypatch.undo()
    assert nora.memberships.count() == 1
    assert User.objects.get(pk=nora.pk).check_password(KNOWN)
    assert is_in(kept.session)
    assert is_in(desk)


def test_a_stolen_session_sets_no_password_by_an_invitation_of_ones_own(
    desk: Client, otto: User, alice: User, other_organisation: Organisation
) -> None:
    sent = {"organisation": other_organisation, "actor": otto, "email": alice.email}
    mine = f"/invitations/{invite(**sent, role=Role.MANAGER)[1]}/"
    desk.force_login(alice)
    codes = [join(desk, mine, password_now=f"guess {n}").status_code for n in range(8)]
    assert set(codes) == {422}
    held = join(desk, mine, password_now="letmein")
    assert "too many failed tries" in held.text
    alice.refresh_from_db()
    assert alice.check_password("letmein")


@pytest.mark.parametrize("end_at_once", [True, False])
def test_a_sign_in_that_waits_for_its_second_step_ends(
    otto: User,
    nora: User,
    link: str,
    organisation: Organisation,
    monkeypatch: pytest.MonkeyPatch,
    end_at_once: bool,
) -> None:
    """Otto set the factor too; his first step may be written just after sessions were ended."""
    secret = set_second_factor(nora)
    waiting = Client()
    sign_in(waiting, nora)
    if not end_at_once:
        monkeypatch.setattr(sessions, "_keys_not_listed", lambda user: [])
    accept_invitation(token=link.split("/")[2], user=nora, password=OWN)
    answer = waiting.post("/accounts/2fa/authenticate/", {"code": code_of(secret)}, follow=True)
    assert not is_in(waiting)
    assert ("Your password was changed meanwhile" in answer.text) is not end_at_once


def test_a_token_asked_for_while_the_password_ends_is_not_made(
    nora: User, link: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    check: Callable[..., str] = tokens._check_second_factor

    def meanwhile(*args: Any) -> str:
        accept_invitation(token=link.split("/")[2], user=User.objects.get(pk=nora.pk), password=OWN)
        return check(*args)

    monkeypatch.setattr(tokens, "_check_second_factor", meanwhile)
    answer = Client().post(TOKEN, {"username": nora.email, "password": "letmein"})
    assert (answer.status_code, answer.json()["code"]) == (401, "wrong_credentials")
    assert not ApiToken.objects.exists()


def test_a_chief_whose_address_was_taken_first_gets_the_account_back(
    desk: Client, kept: Kept, nora: User, link: str, bridge: Asset
) -> None:
    """Otto made the account and set its factor; the operator gives it to whose address it is."""
    from io import StringIO

    from django.core.management import call_command

    set_second_factor(nora)
    said = StringIO()
    call_command("new_password_link", nora.email, stdout=said)
    assert f"manage.py reset_second_factor {nora.email}" in " ".join(said.getvalue().split())
    call_command("reset_second_factor", nora.email, "--yes", stdout=StringIO())
    said = StringIO()
    call_command("new_password_link", nora.email, stdout=said)
    assert "reset_second_factor" not in said.getvalue()
    path = said.getvalue().split()[0].removeprefix("http://localhost:8000")
    form = desk.get(path, follow=True)
    hers = "words of the chief herself"
    desk.post(form.redirect_chain[-1][0], {"password1": hers, "password2": hers})
    sign_in(desk, nora, password=hers)
    assert join(desk, link, password_now=hers).status_code == 302
    assert desk.get(f"/assets/{bridge.pk}/").status_code == 200
    assert kept.opens(bridge) == []


def set_up_by_page(client: Client, password: str = "letmein") -> str:
    """Sets up an authenticator app; its secret."""
    path = "/accounts/2fa/totp/activate/"
    client.post("/accounts/reauthenticate/", {"password": password, "next": path})
    page = client.get(path)
    assert "signs you out everywhere else" in page.text
    secret = str(page.context["form"].secret)
    assert client.post(path, {"code": code_of(secret)}).status_code == 302
    return secret


def test_setting_up_a_factor_ends_what_was_opened_without_one(
    desk: Client, phone: Client, ines: User, organisation: Organisation
) -> None:
    sign_in(phone, ines)
    made = Client().post(TOKEN, {"username": ines.email, "password": "letmein"}).json()
    sign_in(desk, ines)
    set_up_by_page(desk)
    assert not is_in(phone)
    assert is_in(desk)
    program = Client(headers={"Authorization": f"Token {made['token']}"})
    assert program.get("/api/v1/assets/").status_code == 401


def test_who_has_a_factor_is_asked_for_it_again_and_not_for_the_password(
    desk: Client, ines: User
) -> None:
    secret = set_second_factor(ines)
    RecoveryCodes.activate(ines)
    sign_in(desk, ines, code=code_of(secret))
    by_password = desk.post("/accounts/reauthenticate/", {"password": "letmein"})
    assert by_password["Location"].startswith("/accounts/2fa/reauthenticate/")
    guarded = [
        "/accounts/2fa/recovery-codes/",
        "/accounts/2fa/recovery-codes/generate/",
        "/accounts/2fa/recovery-codes/download/",
        "/accounts/2fa/totp/deactivate/",
    ]
    for address in guarded:
        for send in (desk.get, desk.post):
            answer = send(address)
            if answer.status_code == 405:
                continue
            assert answer["Location"].startswith("/accounts/2fa/reauthenticate/"), address
    assert Authenticator.objects.filter(user=ines).exists()
    assert "password" not in desk.get("/accounts/2fa/reauthenticate/").text.lower()
    desk.post("/accounts/2fa/reauthenticate/", {"code": code_of(secret, steps=1)})
    assert desk.get("/accounts/2fa/totp/deactivate/").status_code == 200
