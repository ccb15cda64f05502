"""The command line grades for itself, by any rule set."""

from __future__ import annotations

import numpy as np
import pytest

from inference.cli._grading import grade_analysis
from inference.measure.scale import to_millimetres
from inference.types import (
    Analysis,
    CrackMeasurement,
    CrackTrace,
    ModelInfo,
    NotMeasurable,
    Quality,
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
