"""Requests of strangers that fail are a line in the log, not an alarm."""

from __future__ import annotations

import logging

import pytest
from django.test import Client


def test_a_wrong_host_is_one_warning_without_a_traceback(
    client: Client, db: None, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        assert client.get("/", headers={"Host": "evil.example"}).status_code == 400
    told = [one for one in caplog.records if one.name == "django.security.DisallowedHost"]
    assert [(one.levelname, one.exc_info) for one in told] == [("WARNING", None)]
    assert "evil.example" in told[0].getMessage()
    assert not [one for one in caplog.records if one.levelno > logging.WARNING]
