"""A width and its uncertainty as a probability per condition state."""

from __future__ import annotations

import pytest

from assets.severity import RULE_SETS, state_probabilities


def test_the_worked_example_of_the_manual() -> None:
    found = state_probabilities(0.35, 0.04)
    assert found["CS2"] == pytest.approx(0.894, abs=0.001)
    assert found["CS1"] == pytest.approx(0.106, abs=0.001)


@pytest.mark.parametrize("rule_set", sorted(RULE_SETS))
@pytest.mark.parametrize(
    ("width_mm", "u_mm"), [(0.0, 0.0), (0.0, 0.2), (0.3, 0.0), (0.05, 0.5), (9.0, 3.0)]
)
def test_they_sum_to_one(rule_set: str, width_mm: float, u_mm: float) -> None:
    found = state_probabilities(width_mm, u_mm, rule_set)
    assert sum(found.values()) == pytest.approx(1.0, abs=1e-12)
    assert all(0.0 <= share <= 1.0 for share in found.values())
    assert list(found) == [state.code for state in RULE_SETS[rule_set].states]


def test_no_crack_is_narrower_than_nothing() -> None:
    # A half of the normal about 0 is cut off: what remains above the limit counts twice.
    assert state_probabilities(0.0, 0.3)["CS2"] == pytest.approx(0.3173 - 2.3e-5, abs=1e-4)


def test_without_uncertainty_it_is_the_state() -> None:
    assert state_probabilities(0.30, 0.0) == {"CS1": 0.0, "CS2": 1.0, "CS3": 0.0}


@pytest.mark.parametrize(
    ("width_mm", "u_mm"), [(-0.1, 0.1), (0.1, -0.1), (float("nan"), 0.1), (0.1, float("inf"))]
)
def test_numbers_that_are_none_are_refused(width_mm: float, u_mm: float) -> None:
    with pytest.raises(ValueError, match="0 mm or more"):
        state_probabilities(width_mm, u_mm)
