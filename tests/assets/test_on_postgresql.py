"""The tests of the register once more, on PostgreSQL."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.db import connection

from tests.services import POSTGRES_URL, need

pytestmark = pytest.mark.long

HERE = Path(__file__)


@pytest.mark.services
@pytest.mark.timeout(600)
def test_the_register_behaves_the_same_on_postgresql():
    if connection.vendor == "postgresql":
        pytest.skip("This whole run is on PostgreSQL already.")
    environment = {**os.environ, "DATABASE_URL": need(POSTGRES_URL)}
    for inherited in ("PYTEST_XDIST_WORKER", "PYTEST_XDIST_WORKER_COUNT", "PYTEST_ADDOPTS"):
        environment.pop(inherited, None)

    run = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--create-db"),
            *("--ignore", str(HERE), str(HERE.parent)),
        ],
        cwd=HERE.parents[2],
        env=environment,
        capture_output=True,
        text=True,
        timeout=580,
    )

    assert run.returncode == 0, run.stdout[-4000:] + run.stderr[-2000:]
