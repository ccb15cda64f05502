"""Alerts through the API."""

from __future__ import annotations

import pytest

from assets.models import Alert
from tests import factories


@pytest.fixture
def alert(visit) -> Alert:
    factories.analyse(factories.make_photo(visit), 0.4)
    return Alert.objects.get()


def test_lists_filter(program, mia, otto, alert, bridge):
    client = program(mia)

    def listed(query: str) -> int:
        answer = client.get(f"/api/v1/alerts/?{query}")
        assert answer.status_code == 200, answer.json()
        return answer.json()["count"]

    assert listed("") == listed("state=open") == listed(f"asset={bridge.pk}") == 1
    assert listed("state=acknowledged") == listed("state=resolved") == 0
    assert listed("state=open,resolved&rule=first_seen") == 1
    assert listed("rule=worsened") == 0
    assert client.get("/api/v1/alerts/?state=unseen").status_code == 400
    assert program(otto).get("/api/v1/alerts/").json()["count"] == 0


def test_acknowledging(program, mia, ines, otto, alert):
    address = f"/api/v1/alerts/{alert.pk}/acknowledge/"
    assert program(otto).post(address).status_code == 404
    assert program(ines).post(address).status_code == 403
    answer = program(mia).post(address, {"note": "Crew ordered."}, format="json")
    assert answer.status_code == 200, answer.json()
    body = answer.json()
    assert (body["state"], body["note"]) == ("acknowledged", "Crew ordered.")
    assert body["acknowledged_by"] == "Mia Manager"
    assert (body["severity"], body["defect"]["number"]) == ("CS2", 1)
    again = program(mia).post(address, {"note": "Twice."}, format="json")
    assert (again.status_code, again.json()["note"]) == (200, "Crew ordered.")


def test_what_is_settled_cannot_be_acknowledged(program, mia, alert):
    Alert.objects.update(resolved_at=alert.updated_at)
    answer = program(mia).post(f"/api/v1/alerts/{alert.pk}/acknowledge/")
    assert (answer.status_code, answer.json()["code"]) == (409, "alert_resolved")
