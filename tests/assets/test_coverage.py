"""The coverage factor k is defined once."""

from __future__ import annotations

from assets.coverage import COVERAGE_FACTOR, expanded
from assets.severity import is_undecided


def test_a_standard_uncertainty_is_expanded_by_k():
    assert COVERAGE_FACTOR == 2.0
    assert (expanded(0.04), expanded(0.0), expanded(None)) == (0.08, 0.0, None)


def test_a_limit_within_the_expanded_uncertainty_is_undecided():
    u_mm = 0.01
    assert is_undecided(0.30 - 0.99 * expanded(u_mm), u_mm)
    assert not is_undecided(0.30 - 1.01 * expanded(u_mm), u_mm)
