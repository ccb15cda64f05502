"""Clients that stop in the middle are let go; those that are only slow are not."""

from __future__ import annotations

import http.client
import socket
import time

import pytest

from portal.settings.environment import BASE_DIR
from tests.processes import Site, running_site

pytestmark = pytest.mark.django_db(transaction=True)

SOON = {
    "HEADERS_WITHIN_S": "2",
    "KEEP_ALIVE_S": "2",
    "BODY_STALL_S": "2",
    "ANSWER_STALL_S": "2",
    "WEB_CONNECTIONS": "20",
}
WITHIN_S = 15.0  # of which two to four are needed; the rest is for a busy machine


@pytest.fixture(scope="module")
def site(django_db_setup: None, django_db_blocker: pytest.FixtureRequest):
    with django_db_blocker.unblock(), running_site(**SOON) as one:
        yield one


def connect(site: Site) -> socket.socket:
    return socket.create_connection(("127.0.0.1", site.port), WITHIN_S)


def hear_out(client: socket.socket) -> bytes:
    """All that the site says until it closes; fails where it does not close in time."""
    said = b""
    while chunk := client.recv(65536):
        said += chunk
    return said


@pytest.mark.parametrize(
    "half",
    [
        "GET / HT",
        "GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: ",
        "POST /accounts/login/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99\r\n\r\nabc",
        "POST /accounts/login/ HTTP/1.1\r\nHost: localhost\r\n"
        "Transfer-Encoding: chunked\r\n\r\n5\r\nabc",
    ],
    ids=["request line", "header", "body", "chunk"],
)
def test_half_a_request_gets_408(site, half):
    with connect(site) as client:
        client.sendall(half.encode())
        assert hear_out(client).startswith(b"HTTP/1.1 408 ")


@pytest.mark.parametrize("word", [b"", b"\r\n"], ids=["nothing", "an empty line"])
def test_who_says_nothing_is_let_go(site, word):
    with connect(site) as client:
        client.sendall(word)
        assert not hear_out(client).startswith(b"HTTP/1.1 200 ")


def test_an_idle_connection_ends(site):
    with connect(site) as client:
        client.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert hear_out(client).startswith(b"HTTP/1.1 200 ")


def test_an_endless_header_ends(site):
    with connect(site) as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Long: " + b"x" * 300_000)
        assert client.recv(65536).startswith(b"HTTP/1.1 431 ")


def test_who_is_only_slow_is_heard(site):
    """A header and a body that take longer than any pause in them may."""
    with connect(site) as client:
        body = b"login=somebody%40example.org&password=x"
        client.sendall(b"POST /api/v1/auth/token/ HTTP/1.1\r\nHost: localhost\r\n")
        time.sleep(0.5)
        head = "Content-Type: application/x-www-form-urlencoded\r\nConnection: close\r\n"
        client.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n".encode())
        for place in range(0, len(body), 5):
            time.sleep(0.5)
            client.sendall(body[place : place + 5])
        assert hear_out(client).startswith(b"HTTP/1.1 400 ")


def test_an_answer_that_nobody_reads_is_given_up(site):
    with socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.settimeout(WITHIN_S)
        client.connect(("127.0.0.1", site.port))
        file = BASE_DIR / "static/vendor/plotly/plotly-strict.min.js"
        ask = f"GET /{file.relative_to(BASE_DIR)} HTTP/1.1\r\nHost: localhost\r\n\r\n"
        client.sendall(ask.encode() * 4)
        time.sleep(6)
        assert len(hear_out(client)) < 4 * file.stat().st_size


def test_more_connections_than_there_are_places(site):
    crowd = [connect(site) for _ in range(25)]
    try:
        one_more = http.client.HTTPConnection("127.0.0.1", site.port, timeout=WITHIN_S)
        one_more.request("GET", "/healthz")
        answer = one_more.getresponse()
        assert answer.status == 503
        assert answer.headers["Retry-After"] == "5"
        assert b"Wait a few seconds" in answer.read()
    finally:
        for client in crowd:
            client.close()
    time.sleep(1)
    one_more = http.client.HTTPConnection("127.0.0.1", site.port, timeout=WITHIN_S)
    one_more.request("GET", "/healthz")
    assert one_more.getresponse().status == 200
