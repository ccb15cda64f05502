"""A lost second factor: who can remove it, and what people are told."""

from __future__ import annotations

from io import StringIO

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from django.core import mail
from django.core.management import call_command
from django.test import Client

from assets.models import Event, Membership, Organisation, Role, User
from portal.api.authentication import issue_token
from portal.models import ApiToken
from tests.sign_in import code_of, entries, is_in, set_second_factor, sign_in


def address(person: User, place: Organisation) -> str:
    pk = Membership.objects.get(user=person, organisation=place).pk
    return f"/members/{pk}/second-factor/"


def test_a_keeper_takes_it_off_and_everything_ends(
    desk: Client, phone: Client, ada: User, ines: User, organisation: Organisation
) -> None:
    secret = set_second_factor(ines)
    RecoveryCodes.activate(ines)
    sign_in(phone, ines, code=code_of(secret))
    waiting = Client()
    sign_in(waiting, ines)  # stands before the second step
    issue_token(user=ines)
    desk.force_login(ada)
    asked = desk.get(address(ines, organisation))
    assert "Make sure that it is the person who asks" in asked.text
    assert desk.post(address(ines, organisation)).status_code == 302
    assert not Authenticator.objects.filter(user=ines).exists()
    assert not is_in(phone)
    again = waiting.get("/accounts/2fa/authenticate/", follow=True)
    assert [path for path, _status in again.redirect_chain] == ["/accounts/login/"]
    assert not ApiToken.objects.filter(user=ines, revoked_at=None).exists()
    [entry] = entries(organisation, "access.second_factor_reset")
    assert (entry.actor, entry.personal["email"]) == (ada, ines.email)
    [letter] = mail.outbox
    assert letter.to == [ines.email]
    assert "taken off by ada@example.org" in letter.body
    sign_in(phone, ines)
    assert is_in(phone)


@pytest.mark.parametrize("keeper", ["otto", "alice"])
def test_who_belongs_elsewhere_too_is_in_nobodys_hands(
    desk: Client, otto: User, alice: User, nora: User, organisation, other_organisation, keeper: str
) -> None:
    set_second_factor(nora)
    actor, place = {
        "otto": (otto, other_organisation),
        "alice": (alice, organisation),
    }[keeper]
    desk.force_login(actor)
    for answer in (desk.get(address(nora, place)), desk.post(address(nora, place))):
        assert answer.status_code == 409
        assert "opens another organisation too" in answer.text
        assert "reset_second_factor" in answer.text
    assert Authenticator.objects.filter(user=nora).exists()
    assert not Event.objects.filter(verb="access.second_factor_reset").exists()
    assert not mail.outbox


def test_an_owner_elsewhere_finds_nobody(
    desk: Client, otto: User, ines: User, organisation: Organisation
) -> None:
    set_second_factor(ines)
    desk.force_login(otto)
    assert desk.get(address(ines, organisation)).status_code == 404
    assert desk.post(address(ines, organisation)).status_code == 404
    assert Authenticator.objects.filter(user=ines).exists()


def test_nobody_takes_off_their_own_here_nor_the_operators(
    desk: Client, ada: User, ines: User, organisation: Organisation
) -> None:
    for person in (ada, ines):
        set_second_factor(person)
    User.objects.filter(pk=ines.pk).update(is_superuser=True)
    desk.force_login(ada)
    for person in (ada, ines):
        assert desk.post(address(person, organisation)).status_code == 409
    assert Authenticator.objects.count() == 2


def test_who_has_none_is_told(desk: Client, ada: User, ines: User, organisation) -> None:
    desk.force_login(ada)
    answer = desk.post(address(ines, organisation))
    assert answer.status_code == 409
    assert "has no second factor" in answer.text


def test_the_command_helps_the_only_owner(
    phone: Client, otto: User, other_organisation: Organisation
) -> None:
    secret = set_second_factor(otto)
    sign_in(phone, otto, code=code_of(secret))
    issue_token(user=otto)
    with pytest.raises(SystemExit, match="nobody to ask"):
        call_command("reset_second_factor", otto.email)
    assert Authenticator.objects.exists()
    out = StringIO()
    call_command("reset_second_factor", "OTTO@example.org", "--yes", stdout=out)
    assert "is off" in out.getvalue()
    assert not is_in(phone)
    assert not ApiToken.objects.filter(revoked_at=None).exists()
    [entry] = entries(other_organisation, "access.second_factor_reset")
    assert (entry.actor, entry.who) == (None, "hairline")
    assert "whoever runs this installation" in mail.outbox[0].body
    sign_in(phone, otto)
    assert is_in(phone)
    with pytest.raises(SystemExit, match="has no second factor"):
        call_command("reset_second_factor", otto.email, "--yes")
    with pytest.raises(SystemExit, match="no account"):
        call_command("reset_second_factor", "nobody@example.org", "--yes")


def test_the_command_writes_into_each_organisation(
    nora: User, organisation: Organisation, other_organisation: Organisation
) -> None:
    set_second_factor(nora)
    call_command("reset_second_factor", nora.email, "--yes", stdout=StringIO())
    for place in (organisation, other_organisation):
        assert len(entries(place, "access.second_factor_reset")) == 1


def test_the_second_step_says_what_helps(desk: Client, ines: User) -> None:
    set_second_factor(ines)
    sign_in(desk, ines)
    page = desk.get("/accounts/2fa/authenticate/").text
    assert "recovery codes that you wrote down" in page
    assert "ask an owner or administrator of your organisation" in page
    assert "reset_second_factor" in page
    wrong = desk.post("/accounts/2fa/authenticate/", {"code": "000000"}).text
    assert "the clocks differ" in wrong


@pytest.mark.parametrize(("steps", "opens"), [(-2, False), (-1, True), (0, True), (1, True)])
def test_a_clock_may_differ_by_one_step(desk: Client, ines: User, steps: int, opens: bool) -> None:
    secret = set_second_factor(ines)
    sign_in(desk, ines, code=code_of(secret, steps=steps))
    assert is_in(desk) == opens


def test_a_code_works_once_though_it_is_good_for_longer(
    desk: Client, phone: Client, ines: User
) -> None:
    """allauth forgets a code after 30 s, and in another process at once."""
    from django.core.cache import cache

    secret = set_second_factor(ines)
    code = code_of(secret, steps=1)
    sign_in(desk, ines, code=code)
    assert is_in(desk)
    cache.clear()
    assert "used before" in sign_in(phone, ines, code=code).text
    assert not is_in(phone)
    program = Client()
    sent = {"username": ines.email, "password": "letmein", "code": code}
    assert program.post("/api/v1/auth/token/", sent).json()["code"] == "wrong_code"


def test_a_person_with_no_organisation_left_is_still_helped(db: None) -> None:
    person = User.objects.create_user("alone@example.org", "letmein")
    set_second_factor(person)
    call_command("reset_second_factor", person.email, "--yes", stdout=StringIO())
    assert not Authenticator.objects.exists()
    assert not Membership.objects.filter(role=Role.OWNER).exists()
