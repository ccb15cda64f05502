"""Signing in as a person does: password, code, and what the ledger says of it."""

from __future__ import annotations

import time
from typing import Any

from allauth.mfa.totp.internal.auth import (
    TOTP,
    format_hotp_value,
    generate_totp_secret,
    hotp_value,
)
from django.test import Client

from assets.models import Event, Organisation, User

PASSWORD = "letmein"
LOGIN = "/accounts/login/"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
SAFARI = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like "
    "Gecko) Version/17.5 Mobile/15E148 Safari/604.1"
)


def set_second_factor(user: User) -> str:
    """Gives the person an authenticator app; returns its secret."""
    secret = generate_totp_secret()
    TOTP.activate(user, secret)
    return secret


def code_of(secret: str, *, steps: int = 0) -> str:
    """What the app shows now, or that many steps of 30 s later."""
    if time.time() % 30 > 27:
        time.sleep(3.1)  # so that the step does not end between the code and its use
    counter = int(time.time()) // 30 + steps
    return format_hotp_value(hotp_value(secret, counter))


def sign_in(client: Client, user: User, *, password: str = PASSWORD, code: str = "") -> Any:
    """By the pages; the answer to the last step."""
    answer = client.post(LOGIN, {"login": user.email, "password": password})
    return client.post("/accounts/2fa/authenticate/", {"code": code}) if code else answer


def is_in(client: Client) -> bool:
    """Whether a page opens for this browser."""
    return bool(client.get("/account/").status_code == 200)


def entries(organisation: Organisation, verb: str) -> list[Event]:
    """The ledger's entries of one kind, in order."""
    found = Event.objects.filter(organisation=organisation, verb=verb)
    return list(found.order_by("seq"))
