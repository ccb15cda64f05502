"""The gate: what comes in odd is refused in a sentence, HEAD is answered, answers stay private."""

from __future__ import annotations

import pytest
from django.db import DataError, InterfaceError, OperationalError
from django.test import Client, RequestFactory
from django.urls import reverse

from assets.errors import DomainError
from portal.errors import server_error
from portal.serving.asgi_request import Utf8Request
from portal.whole_numbers import LARGEST, whole_number


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0", 0), ("17", 17), ("007", 7), (str(LARGEST), LARGEST),
        (str(LARGEST + 1), None), ("9" * 5000, None), ("²", None), ("٣", None), ("-1", None),
        ("1_0", None), (" 7", None), ("", None), ("1e3", None),
    ],
)  # fmt: skip
def test_whole_numbers(text, number):
    assert whole_number(text) == number


def test_a_text_that_no_row_keeps_is_refused_in_a_sentence(client, emil, bridge):
    client.force_login(emil)
    before = bridge.name
    edit = reverse("asset-edit", args=[bridge.pk])
    for answer in (client.get("/?search=a%00b"), client.post(edit, {"name": "a\0b"})):
        assert answer.status_code == 400
        assert answer["Content-Type"].startswith("text/html")
        assert "holds a character that cannot be kept" in answer.content.decode()
    bridge.refresh_from_db()
    assert bridge.name == before


def test_a_program_gets_a_problem(client, emil, bridge):
    client.force_login(emil)
    answers = [
        client.get("/api/v1/assets/?search=a%00b"),
        client.post("/api/v1/assets/", '{"name": "a\\u0000b"}', content_type="application/json"),
        client.post("/api/v1/assets/", '{"name": "\\ud83d"}', content_type="application/json"),
        client.post("/api/v1/assets/", "[" * 100_000, content_type="application/json"),
    ]
    for answer in answers:
        assert answer.status_code == 400
        assert answer["Content-Type"] == "application/problem+json"
        assert answer.json()["hint"].endswith(".")


def test_head_never_changes_anything(client, alice, ines):
    """A view that takes all but GET for a change is asked by GET."""
    client.force_login(alice)
    address = reverse("member-remove", args=[ines.memberships.get().pk])
    answer = client.head(address)
    assert (answer.status_code, answer.content) == (200, b"")
    assert ines.memberships.count() == 1


def test_pages_are_kept_by_nobody(client, mia, bridge):
    client.force_login(mia)
    for address in ("/", reverse("asset", args=[bridge.pk]), "/nothing/", "/account/"):
        assert client.get(address)["Cache-Control"] == "private, no-store", address
    assert client.get("/api/v1/assets/")["Cache-Control"] == "private, no-store"
    assert client.get("/api/v1/map/0/0/0/")["Cache-Control"] == "private, no-cache"
    assert "private" in Client().get("/accounts/login/")["Cache-Control"]
    assert "private" not in client.get("/static/css/hairline.css")["Cache-Control"]


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (OperationalError("connection refused"), 503, "database_unavailable"),
        (InterfaceError("the connection is closed"), 503, "database_unavailable"),
        (OperationalError("database or disk is full"), 507, "disk_full"),
        (OperationalError("could not extend file: No space left on device"), 507, "disk_full"),
        (OSError(28, "No space left on device"), 507, "disk_full"),
        (DataError("integer out of range"), 400, "bad_request"),
        (DomainError("conflict", "It was decided meanwhile.", "Load it again."), 409, "conflict"),
        (RuntimeError("secret"), 500, "server_error"),
    ],
)
def test_an_error_that_no_view_answers_for(error, status, code):
    """As Django calls it: while the exception is being handled, wherever it was raised."""
    asks = RequestFactory()
    try:
        raise error
    except Exception:  # noqa: BLE001  Django's own handler catches all
        program = server_error(asks.get("/api/v1/assets/"))
        page = server_error(asks.get("/"))
    assert (program.status_code, page.status_code) == (status, status)
    assert f'"code": "{code}"' in program.content.decode()
    assert page["Content-Type"].startswith("text/html")
    assert ("Retry-After" in page) == ("Retry-After" in program) == (status == 503)
    assert "secret" not in page.content.decode() + program.content.decode()


def test_a_charset_that_is_no_charset_breaks_no_request():
    """Django decodes by any codec of Python's, before any middleware runs."""
    scope = {
        "type": "http", "method": "GET", "path": "/", "query_string": b"search=x",
        "headers": [(b"content-type", b"text/plain; charset=rot13")],
    }  # fmt: skip
    request = Utf8Request(scope, None)
    assert (request.GET["search"], request.encoding) == ("x", None)
    assert request.content_params == {"charset": "rot13"}
