"""Links of invitations, made by the page or beside it, and what is typed behind them."""

from __future__ import annotations

import re

from django.test import Client

from assets.models import Organisation, User
from assets.services.invitations import invite

GOOD = "seven words nobody guesses"
JOIN = {"password_now": "letmein", "password": GOOD, "password_again": GOOD}
NEW = {"name": "Nora New", "password": GOOD, "password_again": GOOD}
LINK = re.compile(r"http://testserver(/invitations/[\w-]{43}/)")


def invite_by_page(client: Client, email: str, role: str = "inspector", **more: object) -> str:
    answer = client.post("/members/invite/", {"email": email, "role": role, **more})
    assert answer.status_code == 200, answer.content.decode()
    found = LINK.search(answer.content.decode())
    assert found is not None
    return found[1]


def link_of(organisation: Organisation, actor: User, email: str, role: str = "inspector") -> str:
    _, token = invite(organisation=organisation, actor=actor, email=email, role=role)
    return f"/invitations/{token}/"
