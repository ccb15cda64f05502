"""System checks: faults of an installation are named before it starts."""

from __future__ import annotations

import pytest
from django.core.checks import run_checks

from portal.checks import (
    check_field,
    check_folders,
    check_openid,
    check_processes,
    check_queue,
    check_security,
)


def told(check) -> dict[str, str]:
    found = check(None)
    assert all(message.hint for message in found)
    return {message.id: message.msg for message in found}


def test_nothing_is_wrong_here(settings):
    settings.ALLOWED_HOSTS = ["localhost"]
    assert [message for message in run_checks() if message.id.startswith("portal.")] == []


def test_a_data_folder_that_cannot_be_written(settings, tmp_path):
    in_the_way = tmp_path / "file"
    in_the_way.write_text("")
    settings.DATA_DIR = in_the_way
    settings.MEDIA_ROOT = in_the_way / "media"
    assert set(told(check_folders)) == {"portal.E001", "portal.E003"}


def test_an_open_door(settings):
    settings.ALLOWED_HOSTS = ["hairline.example.org", "*"]
    settings.DEBUG, settings.SECRET_KEY, settings.BEHIND_HTTPS = True, "short", False
    assert set(told(check_security)) == {
        "portal.E010",
        "portal.W011",
        "portal.E012",
        "portal.W013",
    }


def test_a_laptop_needs_no_certificate(settings):
    settings.ALLOWED_HOSTS = ["localhost", "127.0.0.1"]
    assert told(check_security) == {}


@pytest.mark.parametrize(
    ("name", "value", "told_id"),
    [
        ("BROKER_URL", "http://broker", "portal.E020"),
        ("LEASE_S", 3, "portal.E021"),
        ("CELERY_TASK_SOFT_TIME_LIMIT", 600, "portal.E022"),
    ],
)
def test_the_queue(settings, name, value, told_id):
    setattr(settings, name, value)
    assert set(told(check_queue)) == {told_id}


@pytest.mark.parametrize(
    ("server", "client", "told_ids"),
    [
        ("", "", set()),
        ("https://login.example.org/realm", "hairline", set()),
        ("http://127.0.0.1:8080", "hairline", set()),
        ("https://login.example.org", "", {"portal.E060"}),
        ("", "hairline", {"portal.E060"}),
        ("login.example.org", "hairline", {"portal.E061"}),
        ("http://[", "hairline", {"portal.E061"}),
        ("http://login.example.org", "hairline", {"portal.W062"}),
    ],
)
def test_the_provider(settings, server, client, told_ids):
    settings.OIDC_SERVER_URL, settings.OIDC_CLIENT_ID = server, client
    assert set(told(check_openid)) == told_ids


@pytest.mark.parametrize(
    ("name", "value", "told_id"),
    [
        ("PHOTO_MAX_BYTES", 0, "portal.E030"),
        ("MAP_TILE_URL", "https://tiles.example.org/", "portal.E031"),
        ("HAIRLINE_MODEL", "made-up", "portal.E032"),
    ],
)
def test_the_field(settings, name, value, told_id):
    setattr(settings, name, value)
    assert set(told(check_field)) == {told_id}


@pytest.mark.parametrize("name", ["WEB_PROCESSES", "WEB_THREADS", "WEB_CONNECTIONS"])
def test_the_processes(settings, name):
    assert told(check_processes) == {}
    setattr(settings, name, 0)
    assert set(told(check_processes)) == {"portal.E040"}
