"""Widths as pages and API state them, and the budget of their ±."""

from __future__ import annotations

import pytest

from assets.budget import LEFT_OUT, TERMS
from assets.models import Measurement
from portal.width_budget import NAMES, REASONS, SENTENCES, best_widths, left_out, stated_widths

FACTS = {
    "mm": {
        "p50_u": 0.015,
        "max_u": 0.05,
        "interval": [0.29, 0.44],
        "terms": {"fit": 0.02, "floor": 0.03, "blur": 0.01, "scale": 0.01, "plane": 0.0},
    },
    "max_at_px": 300.0,
    "left_out": [
        {"code": "end", "from_px": 0.0, "to_px": 8.0, "from_mm": 0.0, "to_mm": 2.0},
        {"code": "junction", "from_px": 80.0, "to_px": 96.0, "from_mm": 20.0, "to_mm": 24.0},
    ],
}


def line(**facts) -> Measurement:
    return Measurement(
        width_mm_p50=0.28, width_mm_p95=0.35, width_mm_max=0.41, width_mm_u=0.0387,
        width_px_p50=1.1, width_px_p95=1.4, width_px_max=1.6, width_px_u=0.15, width_facts=facts,
    )  # fmt: skip


def test_shares_are_of_the_variance_the_largest_first():
    budget = best_widths(line(**FACTS)).budget
    assert [term.code for term in budget] == ["floor", "fit", "blur", "scale"]
    assert [round(term.share, 3) for term in budget] == [0.6, 0.267, 0.067, 0.067]
    assert sum(term.percent for term in budget) == pytest.approx(100)


def test_each_width_has_its_own_uncertainty():
    stated = best_widths(line(**FACTS))
    assert stated.unit == "mm"
    assert (stated.p50.u, stated.p95.u, stated.max.u) == (0.015, 0.0387, 0.05)
    assert stated.interval == (0.29, 0.44)


def test_what_was_measured_before_the_budget_was_kept():
    stated = best_widths(line())
    assert (stated.p95.value, stated.p95.u, stated.budget) == (0.35, 0.0387, ())
    assert stated.p50.u is stated.max.u is stated.interval is None
    assert stated_widths(Measurement(), "mm") is best_widths(Measurement()) is None


def test_stretches_left_out_say_why_in_either_unit():
    assert left_out(line(**FACTS), "mm")[1] == {
        "code": "junction", "reason": "another crack close by", "from": 20.0, "to": 24.0,
    }  # fmt: skip
    assert left_out(line(**FACTS), "px")[0]["to"] == 8.0
    assert left_out(line(), "mm") == []


def test_every_term_and_every_reason_has_its_words():
    assert tuple(NAMES) == tuple(SENTENCES) == TERMS
    assert tuple(REASONS) == LEFT_OUT
