"""Real processes for tests: a site on its own port, against the test database of this run."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.db import connection

ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Site:
    """A running site."""

    port: int
    process: subprocess.Popen

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.port}"


def free_port() -> int:
    """A port that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def database_url() -> str:
    """The address of the database that this test run uses."""
    chosen = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{chosen['NAME']}"
    place = f"{chosen['HOST'] or 'localhost'}:{chosen['PORT'] or 5432}"
    return f"postgres://{chosen['USER']}:{chosen['PASSWORD']}@{place}/{chosen['NAME']}"


def environment(**more: str) -> dict[str, str]:
    """The environment of a process that shares this run's database, files and key."""
    return {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "DATABASE_URL": database_url(),
        "DATA_DIR": str(settings.DATA_DIR),
        "SECRET_KEY": settings.SECRET_KEY,
        "LOG_LEVEL": "WARNING",
        **more,
    }


@contextmanager
def running_site(**more_environment: str) -> Iterator[Site]:
    """A site on this run's database, answering when the block begins and gone when it ends."""
    with serving_site(environment(**more_environment)) as site:
        yield site


@contextmanager
def serving_site(whole_environment: dict[str, str]) -> Iterator[Site]:
    """A site in a process of its own, on whatever database its environment names."""
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "portal.serving.web_server", "--port", str(port)],
        cwd=ROOT,
        env=whole_environment,
    )
    try:
        site = Site(port=port, process=process)
        _wait_for(site)
        yield site
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(10)


def _wait_for(site: Site, within_s: float = 30) -> None:
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        if site.process.poll() is not None:
            raise AssertionError(f"The site ended with status {site.process.returncode}.")
        try:
            urllib.request.urlopen(f"{site.base}/healthz", timeout=2).close()
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError(f"The site did not answer within {within_s:.0f} s.")
