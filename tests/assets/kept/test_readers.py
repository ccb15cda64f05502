"""JSON of rows: what is as it should be is read, what is not is as good as not kept."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest

from assets.kept import values
from assets.kept.profile import profile
from assets.kept.quality import quality
from assets.kept.scale_facts import ScaleFacts, scale_facts
from assets.kept.width_facts import Stretch, WidthUncertainty, width_facts

NO_OBJECT: list[Any] = [None, True, 0, 1.5, "a text", [], ["x"], [[1, 2]]]
NO_NUMBER: list[Any] = [None, True, "1", [], {}, math.inf, math.nan, 1e13, 10**400]
CARD = [[1, 2], [3, 2], [3, 4.5], [1, 4.5]]


@pytest.mark.parametrize("odd", NO_NUMBER, ids=repr)
def test_what_is_no_number(odd: Any) -> None:
    assert values.number(odd) is values.size(odd) is None
    assert values.points([[1, 2], [3, odd]]) == ()


def test_numbers_points_and_texts() -> None:
    assert (values.number(-3), values.number(0.5), values.size(0), values.size(-1)) == (
        -3.0, 0.5, 0.0, None,
    )  # fmt: skip
    assert values.points([[1, 2.5], (3, 4)]) == ((1.0, 2.5), (3.0, 4.0))
    for odd in ([[1, 2, 3]], [[1]], [1, 2], [{"x": 1}], ["ab"], {"0": [1, 2]}, "[[1, 2]]", None):
        assert values.points(odd) == ()
    assert (values.text("a"), values.text(7), values.truth(False), values.truth(0)) == (
        "a", "", False, None,
    )  # fmt: skip
    assert values.numbers_by_name({"a_ms": 1, "b_ms": "soon"}) == {"a_ms": 1.0, "b_ms": None}


def test_what_no_answer_could_hold_is_left_out() -> None:
    kept = json.loads('{"a": 1e400, "b": [1, -1e400], "c": {"d": "x", "e": null}}')
    assert values.writable(kept) == {"a": None, "b": [1, None], "c": {"d": "x", "e": None}}


def test_facts_of_a_scale() -> None:
    kept = {"tilt_deg": 12.0, "blur_px": 0.9, "cards": [{"corners_px": CARD}]}
    corners = ((1.0, 2.0), (3.0, 2.0), (3.0, 4.5), (1.0, 4.5))
    assert scale_facts(kept) == ScaleFacts(12.0, 0.9, (corners,))
    others = [{}, 3, {"corners_px": CARD[:3]}, {"corners_px": "four"}]
    assert scale_facts({**kept, "cards": [*others, {"corners_px": CARD}]}) == scale_facts(kept)
    assert scale_facts({"tilt_deg": "12", "blur_px": -1, "cards": 7}) == ScaleFacts()
    for odd in NO_OBJECT:
        assert scale_facts(odd) == ScaleFacts()


def test_facts_of_widths() -> None:
    facts = width_facts(
        {
            "max_at_px": 30,
            "length_u_mm": 0.4,
            "mm": {"p50_u": 0.01, "max_u": "?", "interval": [0.2, 0.4], "terms": {"fit": 0.02}},
            "left_out": [{"code": "end", "from_px": 0.0, "to_px": 8.0}],
        }
    )
    assert (facts.max_at_px, facts.max_at_mm, facts.length_u_mm) == (30.0, None, 0.4)
    assert facts.of("mm") == WidthUncertainty(0.01, None, (0.2, 0.4), {"fit": 0.02})
    assert facts.of("px") == WidthUncertainty()
    assert facts.left_out == (Stretch("end", 0.0, 8.0, None, None),)
    assert facts.left_out[0].ends("px") == (0.0, 8.0) and facts.left_out[0].ends("mm") is None


@pytest.mark.parametrize("odd", NO_OBJECT, ids=repr)
def test_odd_facts_of_widths(odd: Any) -> None:
    assert width_facts(odd) == width_facts({})
    assert width_facts({"mm": odd, "px": odd, "left_out": odd}) == width_facts({})
    inner = {"terms": odd, "interval": odd, "p50_u": "x"}
    assert width_facts({"mm": inner}).mm == WidthUncertainty()
    assert profile(odd) is None


@pytest.mark.parametrize("interval", [[1], [1, 2, 3], [2, 1], ["1", 2], [1, 1e400]], ids=repr)
def test_an_odd_interval_is_none(interval: Any) -> None:
    assert width_facts({"mm": {"interval": interval}}).mm.interval is None


def test_a_profile_has_columns_of_one_length() -> None:
    in_px = {"position_px": [0, 2, 4], "width_px": [1.0, None, "wide"], "u_px": [0.1, None, None]}
    kept = profile(in_px)
    assert kept is not None and kept.mm is None
    assert (kept.px.position, kept.px.width) == ((0.0, 2.0, 4.0), (1.0, None, None))
    in_mm = {"position_mm": [0, None, 2], "width_mm": [0.5, 0.6, 0.7], "u_mm": [0.1, 0.1, 0.1]}
    both = profile({**in_px, **in_mm})
    assert both is not None and both.mm is not None and both.mm.width == (0.5, None, 0.7)
    shorter = profile({**in_px, **in_mm, "u_mm": [0.1]})
    assert shorter == kept
    assert profile({**in_px, "u_px": [0.1]}) is None
    assert profile({**in_px, "width_px": [None] * 3}) is None


def test_quality() -> None:
    kept = quality({"fit_to_detect": True, "fit_to_measure": "no", "metrics": {"edge_px": 2}})
    assert (kept.fit_to_detect, kept.fit_to_measure) == (True, None)
    assert (kept.reasons, kept.metrics) == (None, {"edge_px": 2.0})
    for odd in NO_OBJECT:
        assert quality(odd) == quality({})
