"""The chaos tests on PostgreSQL, with Redis and with RabbitMQ."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.db import connection

from tests.services import POSTGRES_URL, RABBITMQ_URL, REDIS_URL, need

pytestmark = pytest.mark.long

HERE = Path(__file__)


@pytest.mark.services
@pytest.mark.chaos
@pytest.mark.timeout(400)
@pytest.mark.parametrize("broker", [REDIS_URL, RABBITMQ_URL], ids=["redis", "rabbitmq"])
def test_nothing_is_lost_on_postgresql(broker, tmp_path):
    if connection.vendor == "postgresql":
        pytest.skip("This whole run is on PostgreSQL already.")
    name = "chaos_" + broker.split(":")[0]
    inherited = ("PYTEST_XDIST_WORKER", "PYTEST_XDIST_WORKER_COUNT", "PYTEST_ADDOPTS")
    environment = {
        **{key: value for key, value in os.environ.items() if key not in inherited},
        "DATABASE_URL": f"{need(POSTGRES_URL).rpartition('/')[0]}/{name}",
        "BROKER_URL": need(broker),
        "DATA_DIR": str(tmp_path),
    }
    run = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--create-db"),
            str(HERE.with_name("test_nothing_is_lost.py")),
        ],
        cwd=HERE.parents[2],
        env=environment,
        capture_output=True,
        text=True,
        timeout=360,
    )
    assert run.returncode == 0, run.stdout[-6000:] + run.stderr[-2000:]
