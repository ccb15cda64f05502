"""Tests that depend on the database, on PostgreSQL: odd input, API schema, lost database."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.db import connection

from tests.services import POSTGRES_URL, need

pytestmark = pytest.mark.long

HERE = Path(__file__).parent
FILES = [
    "test_hostile_input.py",
    "test_refused_by_the_database.py",
    "api/test_against_its_schema.py",
    "on_postgresql/database_away.py",
]


@pytest.mark.services
@pytest.mark.timeout(900)
@pytest.mark.parametrize("file", FILES)
def test_the_site_answers_the_same_on_postgresql(file: str) -> None:
    if connection.vendor == "postgresql":
        pytest.skip("This whole run is on PostgreSQL already.")
    name = f"answers_{Path(file).stem}"
    environment = {**os.environ, "DATABASE_URL": f"{need(POSTGRES_URL).rpartition('/')[0]}/{name}"}
    for inherited in ("PYTEST_XDIST_WORKER", "PYTEST_XDIST_WORKER_COUNT", "PYTEST_ADDOPTS"):
        environment.pop(inherited, None)
    run = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--create-db"),
            str(HERE / file),
        ],
        cwd=HERE.parents[1],
        env=environment,
        capture_output=True,
        text=True,
        timeout=880,
        check=False,
    )
    assert run.returncode == 0, run.stdout[-30_000:] + run.stderr[-2000:]
