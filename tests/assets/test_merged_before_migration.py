"""Migration: after a chain of merges, each defect points to the one that lives on."""

from __future__ import annotations

import datetime as dt

import pytest

from tests.migrations import database_before

SEEN = dt.datetime(2025, 5, 20, 10, tzinfo=dt.UTC)


@pytest.mark.django_db(transaction=True)
def test_a_chain_of_merges_becomes_one_step_each(tmp_path):
    with database_before(tmp_path) as migrate:
        old = migrate("0014_entries_of_before_name_their_asset")
        owner = old("Organisation").create(name="Rhine", slug="rhine")
        bridge = old("Asset").create(
            organisation=owner, code="BR-1", name="Bridge", kind="bridge", latitude=50.0,
            longitude=7.0, map_cell=1,
        )  # fmt: skip
        part = old("Element").create(asset=bridge, name="Whole", is_whole=True)
        defects = []
        for number, onto in ((1, None), (2, 0), (3, 1), (4, 2), (5, None)):
            defects.append(
                old("Defect").create(
                    asset=bridge,
                    element=part,
                    number=number,
                    state="open" if onto is None else "merged",
                    merged_into=None if onto is None else defects[onto],
                    first_seen_at=SEEN,
                    last_seen_at=SEEN,
                )
            )

        new = migrate("0015_merged_into_what_lives")("Defect")
        assert dict(new.values_list("number", "merged_into__number")) == {
            1: None, 2: 1, 3: 1, 4: 1, 5: None,
        }  # fmt: skip
