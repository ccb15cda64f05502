"""A real installation for tests that kill it: supervisor, web server, worker, test database."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from tests.processes import ROOT, environment, free_port

# Short, so that what is lost is found within a test.
SOON = {
    "DJANGO_SETTINGS_MODULE": "tests.chaos.settings",
    "LEASE_S": "3",
    "SWEEP_EVERY_S": "1",
    "RING_AGAIN_AFTER_S": "2",
    "WEB_PROCESSES": "2",
}
WORKER = "portal.celery --quiet"


@dataclass(frozen=True)
class Installation:
    """What runs; ``log`` holds all that it said."""

    process: subprocess.Popen
    log: Path

    def worker_pid(self) -> int | None:
        """The analysis worker's main process, while there is one."""
        found = [pid for pid in children(self.process.pid) if WORKER in command_line(pid)]
        return found[0] if found else None

    def signal_worker(self, number: signal.Signals) -> int:
        """Sends a signal to the worker and its pool process; returns the worker's id."""
        pid = wait_for(self.worker_pid, "no worker runs")
        os.killpg(pid, number)
        return pid


@contextmanager
def installation(folder: Path, **settings: str) -> Iterator[Installation]:
    """Two web servers, the workers and the sweeper; stopped when the block ends.

    Args:
        settings: variables in place of :data:`SOON`.
    """
    log = folder / "serve.log"
    with log.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, "manage.py", "serve", "--port", str(free_port())],
            cwd=ROOT,
            env=environment(**(settings or SOON)),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        running = Installation(process, log)
        try:
            wait_for(running.worker_pid, "the worker does not start")
            yield running
        except BaseException:
            print(log.read_text())
            raise
        finally:
            stop(process)


@contextmanager
def another_worker() -> Iterator[subprocess.Popen]:
    """A second worker beside the installation's own."""
    code = "from portal.supervisor import worker; print(*worker().command, sep='\\0')"
    names = subprocess.run(
        [sys.executable, "-c", f"import django; django.setup(); {code}"],
        cwd=ROOT, env=environment(), capture_output=True, text=True, check=True,
    ).stdout.strip()  # fmt: skip
    process = subprocess.Popen(
        names.split("\0"), cwd=ROOT, env=environment(**SOON), start_new_session=True
    )
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(10)


def stop(process: subprocess.Popen) -> None:
    """As Ctrl-C does; killed where that does not help."""
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(10)


def wait_for(
    what: Callable[[], object], otherwise: str, *, within_s: float = 60, every_s: float = 0.02
) -> object:
    """The first true answer; fails with ``otherwise`` where none comes."""
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        if found := what():
            return found
        time.sleep(every_s)
    raise AssertionError(f"{otherwise} within {within_s:.0f} s")


def children(pid: int) -> list[int]:
    """Processes started by ``pid`` that still run."""
    answer = subprocess.run(
        ["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True, check=False
    )
    return [int(word) for word in answer.stdout.split()]


def command_line(pid: int) -> str:
    """What a process was started with; empty where it is gone."""
    answer = subprocess.run(
        ["ps", "-ww", "-o", "args=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return answer.stdout
