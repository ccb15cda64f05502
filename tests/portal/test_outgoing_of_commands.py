"""``manage.py demo`` opens its own port on this machine to its parts, and ``serve`` opens none."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from portal.checks import check_outgoing
from tests.chaos.installation import children, stop, wait_for
from tests.processes import ROOT, free_port

# Asks the guard, in the environment of a child, for host:port after host:port.
ASK = """
import sys, django
django.setup()
from assets.outgoing import OutgoingRefused, vetted_addresses
for place in sys.argv[1:]:
    host, _, port = place.rpartition(":")
    try:
        vetted_addresses(host, int(port))
    except OutgoingRefused:
        continue
    print(place)
"""


def opened_by(command: str, folder: Path, port: int) -> list[str]:
    """What the children of ``command``, running on ``port``, may ask of this machine."""
    environment = {
        **{k: v for k, v in os.environ.items() if k not in ("DATABASE_URL", "REDIS_URL")},
        "DATA_DIR": str(folder),
        "DJANGO_SETTINGS_MODULE": "portal.settings",
        "LOG_LEVEL": "ERROR",
    }
    environment.pop("OUTGOING_ALLOW", None)
    manage = [sys.executable, "manage.py"]
    if command == "serve":
        migrate = [*manage, "migrate", "--verbosity", "0"]
        subprocess.run(migrate, cwd=ROOT, env=environment, check=True)
    process = subprocess.Popen(
        [*manage, command, "--port", str(port)], cwd=ROOT, env=environment,
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        start_new_session=True,
    )  # fmt: skip
    places = [
        f"{host}:{number}"
        for host in ("127.0.0.1", "127.0.0.2", "::1", "10.0.0.1", "169.254.169.254")
        for number in (port, port + 1, 80, 5432, 6379)
    ]
    answers = []
    try:
        parts = wait_for(
            lambda: (found := children(process.pid)) and len(found) >= 2 and found,
            f"{command} starts no parts",
        )
        for part in parts:
            given = Path(f"/proc/{part}/environ").read_bytes().split(b"\0")
            theirs = dict(pair.decode().partition("=")[::2] for pair in given if pair)
            answer = subprocess.run(
                [sys.executable, "-c", ASK, *places],
                cwd=ROOT, env=theirs, capture_output=True, text=True, check=True,
            )  # fmt: skip
            answers.append(answer.stdout.split())
    finally:
        stop(process)
    assert len(answers) >= 2
    assert all(answer == answers[0] for answer in answers)
    return answers[0]


@pytest.mark.chaos
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="Reads /proc.")
def test_the_demo_opens_exactly_its_own_port(tmp_path):
    port = free_port()
    assert opened_by("demo", tmp_path, port) == [f"127.0.0.1:{port}"]


@pytest.mark.chaos
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="Reads /proc.")
def test_serve_opens_nothing(tmp_path):
    assert opened_by("serve", tmp_path, free_port()) == []


def test_the_list_is_read_before_the_site_starts(settings, tmp_path):
    assert check_outgoing(None) == []
    for allowed, authority, found in (
        (["10.0.0.0/8", "nas:80"], "", []),
        (["http://nas"], "", ["portal.E050"]),
        (["0.0.0.0/0"], "", ["portal.W051"]),
        ([], str(tmp_path / "nothing.pem"), ["portal.E052"]),
        ([], __file__, ["portal.E052"]),
    ):
        settings.OUTGOING_ALLOW, settings.OUTGOING_CA_FILE = allowed, authority
        told = check_outgoing(None)
        assert [message.id for message in told] == found
        assert all(message.hint for message in told)
