"""The number of SQL statements of one photo, from upload to alert."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection
from django.db.backends.signals import connection_created
from django.test.utils import CaptureQueriesContext

from assets.models import Defect, Measurement, Photo
from inference import tasks
from inference.bridge import STAGES
from tests.factories import make_photo
from tests.inference.test_tasks import GSD, DarkLines, wall

pytestmark = pytest.mark.django_db(transaction=True)

# Who needs one more raises this number in the same commit and says why. Counted is all that
# reaches the database, BEGIN and COMMIT too, from the service that takes the photo in to the
# alerts. Counted the same way it was 58; 24 of them named the table of photos.
MOST = 30
ON_PHOTOS = 11


@contextmanager
def beside() -> Iterator[list[str]]:
    """Statements of connections that are made meanwhile: other threads' own, here the lease's."""
    heard: list[str] = []

    def hear(execute: Any, sql: str, *arguments: Any) -> Any:
        heard.append(sql)
        return execute(sql, *arguments)

    def watch(connection: Any, **_: Any) -> None:
        if hear not in connection.execute_wrappers:  # a thread closes and opens its own again
            connection.execute_wrappers.append(hear)

    connection_created.connect(watch)
    try:
        yield heard
    finally:
        connection_created.disconnect(watch)


@pytest.fixture(autouse=True)
def _network(monkeypatch):
    monkeypatch.setattr(tasks, "current_model", DarkLines)
    monkeypatch.setattr(tasks, "current_screen", lambda: None)


def test_a_photo_costs_no_more_statements_than_this(visit, ines, settings):
    """Two known cracks on an element with three earlier views, as most photos of a walk are."""
    for view in range(3):
        day = f"2025-05-2{view}"
        make_photo(visit, by=ines, data=wall(0.8, 1.2, view=view, day=day), gsd_mm_per_px=GSD)
        tasks.analyse_photo()
    assert Defect.objects.count() == 2
    data = wall(0.8, 1.2, view=4, day="2025-06-01")
    began = time.monotonic()
    with CaptureQueriesContext(connection) as queries, beside() as renewals:
        photo = make_photo(visit, by=ines, data=data, gsd_mm_per_px=GSD)
        tasks.analyse_photo()

    photo.refresh_from_db()
    assert photo.state == "done"
    rows = Measurement.objects.filter(analysis__photo=photo)
    assert [row.identity for row in rows] == ["matched", "matched"]
    statements = [query["sql"] for query in queries.captured_queries]
    said = "\n".join([*(sql[:150] for sql in statements), str(len(statements))])
    assert statements.count("COMMIT") == 2
    assert len(statements) <= MOST, said
    assert len([sql for sql in statements if '"assets_photo"' in sql]) <= ON_PHOTOS, said
    # A stage that lasts is shown once, with a renewal of the lease: a matter of time, not of work.
    written = [sql for sql in renewals if sql.startswith("UPDATE")]
    assert all(sql.startswith('UPDATE "assets_photo" SET "lease_until"') for sql in written)
    in_time = (time.monotonic() - began) / (settings.LEASE_S / 3)
    assert len(written) <= len(STAGES) + in_time


def test_one_update_writes_the_result_into_the_photos_row(visit):
    make_photo(visit, data=wall(1.0), gsd_mm_per_px=GSD)
    with CaptureQueriesContext(connection) as queries:
        tasks.analyse_photo()
    said = [query["sql"] for query in queries.captured_queries]
    writes = [sql for sql in said if sql.startswith('UPDATE "assets_photo"')]
    assert len(writes) == 2, "the claim and the result"
    assert not [sql for sql in writes if '"sha256"' in sql], "a row was saved whole"
    assert Photo.objects.get().state == "done"
