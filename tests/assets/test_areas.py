"""Grading of areal defects by AASHTO's defects 1080, 1090 and 1120."""

import math

import pytest

from assets.models import DefectKind
from assets.severity import DEFAULT_RULE_SET, RULE_SETS
from assets.severity.areas import AREA_RULES, grade_area


@pytest.mark.parametrize(
    ("kind", "extent_mm", "code"),
    [
        ("spalling", 0.0, "CS2"),
        ("spalling", 152.4, "CS2"),  # 6 in. or less
        ("spalling", 152.5, "CS3"),
        ("spalling", None, None),
        ("corrosion", 3.0, "CS2"),
        ("corrosion", None, "CS2"),  # it is there, however large
        ("leakage", 5000.0, "CS2"),
        ("efflorescence", None, "CS2"),
        ("crack", 900.0, None),  # a line, graded by its width
    ],
)
def test_the_state_of_an_area(kind, extent_mm, code):
    assert grade_area(kind, extent_mm, DEFAULT_RULE_SET) == code


def test_a_rule_set_without_limits_leaves_areas_ungraded():
    assert grade_area("spalling", 500.0, "kistec_rc") is None


@pytest.mark.parametrize("extent_mm", [-1.0, math.nan, math.inf])
def test_no_such_extent(extent_mm):
    with pytest.raises(ValueError, match="0 mm or more"):
        grade_area("spalling", extent_mm, DEFAULT_RULE_SET)


def test_rules_name_kinds_and_states_that_exist():
    for key, rules in AREA_RULES.items():
        assert set(rules) <= set(DefectKind.values) - {"crack"}
        for rule in rules.values():
            assert [limit for _, limit in rule.from_mm] == sorted(
                limit for _, limit in rule.from_mm
            )
            assert rule.from_mm[0][1] == 0
            for code, _limit in rule.from_mm:
                assert RULE_SETS[key].state(code).level
