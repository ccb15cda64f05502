"""Migration: features move into a table of their own; lines get photo, time and use."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from assets.cells import place_cell
from inference.measure.identity.registration import extract_features
from tests.inference.measure.identity.faces import draw_face

BEFORE = [("assets", "0006_defects")]
AFTER = [("assets", "0009_view_features")]
AT = dt.datetime(2024, 5, 1, tzinfo=dt.UTC)

pytestmark = pytest.mark.django_db(transaction=True)


def migrate(target):
    """The models as they were at that migration."""
    executor = MigrationExecutor(connection)
    executor.migrate(target)
    return executor.loader.project_state(target).apps


@pytest.fixture
def migrated_back():
    """The database as it was before; every migration again afterwards."""
    apps = migrate(BEFORE)
    yield apps
    latest = MigrationExecutor(connection)
    latest.migrate(latest.loader.graph.leaf_nodes())


def fill(apps):
    """A pier with a photo that was analysed twice, one with an undecided line, and a clean one."""

    def make(model, **fields):
        return apps.get_model("assets", model).objects.create(**fields)

    organisation = make("Organisation", name="Owner", slug="owner")
    asset = make(
        "Asset", organisation=organisation, kind="bridge", code="B-1", name="Bridge",
        latitude=50.9, longitude=6.9, map_cell=1,
    )  # fmt: skip
    pier, wall = (make("Element", asset=asset, name=name) for name in ("Pier", "Wall"))
    visit = make("Inspection", asset=asset, element=pier, kind="walk", held_on=AT.date())
    defect = make(
        "Defect", asset=asset, element=pier, number=1, first_seen_at=AT, last_seen_at=AT
    )  # fmt: skip
    kept = extract_features(draw_face(1)).to_bytes()
    rows = {}
    for n, (name, element, position, features) in enumerate(
        [
            ("twice", pier, (50.94, 6.96), kept),
            ("undecided", pier, (None, None), kept),
            ("clean", wall, (None, None), kept),
            ("unreadable", wall, (None, None), b"features"),
            ("without", wall, (None, None), None),
        ]
    ):
        photo = make(
            "Photo", inspection=visit, element=element, sha256=str(n), file="f.jpg",
            original_name=name, format="JPEG", size_bytes=1, state="done", queued_at=AT,
            captured_at=AT + dt.timedelta(days=n), latitude=position[0], longitude=position[1],
        )  # fmt: skip
        for attempt, is_current in ((1, False), (2, True)) if name == "twice" else ((1, True),):
            analysis = make(
                "Analysis", photo=photo, attempt=attempt, work="analyse", is_current=is_current,
                model_name="m", model_sha256="0", model_runtime="r", threshold=0.5,
                rule_set="aashto_mbei_rc", image_width_px=800, image_height_px=600, quality={},
                crack_density=0.0, crack_density_unit="px/Mpx", features=features,
            )  # fmt: skip
            if name in ("twice", "undecided"):
                make(
                    "Measurement", analysis=analysis, ordinal=0, identity="new",
                    defect=defect if name == "twice" else None, centreline_px=[[0, 0], [1, 1]],
                    length_px=1.0, orientation_deg=0.0, confidence=0.5,
                )  # fmt: skip
            rows[name, attempt] = analysis.pk
    return rows, kept


def test_features_and_lines_of_before(migrated_back):
    rows, kept = fill(migrated_back)

    apps = migrate(AFTER)

    views = apps.get_model("assets", "ViewFeatures").objects.in_bulk()
    assert set(views) == set(rows.values()) - {rows["without", 1]}
    usable = {key for key, pk in rows.items() if pk in views and views[pk].is_usable}
    assert usable == {("twice", 2), ("clean", 1)}
    view, clean = views[rows["twice", 2]], views[rows["clean", 1]]
    assert bytes(view.data) == kept
    assert view.key_points == len(extract_features(draw_face(1)).points) > 100
    assert view.place_cell == place_cell(50.94, 6.96)
    assert (view.captured_at, view.shows_lines, clean.shows_lines) == (AT, True, False)
    assert (clean.latitude, clean.place_cell) == (None, None)
    assert views[rows["unreadable", 1]].key_points == 0
    lines = apps.get_model("assets", "Measurement").objects.order_by("analysis_id")
    assert list(lines.values_list("photo__original_name", "is_current", "captured_at")) == [
        ("twice", False, AT),
        ("twice", True, AT),
        ("undecided", True, AT + dt.timedelta(days=1)),
    ]
    elements = apps.get_model("assets", "Element").objects
    assert dict(elements.values_list("name", "views_version")) == {"Pier": 1, "Wall": 0}


def test_and_back_again(migrated_back):
    rows, kept = fill(migrated_back)
    migrate(AFTER)

    apps = migrate(BEFORE)

    analyses = apps.get_model("assets", "Analysis").objects
    found = dict(analyses.values_list("pk", "features"))
    assert bytes(found[rows["twice", 1]]) == bytes(found[rows["clean", 1]]) == kept
    assert found[rows["without", 1]] is None
