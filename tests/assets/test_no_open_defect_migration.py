"""Migration: "no open crack" no longer shares a number with grade a."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import IntegrityError

from tests.migrations import database_before

SEEN = dt.datetime(2025, 5, 20, 10, tzinfo=dt.UTC)


@pytest.mark.django_db(transaction=True)
def test_what_has_nothing_open_is_told_from_grade_a(tmp_path):
    with database_before(tmp_path) as migrate:
        old = migrate("0006_defects")
        owner = old("Organisation").create(name="Seoul", slug="seoul", rule_set="kistec_rc")

        def asset(code, level, *states):
            row = old("Asset").create(
                organisation=owner, code=code, name=code, kind="bridge", latitude=37.5,
                longitude=127.0, map_cell=1, worst_level=level,
            )  # fmt: skip
            part = old("Element").create(asset=row, name="Whole", is_whole=True)
            for number, state in enumerate(states, 1):
                old("Defect").create(
                    asset=row, element=part, number=number, state=state, severity="a", level=0,
                    first_seen_at=SEEN, last_seen_at=SEEN,
                )  # fmt: skip

        asset("clean", 0)
        asset("healed", 0, "closed")
        asset("grade a", 0, "closed", "open")
        asset("ungraded", -1, "open")
        asset("grade c", 2, "open")

        assets = migrate("0011_no_open_defect")("Asset")
        assert dict(assets.values_list("code", "worst_level")) == {
            "clean": -2, "healed": -2, "grade a": 0, "ungraded": -1, "grade c": 2,
        }  # fmt: skip
        with pytest.raises(IntegrityError):
            assets.filter(code="clean").update(worst_level=-3)

        assets = migrate("0006_defects")("Asset")
        levels = dict(assets.values_list("code", "worst_level"))
        assert levels["clean"] == levels["healed"] == levels["grade a"] == 0
