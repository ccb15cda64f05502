"""Links for a new password: who may make them, and what ends them."""

from __future__ import annotations

import datetime as dt
import logging
import re
from collections.abc import Callable
from io import StringIO
from smtplib import SMTPRecipientsRefused
from typing import Any

import pytest
from django.core import mail
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from assets.models import Event, Membership, Organisation, Role, User
from assets.services.members import change_role, deactivate_member, remove_member
from portal.log_redaction import WithoutSecrets
from portal.sign_in.links import NewPasswordTokens
from tests import factories
from tests.sign_in import code_of, entries, is_in, set_second_factor, sign_in

NEW = "a-long-new-word-42"


def membership_of(person: User, place: Organisation) -> Membership:
    return Membership.objects.get(user=person, organisation=place)


def ask_link(client: Client, person: User, place: Organisation) -> Any:
    return client.post(f"/members/{membership_of(person, place).pk}/new-password/")


def link_in(answer: Any) -> str:
    found = re.search(r'value="http://testserver(/accounts/password/reset/key/[^"]+)"', answer.text)
    assert found, answer.text
    return found[1]


def use(link: str, *, password: str = NEW) -> bool:
    """Whether the link let a stranger's browser set a password."""
    browser = Client()
    form = browser.get(link, follow=True)
    if "no longer good" in form.text:
        return False
    path = form.redirect_chain[-1][0]
    done = browser.post(path, {"password1": password, "password2": password})
    assert done.status_code == 302, done.text
    return True


@pytest.fixture
def link(desk: Client, ada: User, ines: User, organisation: Organisation, no_mail: None) -> str:
    """For Ines, made by Ada."""
    desk.force_login(ada)
    return link_in(ask_link(desk, ines, organisation))


def test_it_is_shown_once_works_once_and_signs_nobody_in(
    desk: Client, link: str, ada: User, ines: User, organisation: Organisation
) -> None:
    assert "/key/" not in desk.get(f"/members/{membership_of(ines, organisation).pk}/").text
    assert use(link)
    ines.refresh_from_db()
    assert ines.check_password(NEW)
    assert not use(link, password="another-long-word-43")
    [made] = entries(organisation, "access.new_password_link_made")
    assert (made.actor, made.personal["email"]) == (ada, ines.email)
    assert "key" not in f"{made.after} {made.personal}"
    [changed] = entries(organisation, "access.password_changed")
    assert changed.after["how"] == "link"


def test_where_mail_goes_out_it_is_sent_and_not_shown(
    desk: Client, ada: User, ines: User, organisation: Organisation
) -> None:
    desk.force_login(ada)
    answer = ask_link(desk, ines, organisation)
    assert answer.status_code == 302
    [letter] = mail.outbox
    assert letter.to == [ines.email]
    found = re.search(r"http://testserver(/accounts/\S+)", letter.body)
    assert found
    page = desk.get(answer["Location"]).text
    assert found[1] not in page
    assert "was sent to ines@example.org" in page
    assert use(found[1])


def test_a_mail_server_that_is_away_shows_the_link_instead(
    desk: Client, ada: User, ines: User, organisation: Organisation, settings: Any
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    desk.force_login(ada)
    assert use(link_in(ask_link(desk, ines, organisation)))


def test_it_does_not_pass_by_a_second_factor(link: str, phone: Client, ines: User) -> None:
    secret = set_second_factor(ines)
    assert use(link)
    ines.refresh_from_db()
    assert sign_in(phone, ines, password=NEW)["Location"] == "/accounts/2fa/authenticate/"
    assert not is_in(phone)
    phone.post("/accounts/2fa/authenticate/", {"code": code_of(secret)})
    assert is_in(phone)


def _signs_in(ines: User, ada: User, place: Organisation, elsewhere: Organisation) -> None:
    sign_in(Client(), ines)


def _joins(ines: User, ada: User, place: Organisation, elsewhere: Organisation) -> None:
    Membership.objects.create(user=ines, organisation=elsewhere, role=Role.INSPECTOR)


def _is_promoted(ines: User, ada: User, place: Organisation, elsewhere: Organisation) -> None:
    change_role(membership=membership_of(ines, place), actor=ada, role=Role.OWNER)


def _is_switched_off(ines: User, ada: User, place: Organisation, elsewhere: Organisation) -> None:
    deactivate_member(membership=membership_of(ines, place), actor=ada)


def _keeper_goes(ines: User, ada: User, place: Organisation, elsewhere: Organisation) -> None:
    factories.make_member(place, Role.OWNER)
    remove_member(membership=membership_of(ada, place), actor=None)


def _becomes_operator(ines: User, ada: User, place: Organisation, elsewhere: Organisation) -> None:
    User.objects.filter(pk=ines.pk).update(is_staff=True)


def _new_password(ines: User, ada: User, place: Organisation, elsewhere: Organisation) -> None:
    ines.set_password("something-else-44")
    ines.save()


@pytest.mark.parametrize(
    "what",
    [
        _signs_in,
        _joins,
        _is_promoted,
        _is_switched_off,
        _keeper_goes,
        _becomes_operator,
        _new_password,
    ],
)
def test_it_dies_when(
    what: Callable[..., None],
    link: str,
    ines: User,
    ada: User,
    organisation: Organisation,
    other_organisation: Organisation,
) -> None:
    what(ines, ada, organisation, other_organisation)
    assert not use(link)


def test_it_dies_after_a_day(link: str, ines: User, monkeypatch: pytest.MonkeyPatch) -> None:
    later = timezone.now().replace(tzinfo=None) + dt.timedelta(days=1, minutes=1)
    monkeypatch.setattr(NewPasswordTokens, "_now", lambda self: later)
    assert not use(link)


def test_a_token_of_somebody_else_opens_nothing(link: str, alice: User) -> None:
    token = link.rstrip("/").partition("-")[2]
    assert not use(f"/accounts/password/reset/key/{alice.pk}-{token}/")


def test_an_owner_elsewhere_finds_nobody(
    desk: Client, otto: User, ines: User, organisation
) -> None:
    desk.force_login(otto)
    assert ask_link(desk, ines, organisation).status_code == 404
    assert not Event.objects.filter(verb__startswith="access.").exists()


@pytest.mark.parametrize("off", [False, True])
@pytest.mark.parametrize("keeper", ["otto", "alice"])
def test_who_belongs_elsewhere_too_is_in_nobodys_hands(
    desk: Client,
    otto: User,
    alice: User,
    nora: User,
    organisation: Organisation,
    other_organisation: Organisation,
    keeper: str,
    off: bool,
) -> None:
    actor, place, other = {
        "otto": (otto, other_organisation, organisation),
        "alice": (alice, organisation, other_organisation),
    }[keeper]
    if off:
        Membership.objects.filter(user=nora, organisation=other).update(
            deactivated_at=timezone.now()
        )
    desk.force_login(actor)
    answer = ask_link(desk, nora, place)
    assert answer.status_code == 409
    assert "opens another organisation too" in answer.text
    assert "manage.py new_password_link" in answer.text
    assert other.name not in answer.text
    assert "/key/" not in answer.text
    assert not mail.outbox
    assert not Event.objects.filter(verb__startswith="access.").exists()


def test_the_keeper_of_both_may(
    desk: Client, nora: User, alice: User, organisation, other_organisation, no_mail: None
) -> None:
    Membership.objects.create(user=alice, organisation=other_organisation, role=Role.ADMINISTRATOR)
    desk.force_login(alice)
    assert use(link_in(ask_link(desk, nora, organisation)))
    assert entries(other_organisation, "access.new_password_link_made")


def test_a_link_from_before_the_person_joined_is_dead_afterwards(
    desk: Client, otto: User, organisation, other_organisation, no_mail: None
) -> None:
    """Otto keeps a link to his inspector, who then joins Alice's organisation."""
    person = factories.make_member(other_organisation, Role.INSPECTOR, "p@example.org")
    desk.force_login(otto)
    link = link_in(ask_link(desk, person, other_organisation))
    Membership.objects.create(user=person, organisation=organisation, role=Role.OWNER)
    assert not use(link)


def test_nobody_acts_on_the_operator_or_on_themselves(
    desk: Client, ada: User, ines: User, organisation: Organisation
) -> None:
    desk.force_login(ada)
    own = ask_link(desk, ada, organisation)
    assert own.status_code == 409
    assert "your own account" in own.text
    for rank in ("is_staff", "is_superuser"):
        User.objects.filter(pk=ines.pk).update(
            is_staff=rank == "is_staff", is_superuser=rank == "is_superuser"
        )
        answer = ask_link(desk, ines, organisation)
        assert answer.status_code == 409
        assert "whoever runs this installation" in answer.text
    assert not mail.outbox


def test_the_command_prints_a_link_that_works(
    ines: User, organisation: Organisation, no_mail: None
) -> None:
    out = StringIO()
    call_command("new_password_link", ines.email, "--site", "https://h.example.org/", stdout=out)
    found = re.match(r"https://h\.example\.org(/accounts/password/reset/key/\S+)", out.getvalue())
    assert found
    assert use(found[1])
    [entry] = entries(organisation, "access.new_password_link_made")
    assert entry.actor is None


def test_the_command_says_which_address_it_assumed(ines: User, no_mail: None) -> None:
    out = StringIO()
    call_command("new_password_link", ines.email, stdout=out)
    assert out.getvalue().startswith("http://localhost:8000/accounts/password/reset/key/")
    assert "which is assumed" in out.getvalue()
    assert f"new_password_link {ines.email} --site" in out.getvalue()
    named = StringIO()
    call_command("new_password_link", ines.email, "--site", "http://localhost:8000", stdout=named)
    assert "assumed" not in named.getvalue()


def test_the_command_knows_no_stranger(db: None) -> None:
    with pytest.raises(SystemExit, match="There is no account"):
        call_command("new_password_link", "nobody@example.org")


def test_where_no_mail_goes_out_nobody_is_sent_a_forgotten_password(
    desk: Client, ines: User, no_mail: None, capsys: pytest.CaptureFixture[str]
) -> None:
    answer = desk.post("/accounts/password/reset/", {"email": ines.email})
    assert "sends no e-mail" in answer.text
    assert "/key/" not in capsys.readouterr().out  # nor written where a log would keep it


@pytest.mark.parametrize("known", [True, False])
def test_a_mail_server_that_refuses_is_no_fault_of_the_page(
    desk: Client, ines: User, known: bool, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    asked = []

    def refuse(self: Any, messages: Any) -> int:
        asked.append(messages)
        raise SMTPRecipientsRefused({"x": (550, b"no such mailbox")})

    monkeypatch.setattr("django.core.mail.backends.smtp.EmailBackend.send_messages", refuse)
    address = ines.email if known else "nobody@example.org"
    answer = desk.post("/accounts/password/reset/", {"email": address})
    assert len(asked) == 1
    assert (answer.status_code, answer["Location"]) == (302, "/accounts/password/reset/done/")


def test_a_new_password_frees_an_account_that_was_held(desk: Client, link: str, ines: User) -> None:
    for _ in range(6):
        sign_in(desk, ines, password="wrong")
    desk.logout()
    assert use(link)
    ines.refresh_from_db()
    browser = Client(REMOTE_ADDR="192.0.2.99")
    sign_in(browser, ines, password=NEW)
    assert is_in(browser)


def test_the_link_stays_out_of_the_log(link: str) -> None:
    record = logging.LogRecord("django", logging.ERROR, "", 0, "Failed: %s", (link,), None)
    WithoutSecrets().filter(record)
    assert record.getMessage() == "Failed: /accounts/password/reset/key/…/"
