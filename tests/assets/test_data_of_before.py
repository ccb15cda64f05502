"""Migrations keep the rows of earlier versions."""

from __future__ import annotations

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from assets.models import Photo
from tests.factories import make_photo


@pytest.mark.django_db(transaction=True)
def test_two_points_without_a_length_are_forgotten(visit):
    """The check of before let them pass: more than null is unknown, and the unknown passes."""
    half, whole = make_photo(visit), make_photo(visit)
    points = [[0, 0], [10, 0]]
    Photo.objects.filter(pk=whole.pk).update(two_points_px=points, two_points_mm=5.0)
    newest = MigrationExecutor(connection).loader.graph.leaf_nodes("assets")
    MigrationExecutor(connection).migrate([("assets", "0006_defects")])
    try:
        before = MigrationExecutor(connection).loader.project_state(("assets", "0006_defects")).apps
        old = before.get_model("assets", "Photo").objects
        assert old.filter(pk=half.pk).update(two_points_px=points) == 1
    finally:
        MigrationExecutor(connection).migrate(newest)

    half.refresh_from_db()
    whole.refresh_from_db()
    assert (half.two_points_px, half.two_points_mm) == (None, None)
    assert (whole.two_points_px, whole.two_points_mm) == (points, 5.0)
