"""Finds which services answer here. Without one its tests skip, or fail (REQUIRE_SERVICES=1)."""

from __future__ import annotations

import os
import socket
from urllib.parse import urlsplit

import pytest

POSTGRES_URL = os.environ.get("TEST_POSTGRES_URL", "postgres://postgres@127.0.0.1:5432/hairline")
REDIS_URL = os.environ.get("TEST_REDIS_URL", "redis://127.0.0.1:6379/0")
RABBITMQ_URL = os.environ.get("TEST_RABBITMQ_URL", "amqp://guest:guest@127.0.0.1:5672//")
PORTS = {"postgres": 5432, "redis": 6379, "amqp": 5672}


def need(url: str) -> str:
    """The address, where something listens there; else the test skips, or fails where required."""
    parts = urlsplit(url)
    place = (parts.hostname or "127.0.0.1", parts.port or PORTS[parts.scheme])
    try:
        socket.create_connection(place, timeout=2).close()
    except OSError as error:
        sentence = f"No {parts.scheme} answers at {place[0]}:{place[1]} ({error.strerror})."
        if os.environ.get("REQUIRE_SERVICES") == "1":
            pytest.fail(sentence)
        pytest.skip(sentence)
    return url
