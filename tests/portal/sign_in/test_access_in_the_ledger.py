"""Sign-ins, failures and downloads of originals are in the ledger, and are no news."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.db import DatabaseError, OperationalError
from django.test import Client
from django.utils import timezone
from structlog.testing import capture_logs

from assets.models import Event, LedgerHead, Membership, Organisation, Photo, Role, User
from assets.services.access_log import note_access
from assets.services.ledger import broken_links
from portal.api.authentication import issue_token
from tests import factories
from tests.sign_in import code_of, entries, set_second_factor, sign_in

TOKENS = "/api/v1/auth/token/"


@pytest.fixture
def photo(visit: Any) -> Photo:
    return factories.make_photo(visit)


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> None:
    """A ledger that cannot be written."""

    def fail(**_: Any) -> None:
        raise OperationalError("the disk is full")

    monkeypatch.setattr("assets.services.access_log.append_event", fail)


def all_text(organisation: Organisation) -> str:
    rows = Event.objects.filter(organisation=organisation)
    return " ".join(
        f"{row.verb} {row.before} {row.after} {row.reason} {row.personal}" for row in rows
    )


def test_signing_in_and_out_with_a_password(
    phone: Client, nora: User, organisation: Organisation, other_organisation: Organisation
) -> None:
    sign_in(phone, nora)
    phone.post("/accounts/logout/")
    for place in (organisation, other_organisation):
        [came] = entries(place, "access.signed_in")
        assert came.after == {"how": ["password"]}
        assert came.personal == {"from": "192.0.2.7"}, "beside the seal: it may be erased"
        assert (came.actor, came.subject_type, came.about.user) == (nora, "person", nora)
        assert len(entries(place, "access.signed_out")) == 1
        assert list(broken_links(place)) == []
        assert LedgerHead.objects.get(organisation=place).news_seq == 0


def test_signing_in_with_a_second_factor_is_one_entry(
    desk: Client, ines: User, organisation: Organisation
) -> None:
    secret = set_second_factor(ines)
    sign_in(desk, ines, code="123")
    assert not entries(organisation, "access.signed_in")
    [failed] = entries(organisation, "access.sign_in_failed")
    assert failed.after["why"] == "wrong code"
    desk.post("/accounts/2fa/authenticate/", {"code": code_of(secret)})
    [came] = entries(organisation, "access.signed_in")
    assert came.after["how"] == ["password", "totp"]


def test_signing_in_by_invitation(desk: Client, alice: User, organisation: Organisation) -> None:
    from assets.services.invitations import invite

    _made, token = invite(
        organisation=organisation, actor=alice, email="new@example.org", role=Role.INSPECTOR
    )
    new = {"name": "N", "password": "a-long-word-77", "password_again": "a-long-word-77"}
    desk.post(f"/invitations/{token}/", new)
    assert User.objects.filter(email="new@example.org").exists()
    [came] = entries(organisation, "access.signed_in")
    assert came.after["how"] == ["invitation"]


def test_failures_of_a_known_account_are_noted_and_held(
    desk: Client, nora: User, organisation: Organisation, other_organisation: Organisation
) -> None:
    for n in range(9):
        sign_in(desk, nora, password=f"hunter-{n}")
    for place in (organisation, other_organisation):
        made = entries(place, "access.sign_in_failed")
        assert len(made) == 5  # then allauth asks nobody any more
        assert all(one.actor is None for one in made)
        assert made[0].after == {"why": "wrong password"}
        assert made[0].personal == {"from": "127.0.0.1"}
        assert made[0].about.user == nora
        assert "hunter" not in all_text(place)


def test_a_failure_for_nobody_stands_in_the_log_without_the_address(
    desk: Client, organisation: Organisation
) -> None:
    with capture_logs() as logs:
        desk.post("/accounts/login/", {"login": "Who@example.org", "password": "secret-word"})
        desk.post(TOKENS, {"username": "who@example.org", "password": "secret-word"})
    told = [one for one in logs if one["event"] == "sign_in_of_nobody"]
    assert len(told) == 2
    assert told[0]["address_digest"] == told[1]["address_digest"]
    assert "who" not in str(logs).lower().replace("whose", "")
    assert "secret-word" not in str(logs)
    assert not Event.objects.exists()


def test_an_account_that_is_switched_off_leaves_a_trace(
    desk: Client, ines: User, organisation: Organisation
) -> None:
    User.objects.filter(pk=ines.pk).update(is_active=False)
    assert sign_in(desk, ines)["Location"] == "/accounts/inactive/"
    desk.post(TOKENS, {"username": ines.email, "password": "letmein"})
    made = entries(organisation, "access.sign_in_failed")
    assert [one.after["why"] for one in made] == ["switched off", "switched off"]


def test_the_right_password_without_a_code_is_noted(
    desk: Client, ines: User, organisation: Organisation
) -> None:
    set_second_factor(ines)
    desk.post(TOKENS, {"username": ines.email, "password": "letmein"})
    [failed] = entries(organisation, "access.sign_in_failed")
    assert failed.after["why"] == "right password, but no code"


def test_who_is_switched_off_everywhere_still_leaves_a_trace(
    desk: Client, nora: User, organisation: Organisation, other_organisation: Organisation
) -> None:
    mine = Membership.objects.filter(user=nora)
    mine.filter(organisation=organisation).update(deactivated_at=timezone.now())
    sign_in(desk, nora)
    assert not entries(organisation, "access.signed_in")  # the other one's business alone
    mine.update(deactivated_at=timezone.now())
    desk.post(TOKENS, {"username": nora.email, "password": "letmein"})
    for place in (organisation, other_organisation):
        assert len(entries(place, "access.token_made")) == 1


def test_tokens_made_and_revoked(desk: Client, ines: User, organisation: Organisation) -> None:
    sent = {"username": ines.email, "password": "letmein", "label": "drone"}
    keys = [desk.post(TOKENS, sent).json()["token"] for _ in range(2)]
    desk.delete(TOKENS, HTTP_AUTHORIZATION=f"Token {keys[0]}")
    sign_in(desk, ines)
    token = ines.api_tokens.get(revoked_at=None)
    desk.post(f"/account/tokens/{token.pk}/revoke/")
    made, gone = (entries(organisation, f"access.token_{word}") for word in ("made", "revoked"))
    assert [one.after["label"] for one in [*made, *gone]] == ["drone"] * 4
    assert made[0].after["how"] == ["password"]
    for key in keys:
        assert key not in all_text(organisation)


def test_wrong_tries_for_a_token_are_noted(
    desk: Client, ines: User, organisation: Organisation
) -> None:
    set_second_factor(ines)
    sent = {"username": ines.email, "password": "letmein"}
    desk.post(TOKENS, {**sent, "password": "wrong"})
    desk.post(TOKENS, {**sent, "code": "000000"})
    made = entries(organisation, "access.sign_in_failed")
    assert [one.after["why"] for one in made] == ["wrong password", "wrong code"]


@pytest.mark.django_db(transaction=True)
def test_a_second_factor_set_and_removed(
    desk: Client, ines: User, organisation: Organisation
) -> None:
    sign_in(desk, ines)
    desk.post("/accounts/reauthenticate/", {"password": "letmein"})
    secret = desk.get("/accounts/2fa/totp/activate/").context["form"].secret
    desk.post("/accounts/2fa/totp/activate/", {"code": code_of(secret)})
    desk.post("/accounts/2fa/recovery-codes/generate/")
    desk.post("/accounts/2fa/totp/deactivate/")
    verbs = [one.verb for one in Event.objects.filter(organisation=organisation).order_by("seq")]
    assert verbs == [
        "access.signed_in",
        "access.second_factor_set",
        "access.recovery_codes_made",
        "access.second_factor_removed",
    ]
    assert secret not in all_text(organisation)


def test_a_ledger_that_cannot_be_written_keeps_nobody_out(
    desk: Client, ines: User, broken: None, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.CRITICAL), capture_logs() as logs:
        assert sign_in(desk, ines)["Location"] == "/"
        assert desk.get("/account/").status_code == 200
        answer = desk.post(TOKENS, {"username": ines.email, "password": "letmein"})
        assert answer.status_code == 200
    assert {one["event"] for one in logs} >= {"access_not_noted"}


def test_an_entry_is_in_every_ledger_or_in_none(
    nora: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    from assets.services import access_log

    real, calls = access_log.append_event, []

    def second_fails(**given: Any) -> Any:
        calls.append(1)
        if len(calls) == 2:
            raise DatabaseError("gone")
        return real(**given)

    monkeypatch.setattr(access_log, "append_event", second_fails)
    with pytest.raises(DatabaseError):
        note_access(nora, "access.signed_in")
    assert not Event.objects.exists()


def test_only_access_is_noted_so(ines: User) -> None:
    with pytest.raises(ValueError, match="not about access"):
        note_access(ines, "member.removed")


def test_behind_proxies_the_right_address_is_kept(
    desk: Client, ines: User, organisation: Organisation, settings: Any
) -> None:
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    sent = {"login": ines.email, "password": "letmein"}
    desk.post("/accounts/login/", sent, headers={"X-Forwarded-For": "6.6.6.6, 198.51.100.4"})
    [came] = entries(organisation, "access.signed_in")
    assert came.personal["from"] == "198.51.100.4"


def taken(organisation: Organisation) -> int:
    return len(entries(organisation, "access.original_downloaded"))


def get(client: Client, photo: Photo, **headers: str) -> Any:
    answer = client.get(f"/photos/{photo.pk}/original", headers=headers)
    if answer.streaming:
        b"".join(answer.streaming_content)
    return answer


def test_each_download_of_an_original_is_one_entry(
    desk: Client, nora: User, photo: Photo, organisation, other_organisation
) -> None:
    desk.force_login(nora)
    first = get(desk, photo)
    assert first.status_code == 200
    [entry] = entries(organisation, "access.original_downloaded")
    assert (entry.actor, entry.subject_type, entry.subject_id) == (nora, "photo", photo.pk)
    assert entry.after == {
        "photo": "IMG_0001.JPG",
        "sha256": photo.sha256,
        "by": "browser",
    }
    assert (entry.personal, entry.asset_id) == ({"from": "127.0.0.1"}, photo.inspection.asset_id)
    assert taken(other_organisation) == 0  # only in the ledger of who owns it
    assert get(desk, photo, **{"If-None-Match": first["ETag"]}).status_code == 304
    desk.head(f"/photos/{photo.pk}/original")
    assert get(desk, photo, Range="bytes=9999999-").status_code == 416
    assert taken(organisation) == 1
    assert get(desk, photo, Range="bytes=10-").status_code == 206  # goes on
    assert taken(organisation) == 1
    get(desk, photo, Range="bytes=0-9")
    assert taken(organisation) == 2


def test_leaving_out_the_first_byte_hides_nothing(
    desk: Client, ines: User, mia: User, photo: Photo, organisation: Organisation
) -> None:
    desk.force_login(mia)
    get(desk, photo)
    desk.force_login(ines)
    assert get(desk, photo, Range="bytes=1-").status_code == 206
    assert [one.actor for one in entries(organisation, "access.original_downloaded")] == [mia, ines]


def test_a_program_is_named_by_its_token(
    ines: User, photo: Photo, organisation: Organisation
) -> None:
    key, token = issue_token(user=ines)
    get(Client(headers={"Authorization": f"Token {key}"}), photo)
    [entry] = entries(organisation, "access.original_downloaded")
    assert entry.after["by"] == f"token {token.prefix}…"


def test_without_an_entry_there_is_no_file(
    desk: Client, ines: User, photo: Photo, broken: None
) -> None:
    desk.force_login(ines)
    answer = desk.get(f"/photos/{photo.pk}/original", headers={"Accept": "application/json"})
    assert answer.status_code == 507
    assert not answer.streaming
    default_storage.delete(photo.file.name)  # nothing holds it open


def test_who_may_not_see_it_leaves_no_entry(
    desk: Client, otto: User, photo: Photo, other_organisation: Organisation
) -> None:
    desk.force_login(otto)
    assert get(desk, photo).status_code == 404
    assert not Event.objects.filter(verb__startswith="access.").exists()
    assert Membership.objects.filter(user=otto).exists()
