"""Refusals of the database over HTTP: a sentence and 409 or 400, never a 500."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from assets.models import Asset, LedgerHead, User
from assets.services.portfolio import create_asset, edit_asset
from portal.api.authentication import issue_token

NEW = {
    "kind": "bridge", "code": "BR-1", "name": "Bridge", "latitude": 50.0, "longitude": 7.0,
    "time_zone": "UTC",
}  # fmt: skip


@pytest.fixture
def torn_ledger(bridge: Asset, ada: User) -> None:
    """A head that was set back, as by a backup restored in part: its next number is taken."""
    edit_asset(asset=bridge, actor=ada, name="Ahr bridge, upper")
    assert LedgerHead.objects.update(seq=0) == 1


def browser(user: User) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(user)
    return client


def test_the_api_says_what_was_refused(torn_ledger: None, bridge: Asset, ada: User) -> None:
    client = Client(raise_request_exception=False)
    answer = client.post(
        "/api/v1/assets/", NEW, content_type="application/json",
        headers={"Authorization": f"Token {issue_token(user=ada)[0]}"},
    )  # fmt: skip

    assert answer.status_code == 409, answer.content
    assert answer["Content-Type"] == "application/problem+json"
    body = answer.json()
    assert body["code"] == "conflict"
    assert "next number of the ledger is taken" in body["detail"]
    assert "nothing was changed" in body["hint"]
    assert Asset.objects.get() == bridge


def test_a_page_says_what_was_refused(torn_ledger: None, bridge: Asset, ada: User) -> None:
    answer = browser(ada).post(reverse("asset-new"), NEW)

    assert answer.status_code == 409
    html = answer.content.decode()
    assert "next number of the ledger is taken" in html and "nothing was changed" in html
    assert Asset.objects.get() == bridge


def test_a_wrong_value_that_no_service_saw_is_400(
    bridge: Asset, ada: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The service's own check is taken away: the database's is left, and says as much."""
    monkeypatch.setattr("assets.services.inspections.check_distance", lambda *given: given)
    answer = browser(ada).post(
        "/api/v1/inspections/", {"asset": bridge.pk, "kind": "walk", "distance_m": -1},
        content_type="application/json",
    )  # fmt: skip

    assert answer.status_code == 400, answer.content
    assert answer.json()["code"] == "invalid"
    assert "above 0 m" in answer.json()["detail"]
    assert not bridge.inspections.exists()


def test_a_code_that_is_taken_is_said_with_the_code(bridge: Asset, ada: User) -> None:
    create_asset(organisation=bridge.organisation, actor=ada, **NEW)
    answer = browser(ada).post("/api/v1/assets/", NEW, content_type="application/json")
    assert answer.status_code == 400
    assert (answer.json()["code"], list(answer.json()["fields"])) == ("code_taken", ["code"])
    assert "BR-1" in answer.json()["detail"]
