"""Older photos that were rejected or failed keep their texts."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from assets.findings import say

BEFORE, AFTER = ("assets", "0006_defects"), ("assets", "0012_findings")
TEXTS = ("It broke off 3 times.", "Press Retry.")


def migrate(*targets: tuple[str, str]) -> Any:
    """The models as they were after these migrations."""
    executor = MigrationExecutor(connection)
    executor.migrate(list(targets))
    return MigrationExecutor(connection).loader.project_state(list(targets)).apps


@pytest.mark.django_db(transaction=True)
def test_texts_of_before_become_reasons_and_go_back():
    leaves = MigrationExecutor(connection).loader.graph.leaf_nodes()
    try:
        apps = migrate(BEFORE)
        asset = apps.get_model("assets", "Asset").objects.create(
            organisation=apps.get_model("assets", "Organisation").objects.create(
                name="Rhine Bridges", slug="rhine"
            ),
            code="BR-1", name="Bridge", kind="bridge", latitude=50.9, longitude=6.9,
            time_zone="Europe/Berlin", map_cell=0,
        )  # fmt: skip
        element = apps.get_model("assets", "Element").objects.create(asset=asset, name="Pier")
        visit = apps.get_model("assets", "Inspection").objects.create(
            asset=asset, kind="walk", held_on=dt.date(2025, 5, 20)
        )
        now = dt.datetime(2025, 5, 20, tzinfo=dt.UTC)
        photos = apps.get_model("assets", "Photo").objects
        common = {
            "inspection": visit, "element": element, "format": "jpeg", "size_bytes": 1,
            "original_name": "a.jpg", "queued_at": now, "captured_at": now,
        }  # fmt: skip
        failed = photos.create(
            sha256="a" * 64, state="failed", reason_code="worker_lost", reason=TEXTS[0],
            remedy=TEXTS[1], **common,
        )  # fmt: skip
        done = photos.create(sha256="b" * 64, state="done", **common)

        rows = migrate(AFTER).get_model("assets", "Photo").objects.in_bulk()
        told = say(*rows[failed.pk].reasons)
        assert (told.code, told.sentence, told.remedy) == ("worker_lost", *TEXTS)
        assert rows[done.pk].reasons == []

        rows = migrate(BEFORE).get_model("assets", "Photo").objects.in_bulk()
        assert (rows[failed.pk].reason, rows[failed.pk].remedy) == TEXTS
        assert (rows[done.pk].reason, rows[done.pk].remedy) == ("", "")
    finally:
        migrate(*leaves)
