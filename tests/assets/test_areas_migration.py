"""Migration: older regions get a number, their photo and their time, and need no decision."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import IntegrityError

from tests.migrations import database_before

SEEN = dt.datetime(2025, 5, 20, 10, tzinfo=dt.UTC)


@pytest.mark.django_db(transaction=True)
def test_regions_of_before(tmp_path):
    with database_before(tmp_path) as migrate:
        old = migrate("0012_findings")
        owner = old("Organisation").create(name="Rhine", slug="rhine")
        asset = old("Asset").create(
            organisation=owner, code="BR-1", name="Bridge", kind="bridge", latitude=50.9,
            longitude=6.9, map_cell=1,
        )  # fmt: skip
        part = old("Element").create(asset=asset, name="Whole", is_whole=True)
        visit = old("Inspection").create(asset=asset, kind="walk", held_on=SEEN.date())
        photo = old("Photo").create(
            inspection=visit, element=part, organisation=owner, format="jpeg", size_bytes=1,
            original_name="a.jpg", sha256="a" * 64, state="done", captured_at=SEEN,
            queued_at=SEEN,
        )  # fmt: skip
        analyses = [
            old("Analysis").create(
                photo=photo, attempt=n, work="analyse", is_current=n == 2, model_name="m",
                model_sha256="0" * 64, model_runtime="onnx-cpu", threshold=0.5,
                rule_set="aashto_mbei_rc", image_width_px=9, image_height_px=9, quality={},
                crack_density=0.0, crack_density_unit="px/Mpx",
            )
            for n in (1, 2)
        ]  # fmt: skip
        for analysis, kind in ((1, "spalling"), (0, "spalling"), (1, "leakage"), (0, "corrosion")):
            old("Region").create(
                analysis=analyses[analysis], kind=kind, outline_px=[[0, 0], [4, 0], [4, 4]],
                area_px=8.0, confidence=0.7,
            )  # fmt: skip

        new = migrate("0013_areas")
        first, second = analyses[0].pk, analyses[1].pk
        rows = new("Region").order_by("analysis", "ordinal")
        assert list(rows.values_list("analysis", "ordinal", "kind", "is_current")) == [
            (first, 0, "spalling", False),
            (first, 1, "corrosion", False),
            (second, 0, "spalling", True),
            (second, 1, "leakage", True),
        ]
        facts = {
            (row.photo_id, row.captured_at, row.defect_id, row.identity, row.area_mm2)
            for row in rows
        }
        assert facts == {(photo.pk, SEEN, None, "", None)}
        with pytest.raises(IntegrityError):
            rows.filter(kind="leakage").update(ordinal=0)

        assert migrate("0012_findings")("Region").count() == 4
