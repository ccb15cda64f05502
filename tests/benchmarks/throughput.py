"""A whole installation, started afresh: file received to result visible, and a queue of twenty."""

from __future__ import annotations

import os
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import requests

from tests.benchmarks.table import Row

EMAIL = "bench@bench.example"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _wait(base: str) -> None:
    for _ in range(240):
        try:
            if requests.get(base + "/readyz", timeout=2).ok:
                return
        except requests.RequestException:
            pass
        time.sleep(0.5)
    raise SystemExit("The server was not ready within two minutes.")


def _until_done(session: requests.Session, base: str, ids: list[int], limit_s: float) -> float:
    """Seconds until none of them waits any more."""
    started, waiting = time.perf_counter(), set(ids)
    while waiting:
        for pk in list(waiting):
            state = session.get(f"{base}/api/v1/photos/{pk}/", timeout=30).json()["state"]
            if state not in ("queued", "processing"):
                assert state == "done", state
                waiting.discard(pk)
        if time.perf_counter() - started > limit_s:
            raise SystemExit(f"{len(waiting)} photos were not analysed within {limit_s:.0f} s.")
        time.sleep(0.1)
    return time.perf_counter() - started


def _send(session: requests.Session, base: str, inspection: int, content: bytes, n: int) -> int:
    # A comment segment after the JPEG's first marker makes each copy a photo of its own.
    note = f"copy {n} {secrets.token_hex(4)}".encode()
    body = content[:2] + b"\xff\xfe" + (len(note) + 2).to_bytes(2, "big") + note + content[2:]
    answer = session.post(
        f"{base}/api/v1/inspections/{inspection}/photos/",
        files={"file": (f"bench-{n}.jpg", body)}, data={"gsd_mm_per_px": "1.0"}, timeout=120,
    )  # fmt: skip
    answer.raise_for_status()
    return answer.json()["id"]


def measure(photo: Path, *, queue: int = 20) -> list[Row]:
    """Two rows: one photo alone, then ``queue`` of them."""
    port, password = _free_port(), secrets.token_urlsafe(12)
    with tempfile.TemporaryDirectory(prefix="hairline-bench-") as data:
        env = os.environ | {"DATA_DIR": data}
        manage = [sys.executable, "manage.py"]
        subprocess.run([*manage, "migrate", "--verbosity", "0"], env=env, check=True)
        subprocess.run(
            [*manage, "setup", "--organisation", "Bench", "--email", EMAIL, "--password-stdin"],
            env=env, input=password, text=True, check=True, stdout=subprocess.DEVNULL,
        )  # fmt: skip
        server = subprocess.Popen(
            [*manage, "serve", "--port", str(port)], env=env, start_new_session=True,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        base = f"http://127.0.0.1:{port}"
        try:
            _wait(base)
            session = requests.Session()
            answer = session.post(
                f"{base}/api/v1/auth/token/", json={"username": EMAIL, "password": password}
            )
            answer.raise_for_status()
            session.headers["Authorization"] = f"Token {answer.json()['token']}"
            asset = session.post(
                f"{base}/api/v1/assets/",
                json={"kind": "bridge", "code": "B-1", "name": "Bench", "latitude": 50.0,
                      "longitude": 10.0},
            )  # fmt: skip
            asset.raise_for_status()
            visit = session.post(
                f"{base}/api/v1/inspections/", json={"asset": asset.json()["id"], "kind": "walk"}
            )
            visit.raise_for_status()
            inspection, content = visit.json()["id"], photo.read_bytes()
            _until_done(session, base, [_send(session, base, inspection, content, 0)], 300)
            started = time.perf_counter()
            one = _send(session, base, inspection, content, 1)
            received = time.perf_counter()
            _until_done(session, base, [one], 300)
            alone_s = time.perf_counter() - received
            ids = [_send(session, base, inspection, content, 2 + i) for i in range(queue)]
            queue_s = _until_done(session, base, ids, 1800)
        finally:
            os.killpg(server.pid, signal.SIGINT)
            server.wait(60)
    return [
        Row("12 MP photo, received to result visible", f"{alone_s:.1f} s", "",
            f"warm worker, embedded mode; upload itself {received - started:.1f} s"),
        Row(f"queue of {queue} such photos", f"{60 * queue / queue_s:.1f} photos a minute", "",
            "one worker, 2 cores"),
    ]  # fmt: skip
