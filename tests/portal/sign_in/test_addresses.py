"""Nobody adds or changes an address by themselves, and no page locks anybody out."""

from __future__ import annotations

from io import StringIO

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.core.management import call_command
from django.test import Client

from assets.models import Organisation, User
from portal.api.authentication import issue_token
from portal.models import ApiToken
from tests.sign_in import code_of, entries, is_in, set_second_factor, sign_in

GONE = [
    "/accounts/email/",
    "/accounts/confirm-email/",
    "/accounts/confirm-email/none/",
    "/accounts/login/code/",
    "/accounts/login/code/confirm/",
    "/accounts/sessions/",
    "/accounts/phone/change/",
    "/accounts/signup/passkey/",
]
ACCOUNT_PAGES = [
    "/account/",
    "/accounts/",
    "/accounts/signup/",
    "/accounts/inactive/",
    "/accounts/logout/",
    "/accounts/password/change/",
    "/accounts/password/set/",
    "/accounts/password/reset/",
    "/accounts/password/reset/done/",
    "/accounts/password/reset/key/done/",
    "/accounts/reauthenticate/",
    "/accounts/2fa/",
    "/accounts/2fa/reauthenticate/",
    "/accounts/2fa/totp/activate/",
]


def reauthenticate(client: Client) -> None:
    answer = client.post("/accounts/reauthenticate/", {"password": "letmein"})
    assert answer.status_code == 302


@pytest.mark.parametrize("path", GONE)
def test_these_are_gone_also_for_who_gave_the_password_again(
    desk: Client, ines: User, path: str
) -> None:
    assert desk.get(path).status_code == 404
    sign_in(desk, ines)
    reauthenticate(desk)
    assert desk.get(path).status_code == 404
    added = {"email": "mine-now@example.org", "action_add": "1"}
    assert desk.post(path, added).status_code == 404
    assert not EmailAddress.objects.exists()


def test_signing_up_is_answered_with_a_sentence_and_makes_nobody(desk: Client, db: None) -> None:
    assert "By invitation" in desk.get("/accounts/signup/").content.decode()
    new = {"email": "n@example.org", "password1": "long-enough-42", "password2": "long-enough-42"}
    assert desk.post("/accounts/signup/", new).status_code == 405
    assert not User.objects.exists()


def test_after_every_account_page_a_second_factor_can_be_set_up_and_used(
    desk: Client, phone: Client, ines: User, organisation: Organisation
) -> None:
    sign_in(desk, ines)
    reauthenticate(desk)
    for path in [*ACCOUNT_PAGES, *GONE]:
        desk.get(path)
    Client().post("/accounts/password/reset/", {"email": ines.email})  # a stranger's, too
    assert not EmailAddress.objects.exists()
    page = desk.get("/accounts/2fa/totp/activate/")
    secret = page.context["form"].secret
    made = desk.post("/accounts/2fa/totp/activate/", {"code": code_of(secret)})
    assert made["Location"] == "/accounts/2fa/recovery-codes/"
    assert sign_in(phone, ines)["Location"] == "/accounts/2fa/authenticate/"
    assert not is_in(phone)
    phone.post("/accounts/2fa/authenticate/", {"code": code_of(secret, steps=1)})
    assert is_in(phone)


def test_an_unverified_address_from_before_locks_nobody_out(desk: Client, ines: User) -> None:
    EmailAddress.objects.create(user=ines, email=ines.email, verified=False, primary=True)
    sign_in(desk, ines)
    reauthenticate(desk)
    page = desk.get("/accounts/2fa/totp/activate/")
    code = code_of(page.context["form"].secret)
    desk.post("/accounts/2fa/totp/activate/", {"code": code})
    assert desk.get("/account/").context["second_factor"]
    assert desk.post("/accounts/2fa/totp/deactivate/")["Location"] == "/accounts/2fa/"


def _change(old: str, new: str) -> str:
    out = StringIO()
    call_command("change_email", old, new, stdout=out)
    return out.getvalue()


def test_the_command_gives_another_address_and_ends_everything(
    desk: Client, nora: User, organisation: Organisation, other_organisation: Organisation
) -> None:
    sign_in(desk, nora)
    issue_token(user=nora)
    EmailAddress.objects.create(user=nora, email=nora.email, verified=True, primary=True)
    said = _change("Ines@example.org", "Ines.New@Example.org")
    assert "ines.new@example.org" in said
    nora.refresh_from_db()
    assert nora.email == "ines.new@example.org"
    assert not is_in(desk)
    assert not ApiToken.objects.filter(revoked_at=None).exists()
    assert not EmailAddress.objects.exists()
    for place in (organisation, other_organisation):
        [entry] = entries(place, "access.email_changed")
        assert entry.personal == {"before": "ines@example.org", "email": "ines.new@example.org"}
        assert entry.actor is None
    assert [letter.to for letter in mail.outbox] == [
        ["ines@example.org"],
        ["ines.new@example.org"],
    ]
    assert (
        desk.post(
            "/accounts/login/", {"login": "ines@example.org", "password": "letmein"}
        ).status_code
        == 200
    )  # refused
    sign_in(desk, nora)
    assert is_in(desk)


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("nobody@example.org", "n@example.org", "There is no account with the address"),
        ("ines@example.org", "emil@example.org", "Another account has the address"),
        ("ines@example.org", "EMIL@example.org", "Another account has the address"),
        ("ines@example.org", "ines", "That is no e-mail address"),
    ],
)
def test_the_command_refuses_with_a_sentence(
    ines: User, emil: User, organisation: Organisation, old: str, new: str, sentence: str
) -> None:
    with pytest.raises(SystemExit, match=sentence):
        _change(old, new)
    ines.refresh_from_db()
    assert ines.email == "ines@example.org"
    assert not entries(organisation, "access.email_changed")


def test_one_person_with_a_factor_cannot_be_locked_out_of_removing_it(
    desk: Client, ines: User
) -> None:
    secret = set_second_factor(ines)
    sign_in(desk, ines, code=code_of(secret))
    Client().post("/accounts/password/reset/", {"email": ines.email})
    desk.post("/accounts/2fa/reauthenticate/", {"code": code_of(secret, steps=1)})
    assert desk.get("/accounts/2fa/totp/deactivate/").status_code == 200


def test_a_letter_to_an_unknown_address_invites_nobody_to_sign_up(desk: Client, db: None) -> None:
    answer = desk.post("/accounts/password/reset/", {"email": "who@example.org"})
    assert answer.status_code == 302
    [letter] = mail.outbox
    assert "No account here has this address" in letter.body
    assert "signup" not in letter.body
