"""Migration: photos that waited, were held or had failed go on as they were."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from assets.models import Photo
from assets.work.claims import claim_next

BEFORE = [("assets", "0006_defects")]


def newest():
    return MigrationExecutor(connection).loader.graph.leaf_nodes("assets")


def migrate(to):
    executor = MigrationExecutor(connection)
    executor.migrate(to)
    return MigrationExecutor(connection).loader.project_state(to).apps


@pytest.fixture
def _back_to_today(transactional_db):
    yield
    MigrationExecutor(connection).migrate(newest())


@pytest.mark.usefixtures("_back_to_today")
def test_photos_of_before_know_their_organisation_and_go_on():
    apps = migrate(BEFORE)
    now = timezone.now()
    rows = {}
    for name in ("north", "south"):
        place = apps.get_model("assets", "Organisation").objects.create(name=name, slug=name)
        asset = apps.get_model("assets", "Asset").objects.create(
            organisation=place, kind="dam", code="D", name="D", latitude=1, longitude=2, map_cell=1
        )
        element = apps.get_model("assets", "Element").objects.create(asset=asset, name="All")
        visit = apps.get_model("assets", "Inspection").objects.create(
            asset=asset, kind="walk", held_on=now.date()
        )
        states = {
            "queued": {},
            "processing": {
                "attempts": 2, "last_attempt": 5, "claimed_by": "old:1",
                "lease_until": now - dt.timedelta(seconds=5),
            },
            "failed": {"attempts": 3, "last_attempt": 3, "reason": "It broke off."},
        }  # fmt: skip
        for n, (state, more) in enumerate(states.items()):
            row = apps.get_model("assets", "Photo").objects.create(
                inspection=visit, element=element, sha256=f"{n:064d}", file="photos/x.jpg",
                original_name=f"{state}.jpg", format="jpeg", size_bytes=1, state=state,
                queued_at=now, captured_at=now, **more,
            )  # fmt: skip
            rows[name, state] = row.pk, place.pk

    migrate(newest())

    for pk, organisation in rows.values():
        assert Photo.objects.get(pk=pk).organisation_id == organisation
    failed = Photo.objects.get(pk=rows["north", "failed"][0])
    assert (failed.state, failed.claimed_at) == ("failed", None)
    assert failed.reasons[0]["sentence"] == "It broke off."
    taken = []
    while (claim := claim_next(Photo, "new")) is not None:
        taken.append((claim.pk, claim.attempt))
    wanted = [
        (rows[name, state][0], attempt)
        for state, attempt in (("processing", 6), ("queued", 1))
        for name in ("north", "south")
    ]
    assert taken == wanted, "what was held is first, and its attempts are counted on"


@pytest.mark.usefixtures("_back_to_today")
def test_the_way_back_keeps_the_photos():
    migrate(newest())
    apps = migrate(BEFORE)
    assert not hasattr(apps.get_model("assets", "Photo"), "organisation")
