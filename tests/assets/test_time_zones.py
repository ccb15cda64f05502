"""The time zones of an asset: this machine's, looked for once a process."""

from __future__ import annotations

import builtins
import zoneinfo

import pytest
from django.core.exceptions import ValidationError

from assets.models.asset import validate_time_zone
from assets.time_zones import time_zones


def test_they_are_the_machines():
    assert time_zones() == zoneinfo.available_timezones()
    assert {"UTC", "Europe/Berlin"} <= time_zones()


def test_only_the_first_look_opens_files(monkeypatch):
    time_zones()
    monkeypatch.setattr(builtins, "open", lambda *_, **__: pytest.fail("a file was opened"))
    validate_time_zone("Europe/Berlin")
    with pytest.raises(ValidationError, match="Europe/Berlim is no time zone"):
        validate_time_zone("Europe/Berlim")
