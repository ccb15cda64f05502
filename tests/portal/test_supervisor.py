"""The supervisor stops cleanly, starts again what died, and leaves nothing behind."""

from __future__ import annotations

import signal
import sys
import threading
import time

import pytest

from portal.supervisor import Part, Supervisor
from tests.chaos.installation import children, command_line, installation, wait_for

pytestmark = pytest.mark.django_db(transaction=True)


def alive(*pids: int) -> list[int]:
    return [pid for pid in pids if command_line(pid)]


@pytest.mark.chaos
def test_ctrl_c_stops_everything_within_seconds(tmp_path):
    with installation(tmp_path) as running:
        wait_for(lambda: "Hairline answers" in running.log.read_text(), "no page answers")
        started = children(running.process.pid)
        assert len(started) == 4
        began = time.monotonic()
        running.process.send_signal(signal.SIGINT)
        assert running.process.wait(20) == 0
        assert time.monotonic() - began < 15
    assert alive(*started) == []
    said = running.log.read_text()
    assert "Stopped." in said
    assert "Traceback" not in said
    assert "worker:" not in said


@pytest.mark.chaos
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="Linux tells children of it.")
def test_killed_outright_it_leaves_no_child(tmp_path):
    with installation(tmp_path) as running:
        worker = wait_for(running.worker_pid, "no worker runs")
        wait_for(lambda: children(worker), "the worker has no pool process")
        family = [*children(running.process.pid), *children(worker)]
        running.process.send_signal(signal.SIGINT)  # in the middle of an orderly stop
        time.sleep(0.3)
        running.process.kill()
        running.process.wait()
        wait_for(lambda: not alive(*family), f"{family} outlive it", within_s=20, every_s=0.1)


def test_what_dies_is_started_again_ever_more_slowly(monkeypatch):
    monkeypatch.setattr("portal.supervisor.FIRST_PAUSE_S", 0.2)
    part = Part("short-lived part", [sys.executable, "-c", "raise SystemExit(3)"])
    part.pause_s = 0.2
    said: list[str] = []
    supervisor = Supervisor([part], say=said.append)
    stopper = threading.Thread(
        target=lambda: wait_for(lambda: len(said) >= 3, "never again") and supervisor.stop()
    )
    stopper.start()
    supervisor.run()
    stopper.join()
    assert said[0].startswith("The short-lived part ended (status 3); starting it again")
    assert part.pause_s == pytest.approx(0.2 * 2 ** len(said))


def test_a_part_that_will_not_leave_is_killed(monkeypatch):
    monkeypatch.setattr("portal.supervisor.STOP_WITHIN_S", 0.5)
    stubborn = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(60)"
    part = Part("stubborn part", [sys.executable, "-c", stubborn])
    supervisor = Supervisor([part], say=lambda sentence: None)
    threading.Timer(1.0, supervisor.stop).start()
    supervisor.run()
    assert part.process is not None
    assert part.process.returncode == -signal.SIGKILL
