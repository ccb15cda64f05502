"""Whatever goes wrong, a program gets a problem object with a code, a sentence and a hint."""

from __future__ import annotations

import pytest
from django.db import OperationalError
from django.test import Client
from rest_framework.test import APIClient


def problem(answer, status: int, code: str) -> dict:
    assert answer.status_code == status, answer.content
    assert answer["Content-Type"] == "application/problem+json"
    body = answer.json()
    assert (body["status"], body["code"]) == (status, code)
    assert body["title"] == body["detail"]
    assert len(body["detail"]) > 10
    assert len(body["hint"]) > 10
    return body


@pytest.mark.parametrize(
    "path", ["/api/v1/nothing/", "/api/v2/", "/api/v1/assets/abc/", "/api/v1/assets/0/"]
)
def test_nothing_here(program, mia, path):
    problem(program(mia).get(path), 404, "not_found")


def test_a_number_beyond_all_numbers(program, mia, bridge):
    client = program(mia)
    problem(client.get(f"/api/v1/assets/{10**30}/"), 404, "not_found")
    problem(client.get(f"/api/v1/defects/?asset={10**30}"), 400, "invalid")
    sent = {"asset": 10**30, "kind": "walk"}
    problem(client.post("/api/v1/inspections/", sent, format="json"), 404, "not_found")


def test_nobody_signed_in(db):
    answer = APIClient().get("/api/v1/assets/")
    problem(answer, 401, "not_authenticated")
    assert answer["WWW-Authenticate"] == "Token"


def test_an_unknown_token(db):
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION="Token hl_made-up")
    problem(client.get("/api/v1/assets/"), 401, "authentication_failed")


def test_a_method_that_is_not_taken(program, mia):
    problem(program(mia).put("/api/v1/defects/"), 405, "method_not_allowed")


def test_a_body_that_is_no_json(program, alice):
    answer = program(alice).post(
        "/api/v1/assets/", data='{"kind": ', content_type="application/json"
    )
    problem(answer, 400, "parse_error")


def test_a_list_where_an_object_belongs(program, alice):
    problem(program(alice).post("/api/v1/assets/", [1, 2], format="json"), 400, "invalid")


def test_a_kind_of_body_that_is_not_taken(program, alice):
    answer = program(alice).post("/api/v1/assets/", data="<a/>", content_type="application/xml")
    problem(answer, 415, "unsupported_media_type")


def test_an_answer_kind_that_is_not_given(program, mia):
    answer = program(mia).get("/api/v1/assets/", HTTP_ACCEPT="application/xml")
    problem(answer, 406, "not_acceptable")


def test_a_session_without_proof_of_origin(alice):
    client = Client(enforce_csrf_checks=True)
    client.force_login(alice)
    answer = client.post("/api/v1/assets/", {"kind": "bridge"}, content_type="application/json")
    problem(answer, 403, "csrf_failed")


def test_a_form_without_proof_of_origin(alice):
    client = Client(enforce_csrf_checks=True)
    client.force_login(alice)
    program = client.post("/accounts/logout/", HTTP_ACCEPT="application/json")
    problem(program, 403, "csrf_failed")
    person = client.post("/accounts/logout/")
    assert person.status_code == 403
    assert "Reload the page" in person.content.decode()


def test_a_database_that_does_not_answer(program, mia, monkeypatch):
    def locked(*args, **kwargs):
        raise OperationalError("database is locked")

    monkeypatch.setattr("portal.api.views.alerts.list_alerts", locked)
    problem(program(mia).get("/api/v1/alerts/"), 503, "database_unavailable")


def test_a_person_gets_a_page(client, mia):
    client.force_login(mia)
    for path in ("/nothing/", "/photos/999999/", "/assets/999999/"):
        answer = client.get(path)
        assert answer.status_code == 404
        assert answer["Content-Type"].startswith("text/html")
        assert "There is nothing at this address." in answer.content.decode()


def test_an_error_of_ours_says_so_and_shows_nothing(program, mia, monkeypatch):
    def broken(*args, **kwargs):
        raise RuntimeError("secret inside")

    monkeypatch.setattr("portal.api.views.alerts.list_alerts", broken)
    client = program(mia)
    client.raise_request_exception = False
    body = problem(client.get("/api/v1/alerts/"), 500, "server_error")
    assert "secret" not in str(body)
    assert "log" in body["detail"]
