"""The pool of PostgreSQL connections: bounded, waits five seconds, recovers after a restart."""

from __future__ import annotations

import http.client
import os
import subprocess
import sys
import threading
import time
from functools import partial
from pathlib import Path

import pytest
from django.db import connection, transaction

from portal.api.authentication import issue_token
from tests.processes import ROOT, Site, environment, running_site
from tests.services import POSTGRES_URL, need
from tests.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)
on_postgresql = pytest.mark.skipif(
    "connection.vendor != 'postgresql'", reason="Run by the last test of this file."
)
PAGE = "/api/v1/assets/"


def ask(site: Site, key: str) -> tuple[int, str | None, float]:
    """Status, Retry-After and seconds of a request that reads the database."""
    began = time.monotonic()
    client = http.client.HTTPConnection("127.0.0.1", site.port, timeout=60)
    client.request("GET", PAGE, headers={"Authorization": f"Token {key}"})
    answer = client.getresponse()
    answer.read()
    return answer.status, answer.headers["Retry-After"], time.monotonic() - began


@on_postgresql
def test_who_waits_in_vain_is_told_within_seconds(ines):
    key, _token = issue_token(user=ines)
    locked, over = threading.Event(), threading.Event()

    def hold() -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("LOCK TABLE assets_asset IN ACCESS EXCLUSIVE MODE")
            locked.set()
            over.wait(60)

    def ask_all() -> list[tuple[int, str | None, float]]:
        assert locked.wait(20)
        with running_site(DB_POOL_MAX="2", WEB_THREADS="12") as site:
            asked = [partial(ask, site, key) for _ in range(10)]
            let_go = threading.Timer(9, over.set)
            let_go.start()
            answers = at_once(*asked)
            answers.append(ask(site, key))
            return answers

    _none, answers = at_once(hold, ask_all)
    *crowd, afterwards = answers
    told = [one for one in crowd if one[0] == 503]
    assert sorted({status for status, _, _ in crowd}) == [200, 503]
    assert len(told) == 8, "two hold a connection and wait for the table"
    assert all(wait and int(wait) > 0 for _, wait, _ in told)
    assert all(4 < took_s < 8 for _, _, took_s in told)
    assert afterwards[0] == 200


@on_postgresql
def test_connections_that_postgresql_has_ended_are_not_handed_out(ines):
    key, _token = issue_token(user=ines)
    with running_site(DB_POOL_MAX="3") as site:
        for _ in range(3):
            assert ask(site, key)[0] == 200
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
                    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
                assert cursor.fetchone()[0] >= 1
            assert ask(site, key)[0] == 200


@on_postgresql
@pytest.mark.parametrize(("process", "pools"), [("web", True), ("", False)])
def test_only_a_web_process_has_a_pool(process, pools):
    """A pool that was opened before a fork would be broken in the child."""
    code = "import django; django.setup(); from django.db import connection; print(connection.pool)"
    said = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT, env=environment(HAIRLINE_PROCESS=process), capture_output=True, text=True,
        check=True,
    ).stdout  # fmt: skip
    assert ("ConnectionPool" in said) == pools


@pytest.mark.services
@pytest.mark.timeout(300)
def test_all_that_on_postgresql(tmp_path):
    if connection.vendor == "postgresql":
        pytest.skip("This whole run is on PostgreSQL already.")
    inherited = ("PYTEST_XDIST_WORKER", "PYTEST_XDIST_WORKER_COUNT", "PYTEST_ADDOPTS")
    run = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--create-db"),
            str(Path(__file__)),
        ],
        cwd=ROOT,
        env={
            **{key: value for key, value in os.environ.items() if key not in inherited},
            "DATABASE_URL": f"{need(POSTGRES_URL).rpartition('/')[0]}/pool",
            "DATA_DIR": str(tmp_path),
        },
        capture_output=True,
        text=True,
        timeout=280,
    )
    assert run.returncode == 0, run.stdout[-6000:] + run.stderr[-2000:]
