"""Faults that keep the site from starting: a sentence, a remedy, status 1."""

from __future__ import annotations

import io
import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import call_command

from assets.models import Membership
from portal.api.authentication import issue_token
from portal.first_run import (
    CannotStart,
    require_folder,
    require_port,
    require_room,
    wait_until_answering,
)
from tests.processes import ROOT, free_port


def test_a_port_in_use_names_a_free_one():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(CannotStart, match=rf"Port {port} is in use.*PORT=\d+") as refused:
            require_port("127.0.0.1", port)
    suggested = int(str(refused.value).rpartition("=")[2].rstrip("."))
    require_port("127.0.0.1", suggested)


@pytest.mark.parametrize("port", [0, 70000])
def test_a_port_that_is_none(port):
    with pytest.raises(CannotStart, match="from 1 to 65535"):
        require_port("127.0.0.1", port)


def test_a_data_folder_that_cannot_be_one(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(CannotStart, match="DATA_DIR=/some/folder"):
        require_folder(tmp_path / "file" / "data")


def test_too_little_room_says_how_much(tmp_path):
    with pytest.raises(CannotStart, match=r"GB are free .* needed"):
        require_room(tmp_path, needed_bytes=10**18)


def test_nobody_answers():
    assert not wait_until_answering(f"http://127.0.0.1:{free_port()}", gone=bool, within_s=0.3)


def run_here(code: str, folder: Path, **environment: str) -> subprocess.CompletedProcess:
    """Python code in a process whose data folder is ``folder``, without a key of its own."""
    given = {"DATA_DIR": str(folder), "DJANGO_SETTINGS_MODULE": "portal.settings", "SECRET_KEY": ""}
    return subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env={**os.environ, **given, **environment},
        capture_output=True, text=True, timeout=60,
    )  # fmt: skip


@pytest.mark.parametrize("exists", [True, False])
def test_importing_the_settings_writes_nothing(tmp_path, exists):
    """Not even where it could; and it fails nowhere where it could not."""
    folder = tmp_path / "data"
    if exists:
        folder.mkdir(mode=0o500)
    answer = run_here("import django; django.setup()", folder)
    assert answer.returncode == 0, answer.stderr
    assert folder.exists() == exists
    assert not exists or not list(folder.iterdir())


def test_commands_that_look_at_the_code_alone_make_no_key(tmp_path):
    answer = subprocess.run(
        [sys.executable, "manage.py", "makemigrations", "--check", "--dry-run"], cwd=ROOT,
        env={**os.environ, "DATA_DIR": str(tmp_path / "data"), "SECRET_KEY": "",
             "DJANGO_SETTINGS_MODULE": "portal.settings"},
        capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert answer.returncode == 0, answer.stderr
    assert not (tmp_path / "data" / "secret_key").exists()  # none that an image would carry
    assert not (tmp_path / "data" / "queue").exists()


STARTS = {
    "ASGI": "import portal.asgi; from django.conf import settings; print(settings.SECRET_KEY)",
    "worker": "from portal.celery import app; from celery import signals;"
    "signals.celeryd_init.send(sender='w', instance=None, conf=app.conf, options={});"
    "from django.conf import settings; print(settings.SECRET_KEY)",
    "command": "import sys; sys.argv = ['manage.py', 'shell', '--command',"
    "'from django.conf import settings; print(settings.SECRET_KEY)', '--verbosity', '0'];"
    "import manage; manage.main()",
}


def test_whatever_starts_first_makes_the_key_and_the_others_take_it(tmp_path):
    folder = tmp_path / "data"
    keys = set()
    for code in STARTS.values():
        answer = run_here(code, folder)
        assert answer.returncode == 0, answer.stderr
        keys.add(answer.stdout.split()[-1])
    assert keys == {(folder / "secret_key").read_text()} and len(keys.pop()) > 50
    assert (folder / "secret_key").stat().st_mode & 0o777 == 0o600
    assert folder.stat().st_mode & 0o777 == 0o700
    assert (folder / "queue" / "messages").is_dir()
    assert sorted(path.name for path in folder.iterdir()) == ["queue", "secret_key"]


@pytest.mark.parametrize("start", STARTS)
def test_each_start_makes_it(tmp_path, start):
    assert run_here(STARTS[start], tmp_path / "data").returncode == 0
    assert (tmp_path / "data" / "secret_key").read_text()


def test_processes_that_start_together_get_one_key(tmp_path):
    given = {"DATA_DIR": str(tmp_path / "data"), "DJANGO_SETTINGS_MODULE": "portal.settings"}
    running = [
        subprocess.Popen(
            [sys.executable, "-c", STARTS["ASGI"]], cwd=ROOT, text=True,
            env={**os.environ, **given, "SECRET_KEY": ""}, stdout=subprocess.PIPE,
        )
        for _ in range(4)
    ]  # fmt: skip
    answers = {process.communicate(timeout=120)[0].split()[-1] for process in running}
    assert len(answers) == 1


def demo(tmp_path: Path, *options: str, **environment: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "manage.py", "demo", *options],
        cwd=ROOT,
        env={**os.environ, "DATA_DIR": str(tmp_path / "data"), **environment},
        capture_output=True,
        text=True,
        timeout=60,
    )


@pytest.mark.parametrize(
    ("options", "environment", "sentence"),
    [
        (["--port", "99999"], {}, "from 1 to 65535"),
        ([], {"DATA_DIR": "/dev/null/data"}, "cannot be written"),
        ([], {"DATABASE_URL": "postgres://nobody@127.0.0.1:1/x"}, "Check DATABASE_URL"),
    ],
)
def test_the_demo_says_what_is_wrong_without_a_traceback(tmp_path, options, environment, sentence):
    inherited = {"DJANGO_SETTINGS_MODULE": "portal.settings", "SECRET_KEY": ""}
    port = [] if options else ["--port", str(free_port())]
    answer = demo(tmp_path, *options, *port, **{**inherited, **environment})
    assert answer.returncode == 1
    assert sentence in answer.stderr
    assert "Traceback" not in answer.stderr


def test_an_old_python_is_told_which_one_to_install(tmp_path):
    shutil.copytree(ROOT / "requirements", tmp_path / "requirements")
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in ("dirname", "sh"):
        (programs / name).symlink_to(shutil.which(name))
    old = programs / "python3"
    old.write_text('#!/bin/sh\ncase "$2" in *print*) echo 3.9 ;; *) exit 1 ;; esac\n')
    old.chmod(0o755)
    answer = subprocess.run(
        ["sh", "requirements/install.sh", "run"],
        cwd=tmp_path, env={"PATH": str(programs)}, capture_output=True, text=True,
    )  # fmt: skip
    assert answer.returncode == 1
    assert "Python 3.9 is here; Hairline needs 3.11" in answer.stderr
    assert "PYTHON=" in answer.stderr


@pytest.mark.django_db
def test_setup_makes_an_organisation_and_its_administrator(monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.StringIO("a long secret\n"))
    output = io.StringIO()
    call_command(
        "setup", organisation="Northmoor", email="ada@north.example", password_stdin=True,
        stdout=output,
    )  # fmt: skip
    membership = Membership.objects.get()
    assert (membership.organisation.name, membership.role) == ("Northmoor", "administrator")
    assert membership.user.check_password("a long secret")
    assert "ada@north.example is its administrator" in output.getvalue()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("typed", "sentence"), [("short\n", "too short"), ("", "held no password")]
)
def test_setup_refuses_and_leaves_nothing(monkeypatch, typed, sentence):
    monkeypatch.setattr(sys, "stdin", io.StringIO(typed))
    with pytest.raises(SystemExit, match=sentence):
        call_command(
            "setup", organisation="Northmoor", email="ada@north.example", password_stdin=True
        )
    assert not Membership.objects.exists()


@pytest.mark.django_db
def test_setup_takes_an_account_that_is_there_only_when_told_to(monkeypatch, otto):
    new = {"organisation": "Northmoor", "email": "OTTO@example.org"}
    monkeypatch.setattr(sys, "stdin", io.StringIO("a long secret\n"))
    with pytest.raises(SystemExit, match=r"has an account here already.*--existing-account"):
        call_command("setup", **new, password_stdin=True)
    with pytest.raises(SystemExit, match="has no account here"):
        call_command("setup", **{**new, "email": "ada@north.example"}, existing_account=True)
    assert Membership.objects.count() == 1

    _key, token = issue_token(user=otto)
    output = io.StringIO()
    call_command("setup", **new, existing_account=True, stdout=output)
    assert Membership.objects.get(organisation__name="Northmoor").user == otto
    otto.refresh_from_db()
    assert not otto.has_usable_password()
    token.refresh_from_db()
    assert token.revoked_at is not None
    assert "new_password_link OTTO@example.org" in output.getvalue()


@pytest.mark.django_db
def test_the_doctor_names_what_is_missing():
    output = io.StringIO()
    with pytest.raises(SystemExit, match="2 of 10 checks"):
        call_command("doctor", stdout=output)
    assert "ok    database" in output.getvalue()
    assert "ok    model" in output.getvalue()
    assert "mend  worker: No analysis worker" in output.getvalue()
    assert "mend  office: No office worker" in output.getvalue()
    assert "ok    ledgers" in output.getvalue()
