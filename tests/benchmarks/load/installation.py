"""An installation of a tree of Hairline, started by its own ``manage.py serve`` and measured."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.processes import free_port

ROOT = Path(__file__).resolve().parents[3]
REGISTER = Path(__file__).with_name("register.py")
READY_WITHIN_S = 60
# What the supervisor starts beside the web processes.
NO_WEB = ("celery", "manage.py", "inference")


@dataclass(frozen=True)
class Installation:
    """What runs, and what its clients must know."""

    name: str
    port: int
    supervisor_pid: int
    assets: list[int]
    sessions: list[str]

    def web_cpu_s(self) -> float:
        """Processor time that its web processes have used so far, user and system."""
        tick = os.sysconf("SC_CLK_TCK")
        return sum(_ticks(pid) for pid in self._web_pids()) / tick

    def web_memory_mb(self) -> float:
        """Resident memory of its web processes together."""
        page = os.sysconf("SC_PAGE_SIZE")
        pages = [int(_read(pid, "statm").split()[1] or 0) for pid in self._web_pids()]
        return sum(pages) * page / 1e6

    def _web_pids(self) -> list[int]:
        family, waiting = [], [self.supervisor_pid]
        while waiting:
            pid = waiting.pop()
            for child in _read(pid, f"task/{pid}/children").split():
                family.append(int(child))
                waiting.append(int(child))
        found = [pid for pid in family if not any(w in _read(pid, "cmdline") for w in NO_WEB)]
        assert found, "no web process was found"
        return found


def _read(pid: int, what: str) -> str:
    try:
        return Path(f"/proc/{pid}/{what}").read_text()
    except OSError:
        return ""


def _ticks(pid: int) -> int:
    fields = _read(pid, "stat").rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12]) if fields else 0


@contextmanager
def checkout(commit: str, folder: Path) -> Iterator[Path]:
    """The tree of ``commit`` in ``folder``, for as long as the block lasts."""
    tree = folder / "before"
    archive = subprocess.run(
        ["git", "archive", commit], cwd=ROOT, check=True, capture_output=True
    ).stdout
    tree.mkdir()
    subprocess.run(["tar", "-x", "-C", str(tree)], input=archive, check=True)
    yield tree


@contextmanager
def running(
    name: str, tree: Path, folder: Path, *, people: int, database_url: str = ""
) -> Iterator[Installation]:
    """The site of ``tree``, filled and answering.

    Args:
        folder: for its data; made here.
        people: how many signed-in people there shall be.
        database_url: an empty database; SQLite in ``folder`` where it is left out.
    """
    folder.mkdir()
    environment = {
        name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"
    } | {"DATA_DIR": str(folder), "PYTHONPATH": str(tree), "LOG_LEVEL": "CRITICAL"}
    if database_url:
        environment["DATABASE_URL"] = database_url
    filled = subprocess.run(
        [sys.executable, str(REGISTER), str(people)],
        cwd=tree, env=environment, check=True, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    facts = json.loads(filled.stdout.splitlines()[-1])
    port = free_port()
    with (folder / "serve.log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "manage.py", "serve", "--port", str(port)],
            cwd=tree, env=environment, stdout=log, stderr=log, start_new_session=True,
        )  # fmt: skip
    try:
        _wait_for(port)
        yield Installation(name, port, process.pid, facts["assets"], facts["sessions"])
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(10)


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + READY_WITHIN_S
    while time.monotonic() < deadline:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=2).close()
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
        else:
            return
    raise SystemExit(f"An installation did not answer within {READY_WITHIN_S} s.")
