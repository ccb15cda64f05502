"""The command line grades for itself, by any rule set."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from inference.cli._grading import grade_analysis
from inference.cli.analyse import as_json
from inference.measure.areas import measure_areas
from inference.measure.scale import to_millimetres
from inference.types import (
    Analysis,
    CrackMeasurement,
    CrackTrace,
    ModelInfo,
    NotMeasurable,
    Quality,
    Region,
    Scale,
    WidthStatistics,
)

MODEL = ModelInfo("test", "0" * 64, "rule", 0.5, "For tests.")
NO_SCALE = NotMeasurable("no_scale")


def analysis(*widths_px: float | None, scale: Scale | None) -> Analysis:
    line = np.array([[0, 0], [100, 0]], np.float32)
    cracks = []
    for width in widths_px:
        stated = None if width is None else WidthStatistics(width, width, width, 0.02)
        surface = None if scale is None else to_millimetres(stated, 100.0, scale)
        why = None if surface else NO_SCALE
        trace = CrackTrace(line, 100.0, 0.0, 0.9)
        cracks.append(CrackMeasurement(trace, stated, why, surface=surface))
    quality = Quality(True, True)
    return Analysis((200, 100), quality, scale, MODEL, tuple(cracks), (), 0.0, "px/Mpx", {})


@pytest.mark.parametrize(
    ("rule_set", "codes", "levels"),
    [
        ("aashto_mbei_rc", ["CS1", "CS2", "CS3"], [1, 2, 3]),
        ("kistec_rc", ["a", "c", "e"], [0, 2, 4]),
    ],
)
def test_every_crack_is_graded_by_the_rule_set(rule_set, codes, levels):
    found = grade_analysis(analysis(0.1, 0.8, 4.0, scale=Scale(0.5, 0.001)), rule_set)
    assert [grade.severity for grade in found.grades] == codes
    assert found.levels == levels
    for grade in found.grades:
        assert sum(grade.states.values()) == pytest.approx(1.0)
        assert max(grade.states, key=grade.states.get) == grade.severity


def test_without_millimetres_there_is_no_grade():
    found = grade_analysis(analysis(4.0, None, scale=None))
    assert found.levels == [None, None]
    assert {grade.severity for grade in found.grades} == {None}
    assert [crack.not_measurable.code for crack in found.analysis.cracks] == ["no_scale"] * 2


def with_regions(scale: Scale | None) -> Analysis:
    """What a network that sees areas will hand over: a spall of 200 × 300 px, a small leak."""
    outlines = {"spalling": (200.0, 300.0), "leakage": (40.0, 30.0)}
    regions = [
        Region(
            kind, np.array([[5, 5], [5 + w, 5], [5 + w, 5 + h], [5, 5 + h]], np.float32), w * h, 0.8
        )
        for kind, (w, h) in outlines.items()
    ]
    model = replace(MODEL, kinds=("crack", *outlines))
    seen = replace(analysis(scale=scale), model=model)
    return replace(seen, regions=measure_areas(regions, scale))


def test_the_command_tells_regions_with_size_uncertainty_and_state():
    line = as_json(Path("wall.jpg"), grade_analysis(with_regions(Scale(0.5, 0.02))))
    spall, leak = json.loads(json.dumps(line, allow_nan=False))["regions"]

    assert line["kinds_sought"] == ["crack", "spalling", "leakage"]
    assert (spall["kind"], spall["severity"]) == ("spalling", "CS3"), "180 mm, above six inches"
    assert spall["outline_px"] == [[5, 5], [205, 5], [205, 305], [5, 305]]
    assert spall["area_mm2"] == {"value": 15_000.0, "u": 600.0, "U": 1200.0}
    assert spall["extent_mm"] == {"value": 180.28, "u": 3.606, "U": 7.211}
    assert (spall["area_px"], spall["confidence"]) == (60_000.0, 0.8)
    assert (leak["kind"], leak["severity"], leak["extent_mm"]["value"]) == ("leakage", "CS2", 25.0)


def test_regions_without_a_scale_are_told_in_pixels():
    found = grade_analysis(with_regions(None))
    spall, leak = as_json(Path("wall.jpg"), found)["regions"]

    assert (spall["area_mm2"], spall["extent_mm"], spall["severity"]) == (None, None, None)
    assert (leak["area_px"], leak["severity"]) == (1200.0, "CS2"), "seeing it is enough"
    assert grade_analysis(with_regions(Scale(0.5)), "kistec_rc").region_states == (None, None)
