"""``set_secret``, ``list_secrets``, ``rotate_secrets`` speak in sentences and show no secret."""

from __future__ import annotations

import io
import os
import secrets
import subprocess
import sys

import pytest
from django.core.management import call_command

from assets.services import secret_keys
from assets.services.secret_store import get_secret
from portal.checks import check_secret_keys
from tests.processes import ROOT

TEXT = "correct horse battery staple"
NAME = "oidc.client_secret"

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _a_folder_of_its_own(settings, tmp_path):
    settings.DATA_DIR = tmp_path / "data"
    settings.SECRET_STORE_KEYS = []


def run(command: str, *arguments: str, typed: str = "", **options) -> str:
    output = io.StringIO()
    before, sys.stdin = sys.stdin, io.StringIO(typed)
    try:
        call_command(command, *arguments, stdout=output, **options)
    finally:
        sys.stdin = before
    assert TEXT not in output.getvalue()
    return output.getvalue()


def test_from_standard_input_to_the_list_and_away(organisation):
    assert "is set" in run("set_secret", NAME, typed=f"{TEXT}\n")
    assert get_secret(NAME).reveal() == TEXT
    run("set_secret", "webhook.key", organisation=organisation.slug, typed=TEXT)

    listed = run("list_secrets")
    assert listed.count("opens") == 2
    assert "(installation)" in listed
    assert organisation.slug in listed

    assert "2 secrets were sealed anew" in run("rotate_secrets")
    assert "forgotten" in run("set_secret", NAME, forget=True)
    assert "no secret" in run("set_secret", NAME, forget=True)
    assert get_secret(NAME) is None


@pytest.mark.parametrize(
    ("arguments", "typed", "sentence"),
    [
        ([NAME], "", "The secret is empty"),
        (["Not A Name"], TEXT, "small letters"),
        ([NAME, "--organisation", "nobody"], TEXT, "no organisation nobody"),
    ],
)
def test_refusals_are_sentences(arguments, typed, sentence):
    with pytest.raises(SystemExit, match=sentence):
        run("set_secret", *arguments, typed=typed)


def test_a_lost_key(organisation):
    run("set_secret", NAME, typed=TEXT)
    secret_keys.key_file().unlink()
    with pytest.raises(SystemExit, match="1 of 1 does not open"):
        run("list_secrets")
    with pytest.raises(SystemExit, match=f"1 secret opens with no key here.*{NAME}.*set_secret"):
        run("rotate_secrets")
    output = io.StringIO()
    with pytest.raises(SystemExit):
        call_command("doctor", stdout=output)
    assert "mend  secrets: 1 of 1 does not open" in output.getvalue()
    assert "backup" in output.getvalue()


def test_keys_of_the_environment_say_what_to_take_out(settings):
    settings.SECRET_STORE_KEYS = [secrets.token_urlsafe(32)]
    run("set_secret", NAME, typed=TEXT)
    assert "put a new one first in SECRET_STORE_KEYS" in run("rotate_secrets")
    settings.SECRET_STORE_KEYS.insert(0, secrets.token_urlsafe(32))
    said = run("rotate_secrets")
    assert "1 secret was sealed anew" in said
    assert "number 2 of SECRET_STORE_KEYS" in said
    for key in settings.SECRET_STORE_KEYS:
        assert key not in said


def test_the_installation_says_before_it_starts_what_is_wrong(settings):
    assert check_secret_keys(None) == []
    run("set_secret", NAME, typed=TEXT)
    assert check_secret_keys(None) == []
    secret_keys.key_file().chmod(0o644)
    assert [message.id for message in check_secret_keys(None)] == ["portal.W041"]
    settings.SECRET_STORE_KEYS = ["no key"]
    (message,) = check_secret_keys(None)
    assert message.id == "portal.E040"
    assert message.hint
    assert "no key" not in message.msg


def test_a_secret_is_no_argument():
    """Whoever may list processes would read it."""
    answer = subprocess.run(
        [sys.executable, "manage.py", "set_secret", NAME, TEXT],
        cwd=ROOT, env={**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings"},
        capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert answer.returncode == 2
    assert "unrecognized arguments" in answer.stderr
