"""Several web processes at one port: one may die, and what they count they count together."""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
import urllib.parse
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.core.cache import cache

from assets.models import Event
from tests.chaos.installation import children, command_line, stop, wait_for
from tests.processes import ROOT, Site, environment, free_port, running_site

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _counts_of_its_own() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


@contextmanager
def served(log: Path, *options: str) -> Iterator[Site]:
    """``manage.py serve`` without worker and sweeper."""
    port = free_port()
    with log.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, "manage.py", "serve", "--web-only", "--port", str(port), *options],
            cwd=ROOT,
            env=environment(),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        wait_for(lambda: "Hairline answers" in log.read_text(), "no page answers", every_s=0.1)
        yield Site(port=port, process=process)
    finally:
        stop(process)


def status(site: Site, path: str = "/healthz") -> int:
    """Of a request by a connection of its own."""
    client = http.client.HTTPConnection("127.0.0.1", site.port, timeout=10)
    client.request("GET", path)
    return client.getresponse().status


@pytest.mark.chaos
def test_one_killed_outright_comes_back_and_the_others_serve(tmp_path):
    with served(tmp_path / "log", "--workers", "2") as site:
        servers = wait_for(
            lambda: len(found := children(site.process.pid)) == 2 and found, "not two of them"
        )
        wait_for(lambda: listening(site) == 2, "not both listen", every_s=0.1)
        os.kill(servers[0], signal.SIGKILL)
        wait_for(lambda: not command_line(servers[0]), "it outlives SIGKILL")
        assert [status(site) for _ in range(20)] == [200] * 20
        wait_for(lambda: listening(site) == 2, "it does not come back", every_s=0.1)
        assert [status(site) for _ in range(20)] == [200] * 20
        left = children(site.process.pid)
        assert len(left) == 2
        site.process.send_signal(signal.SIGTERM)
        assert site.process.wait(20) == 0
    assert [pid for pid in (*servers, *left) if command_line(pid)] == []
    said = (tmp_path / "log").read_text()
    assert "ended (signal SIGKILL); starting it again" in said
    assert "Traceback" not in said


def listening(site: Site) -> int:
    """How many sockets listen at the site's port, as Linux counts them."""
    tables = [Path("/proc/net/tcp").read_text(), Path("/proc/net/tcp6").read_text()]
    rows = [line.split() for table in tables for line in table.splitlines()[1:]]
    return sum(row[1].endswith(f":{site.port:04X}") and row[3] == "0A" for row in rows)


@pytest.mark.chaos
def test_connections_are_shared_out(tmp_path):
    with served(tmp_path / "log", "--workers", "2") as site:
        wait_for(lambda: listening(site) == 2, "not both listen", every_s=0.1)
        clients = [http.client.HTTPConnection("127.0.0.1", site.port) for _ in range(40)]
        for client in clients:
            client.request("GET", "/healthz")
            client.getresponse().read()
        shares = [open_connections(pid) for pid in children(site.process.pid)]
        assert sum(shares) == 40
        assert min(shares) >= 5, "one of two has nearly all"


def open_connections(pid: int) -> int:
    """Established ones of a process."""
    inodes = {
        os.readlink(entry)[8:-1]
        for entry in Path(f"/proc/{pid}/fd").iterdir()
        if os.readlink(entry).startswith("socket:[")
    }
    rows = [line.split() for line in Path(f"/proc/{pid}/net/tcp").read_text().splitlines()[1:]]
    return sum(row[9] in inodes and row[3] == "01" for row in rows)


def test_wrong_passwords_are_counted_together(ines):
    ines.set_password("a long password")
    ines.save()
    with running_site() as one, running_site() as other:
        for site in (one, other, one, other, one):
            assert "do not fit together" in sign_in(site, "wrong")
        assert "too many failed tries" in sign_in(other, "a long password")


def test_another_port_in_the_header_is_not_another_account(client, ines):
    """Nor is another address from which the tries come."""
    said = [
        client.post(
            "/accounts/login/",
            {"login": "ines@example.org", "password": "wrong"},
            HTTP_HOST=f"localhost:{number}",
            REMOTE_ADDR=f"192.0.2.{number}",
        ).content.decode()
        for number in range(1, 7)
    ]
    assert all("do not fit together" in page for page in said[:5])
    assert "too many failed tries" in said[5]


def test_where_somebody_says_to_come_from_is_not_believed(organisation, ines):
    """With no proxy of ours (NUM_PROXIES=0) the connection says it, also from this machine."""
    with running_site() as site:
        sign_in(site, "wrong", **{"X-Forwarded-For": "203.0.113.9", "X-Real-Ip": "203.0.113.9"})

    (failed,) = Event.objects.filter(verb="access.sign_in_failed")
    assert failed.personal["from"] == "127.0.0.1"


def sign_in(site: Site, password: str, **more_headers: str) -> str:
    """The page that answers to somebody who signs in."""
    client = http.client.HTTPConnection("127.0.0.1", site.port, timeout=20)
    client.request("GET", "/accounts/login/")
    page = client.getresponse()
    csrf = page.headers["Set-Cookie"].split("csrftoken=")[1].split(";")[0]
    page.read()
    form = {"login": "ines@example.org", "password": password, "csrfmiddlewaretoken": csrf}
    headers = {
        "Cookie": f"csrftoken={csrf}",
        "Content-Type": "application/x-www-form-urlencoded",
        **more_headers,
    }
    client.request("POST", "/accounts/login/", urllib.parse.urlencode(form), headers)
    return client.getresponse().read().decode()


def test_tries_for_a_token_are_counted_together(db):
    with running_site(TOKEN_THROTTLE="4/min") as one, running_site(TOKEN_THROTTLE="4/min") as other:
        assert [ask_for_token(site) for site in (one, other, one, other)] == [401] * 4
        assert [ask_for_token(site) for site in (one, other)] == [429, 429]


def ask_for_token(site: Site) -> int:
    client = http.client.HTTPConnection("127.0.0.1", site.port, timeout=20)
    body = json.dumps({"username": "nobody@example.org", "password": "x"})
    client.request("POST", "/api/v1/auth/token/", body, {"Content-Type": "application/json"})
    return client.getresponse().status
