"""The list of a person's sessions, and what ends them."""

from __future__ import annotations

import datetime as dt
from importlib import import_module
from io import StringIO
from typing import Any

import pytest
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from assets.models import Organisation, User
from portal.api.authentication import issue_token
from portal.ledger_watch import SIGNED_OUT, why_closed
from portal.models import ApiToken
from portal.sign_in.devices import device_in_words
from portal.sign_in.sessions import end_sessions
from tests.page_text import joined
from tests.sign_in import FIREFOX, SAFARI, code_of, entries, is_in, set_second_factor, sign_in

NEW = "a-long-new-word-42"


def listed(client: Client) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.get("/account/").context["sessions"]
    return found


def test_the_account_page_lists_devices_in_words(desk: Client, phone: Client, ines: User) -> None:
    sign_in(phone, ines)
    sign_in(desk, ines)
    rows = listed(desk)
    assert [(row["device"], row["ip"], row["here"]) for row in rows] == [
        ("Firefox on Linux", "127.0.0.1", True),
        ("Safari on iPhone", "192.0.2.7", False),
    ]
    page = joined(desk.get("/account/").text)
    assert page.count(">Sign out there<") == 1
    assert desk.session.session_key not in page
    assert phone.session.session_key not in page


def test_many_sessions_cost_no_more_queries_than_one(desk: Client, ines: User) -> None:
    sign_in(desk, ines)
    desk.get("/account/")
    with CaptureQueriesContext(connection) as one:
        assert len(listed(desk)) == 1
    for _ in range(9):
        sign_in(Client(headers={"user-agent": SAFARI}), ines)
    with CaptureQueriesContext(connection) as many:
        assert len(listed(desk)) == 10
    assert len(many) == len(one)


def test_a_session_of_an_old_password_is_dropped(desk: Client, phone: Client, ines: User) -> None:
    sign_in(phone, ines)
    ines.set_password(NEW)  # as the operator's changepassword does: nobody else is told
    ines.save()
    sign_in(desk, ines, password=NEW)
    assert [row["here"] for row in listed(desk)] == [True]
    assert UserSession.objects.filter(user=ines).count() == 1


def test_sign_out_there_ends_it_at_once(
    desk: Client, phone: Client, ines: User, organisation: Organisation
) -> None:
    sign_in(phone, ines)
    sign_in(desk, ines)
    key = phone.session.session_key
    assert why_closed(ines.pk, key) is None
    [there] = [row for row in listed(desk) if not row["here"]]
    answer = desk.post(f"/account/sessions/{there['pk']}/end/", follow=True)
    assert "Safari on iPhone is signed out." in answer.text
    assert not is_in(phone)
    assert why_closed(ines.pk, key) == SIGNED_OUT  # what the live socket asks
    assert [row["here"] for row in listed(desk)] == [True]
    [entry] = entries(organisation, "access.signed_out")
    assert entry.personal["where"] == "Safari on iPhone, 192.0.2.7"


def test_nobody_ends_a_session_of_somebody_else(
    desk: Client, phone: Client, ines: User, alice: User
) -> None:
    sign_in(phone, ines)
    sign_in(desk, alice)
    theirs = UserSession.objects.get(user=ines)
    assert desk.post(f"/account/sessions/{theirs.pk}/end/").status_code == 404
    desk.post("/account/sessions/end-others/")
    assert is_in(phone)
    assert desk.get(f"/account/sessions/{theirs.pk}/end/").status_code == 405


def test_sign_out_everywhere_else_spares_this_one(desk: Client, phone: Client, ines: User) -> None:
    tablet = Client()
    tablet.force_login(ines)  # a session from before the list was kept
    for client in (phone, desk):
        sign_in(client, ines)
    answer = desk.post("/account/sessions/end-others/", follow=True)
    assert "2 sessions were ended." in answer.text
    assert [is_in(client) for client in (desk, phone, tablet)] == [True, False, False]


def test_ending_this_one_is_signing_out(desk: Client, ines: User) -> None:
    sign_in(desk, ines)
    [here] = listed(desk)
    assert desk.post(f"/account/sessions/{here['pk']}/end/")["Location"] == "/accounts/login/"
    assert not is_in(desk)
    assert not UserSession.objects.exists()


def test_sessions_that_ended_otherwise_are_dropped(desk: Client, phone: Client, ines: User) -> None:
    sign_in(phone, ines)
    sign_in(desk, ines)
    import_module(settings.SESSION_ENGINE).SessionStore().delete(phone.session.session_key)
    assert len(listed(desk)) == 1
    assert UserSession.objects.count() == 1


def test_a_session_from_before_the_list_is_listed_too(desk: Client, ines: User) -> None:
    desk.force_login(ines)
    assert [row["here"] for row in listed(desk)] == [True]


def test_no_page_pays_for_the_list(desk: Client, ines: User) -> None:
    sign_in(desk, ines)
    with CaptureQueriesContext(connection) as queries:
        desk.get("/members/")
    assert not any("usersessions" in query["sql"] for query in queries)


def test_ending_sessions_spares_other_people(
    desk: Client, phone: Client, ines: User, alice: User
) -> None:
    secret = set_second_factor(alice)
    sign_in(desk, ines)
    sign_in(phone, alice, code=code_of(secret))
    waiting = Client()
    sign_in(waiting, alice)
    assert end_sessions(ines) == 1
    assert not is_in(desk)
    assert is_in(phone)
    assert waiting.get("/accounts/2fa/authenticate/").status_code == 200


def _by_page(desk: Client, ines: User) -> None:
    sent = {"oldpassword": "letmein", "password1": NEW, "password2": NEW}
    assert desk.post("/accounts/password/change/", sent)["Location"] == "/account/"


def _by_link(desk: Client, ines: User) -> None:
    out = StringIO()
    call_command("new_password_link", ines.email, stdout=out)
    browser = Client()
    form = browser.get(out.getvalue().split()[0].removeprefix("http://localhost:8000"), follow=True)
    assert form.redirect_chain, out.getvalue()
    browser.post(form.redirect_chain[-1][0], {"password1": NEW, "password2": NEW})


def _by_command(desk: Client, ines: User, monkeypatch: Any = None) -> None:
    from django.contrib.auth.management.commands import changepassword

    command = changepassword.Command(stdout=StringIO(), stderr=StringIO())
    command._get_pass = lambda prompt="": NEW  # type: ignore[method-assign]
    command.handle(username=ines.email, database="default")


@pytest.mark.parametrize("way", ["page", "link", "command"])
def test_a_new_password_ends_tokens_and_other_sessions(
    desk: Client, phone: Client, ines: User, alice: User, organisation, no_mail: None, way: str
) -> None:
    sign_in(phone, ines)
    sign_in(desk, ines)
    key, _token = issue_token(user=ines)
    hers, _token = issue_token(user=alice)
    {"page": _by_page, "link": _by_link, "command": _by_command}[way](desk, ines)
    ines.refresh_from_db()
    assert ines.check_password(NEW)
    assert not is_in(phone)
    assert is_in(desk) == (way == "page")
    program = Client()
    assert program.get("/api/v1/assets/", HTTP_AUTHORIZATION=f"Token {key}").status_code == 401
    assert program.get("/api/v1/assets/", HTTP_AUTHORIZATION=f"Token {hers}").status_code == 200
    [entry] = entries(organisation, "access.password_changed")
    assert entry.after["how"] == {"page": "account page"}.get(way, way)
    assert entry.actor == (None if way == "command" else ines)
    assert NEW not in str(entry.after)


def test_a_stronger_hash_of_the_same_password_ends_nothing(
    desk: Client, ines: User, organisation: Organisation, settings: Any
) -> None:
    issue_token(user=ines)
    settings.PASSWORD_HASHERS = [
        "django.contrib.auth.hashers.PBKDF2PasswordHasher",
        "django.contrib.auth.hashers.MD5PasswordHasher",
    ]
    before = ines.password
    sign_in(desk, ines)
    ines.refresh_from_db()
    assert ines.password != before
    assert ApiToken.objects.filter(revoked_at=None).exists()
    assert not entries(organisation, "access.password_changed")


def test_a_wrong_old_password_changes_nothing(desk: Client, ines: User) -> None:
    sign_in(desk, ines)
    issue_token(user=ines)
    sent = {"oldpassword": "wrong", "password1": NEW, "password2": NEW}
    assert desk.post("/accounts/password/change/", sent).status_code == 200
    assert ApiToken.objects.filter(revoked_at=None).exists()


@pytest.mark.parametrize(
    ("user_agent", "words"),
    [
        (FIREFOX, "Firefox on Linux"),
        (SAFARI, "Safari on iPhone"),
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
            "Chrome/126.0.0.0 Safari/537.36 Edg/126.0.0.0",
            "Edge on Windows",
        ),
        (
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like "
            "Gecko) Chrome/126.0.0.0 Safari/537.36",
            "Chrome on macOS",
        ),
        (
            "Mozilla/5.0 (Linux; Android 14; SM-S911B) AppleWebKit/537.36 (KHTML, like Gecko) "
            "SamsungBrowser/25.0 Chrome/121.0.0.0 Mobile Safari/537.36",
            "Samsung Internet on Android",
        ),
        ("curl/8.5.0", "A browser that does not say its name"),
        ("", "A browser that does not say its name"),
        ("<script>alert(1)</script> Linux", "Linux"),
    ],
)
def test_a_device_in_words(user_agent: str, words: str) -> None:
    assert device_in_words(user_agent) == words


def test_a_session_that_has_ended_holds_nothing(client: Client, ines: User) -> None:
    client.force_login(ines)
    Session.objects.update(expire_date=timezone.now() - dt.timedelta(seconds=1))

    store = import_module(settings.SESSION_ENGINE).SessionStore(client.session.session_key)

    assert not is_in(client)
    assert store.load() == {} and store.session_key is None


def test_a_request_asks_for_its_session_and_its_person_once(
    client: Client, ines: User, django_assert_num_queries: Any
) -> None:
    client.force_login(ines)
    with django_assert_num_queries(2):  # an address that shows nothing of the register
        assert client.get("/accounts/login/").status_code == 302


def lifetime_h(client: Client) -> float:
    session = Session.objects.get(session_key=client.session.session_key)
    return (session.expire_date - timezone.now()).total_seconds() / 3600


def test_a_sign_in_that_waits_for_its_code_lives_an_hour(desk: Client, ines: User) -> None:
    secret = set_second_factor(ines)
    sign_in(desk, ines)
    assert 0.9 < lifetime_h(desk) <= 1
    assert desk.cookies[settings.SESSION_COOKIE_NAME]["max-age"] == 3600
    desk.post("/accounts/2fa/authenticate/", {"code": code_of(secret)})
    assert is_in(desk)
    assert lifetime_h(desk) == pytest.approx(settings.SESSION_COOKIE_AGE / 3600, abs=0.1)


@pytest.mark.parametrize("key", [r"\000aaaaaaaa", "a" * 7, "ключключключ", "a-b-c-d-e-f-g"])
def test_a_key_that_is_none_of_ours_is_not_looked_up(key: str, db: None) -> None:
    store = import_module(settings.SESSION_ENGINE).SessionStore(key.replace(r"\000", chr(0)))
    with CaptureQueriesContext(connection) as queries:
        assert store.get("_auth_user_id") is None
    assert len(queries) == 0


def test_an_account_without_a_password_is_offered_none(desk: Client, ines: User) -> None:
    ines.set_unusable_password()
    ines.save()
    desk.force_login(ines)
    page = desk.get("/account/").text
    assert "Change password" not in page
    assert "this account has no password" in page
