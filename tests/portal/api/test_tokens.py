"""Signing in for programs."""

from __future__ import annotations

import datetime as dt

import pytest
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import (
    TOTP,
    format_hotp_value,
    generate_totp_secret,
    hotp_value,
    yield_hotp_counters_from_time,
)
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.utils import timezone
from rest_framework.test import APIClient

from portal.models import ApiToken

ADDRESS = "/api/v1/auth/token/"


@pytest.fixture
def client() -> APIClient:
    return APIClient()


def test_right_password_gives_a_token_that_works_and_is_stored_as_a_hash(client, alice):
    answer = client.post(ADDRESS, {"username": "Alice@Example.org", "password": "letmein"})
    assert answer.status_code == 200, answer.json()
    key = answer.json()["token"]
    assert answer["Cache-Control"] == "no-store"
    row = ApiToken.objects.get(user=alice)
    assert key not in (row.prefix, row.key_sha256)
    assert dt.datetime.fromisoformat(answer.json()["expires_at"]) > timezone.now()
    client.credentials(HTTP_AUTHORIZATION=f"Token {key}")
    assert client.get("/api/v1/assets/").status_code == 200


def test_unknown_person_and_wrong_password_look_the_same(client, alice):
    wrong = client.post(ADDRESS, {"username": "alice@example.org", "password": "nope"})
    unknown = client.post(ADDRESS, {"username": "nobody@example.org", "password": "nope"})
    alice.is_active = False
    alice.save()
    inactive = client.post(ADDRESS, {"username": "alice@example.org", "password": "letmein"})
    assert wrong.status_code == unknown.status_code == inactive.status_code == 401
    assert wrong.json() == unknown.json() == inactive.json()
    assert wrong.json()["code"] == "wrong_credentials"
    assert wrong["WWW-Authenticate"] == "Token"


def test_an_unknown_person_costs_the_same_hashing(client, alice, settings, monkeypatch):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.PBKDF2PasswordHasher"]
    alice.set_password("letmein")
    alice.save()
    hashed = []
    encode = PBKDF2PasswordHasher.encode
    monkeypatch.setattr(
        PBKDF2PasswordHasher,
        "encode",
        lambda *args, **kwargs: hashed.append(1) or encode(*args, **kwargs),
    )
    client.post(ADDRESS, {"username": "alice@example.org", "password": "nope"})
    for_known = len(hashed)
    hashed.clear()
    client.post(ADDRESS, {"username": "nobody@example.org", "password": "nope"})
    assert len(hashed) == for_known == 1


def test_missing_fields_are_named(client, db):
    answer = client.post(ADDRESS, {"username": "alice@example.org"}, format="json")
    assert answer.status_code == 400
    assert answer.json()["fields"] == {"password": ["This field is required."]}
    assert "password" in answer.json()["detail"]


def test_too_many_wrong_passwords_are_held(client, alice):
    codes = [
        client.post(ADDRESS, {"username": "alice@example.org", "password": f"no{n}"}).status_code
        for n in range(12)
    ]
    assert codes[0] == 401
    assert codes[-1] == 429
    # The name is held, right password or not, until some minutes have passed.
    held = client.post(ADDRESS, {"username": "alice@example.org", "password": "letmein"})
    assert held.status_code == 429
    assert held.json()["code"] == "throttled"
    assert held["Retry-After"] == "300"
    assert "300 seconds" in held.json()["detail"]


def test_the_throttle_counts_by_name(client, alice, ines):
    for n in range(12):
        client.post(ADDRESS, {"username": "nobody@example.org", "password": f"no{n}"})
    elsewhere = APIClient(REMOTE_ADDR="192.0.2.7")
    good = elsewhere.post(ADDRESS, {"username": "ines@example.org", "password": "letmein"})
    assert good.status_code == 200


def test_right_sign_ins_are_counted_too(client, alice, monkeypatch):
    monkeypatch.setattr("portal.api.throttles.SignInThrottle.rate", "2/min", raising=False)
    sent = {"username": "alice@example.org", "password": "letmein"}
    assert [client.post(ADDRESS, sent).status_code for _ in range(3)] == [200, 200, 429]


def test_delete_revokes_the_token_used(client, alice):
    sent = {"username": "alice@example.org", "password": "letmein"}
    first, second = (client.post(ADDRESS, sent).json()["token"] for _ in range(2))
    client.credentials(HTTP_AUTHORIZATION=f"Token {first}")
    assert client.delete(ADDRESS).status_code == 204
    gone = client.get("/api/v1/assets/")
    assert gone.status_code == 401
    assert gone.json()["code"] == "authentication_failed"
    client.credentials(HTTP_AUTHORIZATION=f"Token {second}")
    assert client.get("/api/v1/assets/").status_code == 200


def test_delete_without_a_token_is_refused(client, alice):
    client.force_login(alice)
    assert client.delete(ADDRESS).status_code == 401


def test_an_expired_token_does_not_open_but_a_new_one_can_be_had(client, alice):
    sent = {"username": "alice@example.org", "password": "letmein"}
    key = client.post(ADDRESS, sent).json()["token"]
    ApiToken.objects.update(expires_at=timezone.now() - dt.timedelta(seconds=1))
    client.credentials(HTTP_AUTHORIZATION=f"Token {key}")
    refused = client.get("/api/v1/assets/")
    assert refused.status_code == 401
    assert "expired" in refused.json()["detail"]
    assert client.post(ADDRESS, sent).status_code == 200


def _code(secret: str) -> str:
    return format_hotp_value(hotp_value(secret, next(yield_hotp_counters_from_time())))


def test_a_second_factor_wants_its_code(client, alice):
    secret = generate_totp_secret()
    TOTP.activate(alice, secret)
    sent = {"username": "alice@example.org", "password": "letmein"}
    without = client.post(ADDRESS, sent)
    assert (without.status_code, without.json()["code"]) == (401, "second_factor_needed")
    assert "six digits" in without.json()["hint"]
    wrong_password = client.post(ADDRESS, {**sent, "password": "nope"})
    assert wrong_password.json()["code"] == "wrong_credentials"  # tells nothing of the factor
    assert "Check both" in wrong_password.json()["hint"]
    code = _code(secret)
    wrong = client.post(ADDRESS, {**sent, "code": f"{(int(code) + 1) % 1_000_000:06d}"})
    assert (wrong.status_code, wrong.json()["code"]) == (401, "wrong_code")
    assert client.post(ADDRESS, {**sent, "code": code}).status_code == 200
    again = client.post(ADDRESS, {**sent, "code": code})
    assert (again.status_code, again.json()["code"]) == (401, "wrong_code")


def test_a_recovery_code_works_once(client, alice):
    TOTP.activate(alice, generate_totp_secret())
    code = RecoveryCodes.activate(alice).get_unused_codes()[0]
    sent = {"username": "alice@example.org", "password": "letmein", "code": code}
    assert client.post(ADDRESS, sent).status_code == 200
    assert client.post(ADDRESS, sent).status_code == 401


def test_codes_cannot_be_guessed_at_length(client, alice):
    TOTP.activate(alice, generate_totp_secret())
    sent = {"username": "alice@example.org", "password": "letmein", "code": "000000"}
    codes = [client.post(ADDRESS, sent).status_code for _ in range(8)]
    assert codes[-1] == 429


def test_a_half_written_header_is_refused_with_a_sentence(client, alice):
    client.credentials(HTTP_AUTHORIZATION="Token")
    answer = client.get("/api/v1/assets/")
    assert answer.status_code == 401
    assert "Authorization header" in answer.json()["detail"]


def test_a_number_of_thousands_of_digits_is_refused_in_our_words(client, db):
    body = '{"username": ' + "9" * 5000 + "}"
    answer = client.post(ADDRESS, body, content_type="application/json")
    assert answer.status_code == 400
    assert answer.json()["detail"] == "A number in this JSON has thousands of digits."
