"""A database of its own at an earlier migration, for tests of how rows of before migrate."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from django.db import connection, connections
from django.db.migrations.executor import MigrationExecutor

NAME = "test_hairline_before"


@contextlib.contextmanager
def database_before(folder: Path) -> Iterator[Callable[[str], Callable[[str], Any]]]:
    """While it lasts, the default connection leads to an empty database of the same kind.

    Yields ``migrate(name)``, which brings the register to the migration of that name, forwards or
    back, and returns the rows of then by model: ``migrate("0006_defects")("Asset").create(…)``.
    Needs a test without a transaction around it.
    """
    usual = connections["default"]
    on_sqlite = connection.vendor == "sqlite"
    name = str(folder / "before.sqlite3") if on_sqlite else NAME
    if not on_sqlite:
        _run(f"DROP DATABASE IF EXISTS {name}")
        _run(f"CREATE DATABASE {name}")
    own = type(usual)({**usual.settings_dict, "NAME": name}, "default")

    def migrate(name: str) -> Callable[[str], Any]:
        executor = MigrationExecutor(own)
        executor.migrate([("assets", name)])
        apps = executor.loader.project_state([("assets", name)]).apps
        return lambda model: apps.get_model("assets", model).objects

    connections["default"] = own
    try:
        yield migrate
    finally:
        own.close()
        connections["default"] = usual
        if not on_sqlite:
            _run(f"DROP DATABASE {name}")


def _run(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)
