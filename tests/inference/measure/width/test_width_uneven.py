"""Cracks whose opening changes, is chipped or out of focus, drawn by the width benchmark."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from inference.measure.line.trace import trace_cracks
from inference.measure.width.runs import RUN_PX, RUN_STEP_PX
from inference.measure.width.widths import measure_widths
from inference.types import WidthProfile, WidthStatistics
from tests.benchmarks.width.specs import specs_of
from tests.benchmarks.width.strips import Strip, draw_strip

PLAIN: dict[str, object] = {
    "floor": 0.1, "floor_wander": 0.1, "floor_slope": 0.0, "tilt_deg": 0.0, "filled": 0.0,
    "spalls": 0, "blur_px": 0.9, "disc": False, "level": 0.4, "noise": 0.005, "jpeg": 90,
    "opening_wander": 0.0, "roughness": 0.0, "light_gradient": 0.1,
}  # fmt: skip


def _strip(number: int, **changes: object) -> Strip:
    spec = specs_of(3, number + 1, "tuning")[number]
    return draw_strip(dataclasses.replace(spec, **(PLAIN | changes)))  # type: ignore[arg-type]


def _measured(strip: Strip) -> tuple[WidthStatistics, WidthProfile]:
    traces = trace_cracks(np.where(strip.mask, np.uint8(255), np.uint8(0)), 0.5)
    line = max(traces, key=lambda trace: trace.length_px).centreline_px
    statistics, profile, reason = measure_widths(strip.pixels, line)
    assert statistics is not None, reason
    return statistics, profile


@pytest.mark.parametrize("number", range(4))
def test_a_stretch_that_is_wider_or_thinner_is_not_taken_for_filled(number: int) -> None:
    strip = _strip(number, width_px=17.0, opening_wander=0.15)
    statistics, profile = _measured(strip)
    assert "filled" not in profile.left_out
    # The ends that the line leaves out are part of what was drawn.
    assert statistics.p95 == pytest.approx(strip.truth_px()["p95"], rel=0.06)


def test_the_widest_place_is_found_between_runs_that_stand_side_by_side() -> None:
    found = [_strip(number, width_px=8.0, roughness=0.06) for number in range(6)]
    error = [_measured(strip)[0].p95 / strip.truth_px()["p95"] - 1.0 for strip in found]
    assert abs(float(np.mean(error))) < 0.02
    assert RUN_STEP_PX < RUN_PX


def test_a_thin_crack_out_of_focus_is_no_wide_one() -> None:
    statistics, _ = _measured(_strip(2, width_px=3.5, blur_px=2.9, disc=True, jpeg=60))
    assert abs(statistics.p50 - 3.5) <= 2.0 * statistics.u
    assert statistics.p50 < 5.0


def test_a_chipped_edge_is_left_out() -> None:
    strip = _strip(3, width_px=5.0, spalls=1)
    statistics, profile = _measured(strip)
    assert "broken_edge" in profile.left_out
    assert statistics.p95 == pytest.approx(strip.truth_px()["p95"], rel=0.08)
