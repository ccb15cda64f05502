"""Grades a width: the condition state, and the probability of each state."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from assets.coverage import expanded
from assets.severity.standards import DEFAULT_RULE_SET, RULE_SETS


def grade(width_mm: float | None, rule_set: str = DEFAULT_RULE_SET) -> str | None:
    """The condition state that a crack width gives, or None where there is no width in mm.

    Args:
        width_mm: the graded width (95th percentile along the crack), millimetres; None = no scale.
        rule_set: key in :data:`RULE_SETS`; KeyError where unknown.

    Raises:
        ValueError: for a negative or non-finite width: such a number is a defect upstream.
    """
    rules = RULE_SETS[rule_set]
    if width_mm is None:
        return None
    if not math.isfinite(width_mm) or width_mm < 0:
        raise ValueError(f"A crack width is 0 mm or more, not {width_mm!r}.")
    found = rules.states[0]
    for state in rules.states:
        if width_mm >= state.from_mm:
            found = state
    return found.code


def state_probabilities(
    width_mm: float, u_mm: float, rule_set: str = DEFAULT_RULE_SET
) -> dict[str, float]:
    """The probability of each state, for a true width that is normal about the measured one.

    The distribution is cut off at 0, since no crack is narrower than nothing.

    Args:
        width_mm: measured width, millimetres.
        u_mm: its standard uncertainty, millimetres; 0 gives the state itself.
        rule_set: key in :data:`RULE_SETS`; KeyError where unknown.

    Returns:
        state code -> probability; they sum to 1, states narrowest first.

    Raises:
        ValueError: for a negative or non-finite width or uncertainty.
    """
    states = RULE_SETS[rule_set].states
    if not (math.isfinite(u_mm) and u_mm >= 0):
        raise ValueError(f"A standard uncertainty is 0 mm or more, not {u_mm!r}.")
    certain = grade(width_mm, rule_set)
    if u_mm == 0:
        return {state.code: float(state.code == certain) for state in states}

    def above(limit_mm: float) -> float:
        # The complement keeps its digits where it is small.
        return 0.5 * math.erfc((limit_mm - width_mm) / (u_mm * math.sqrt(2.0)))

    whole = above(0.0)
    beyond = [1.0, *(min(1.0, above(state.from_mm) / whole) for state in states[1:]), 0.0]
    return {state.code: beyond[i] - beyond[i + 1] for i, state in enumerate(states)}


def is_undecided(
    width_mm: float | None, u_mm: float | None, rule_set: str = DEFAULT_RULE_SET
) -> bool:
    """Whether a limit between two states lies inside width ± U (k = 2), so that a person decides.

    Args:
        width_mm: measured width, millimetres; None = ungraded, so there is nothing to decide.
        u_mm: its standard uncertainty, millimetres; None or 0 decides.
        rule_set: key in :data:`RULE_SETS`; KeyError where unknown.
    """
    limits = RULE_SETS[rule_set].thresholds_mm()
    if width_mm is None or not u_mm:
        return False
    return any(abs(limit_mm - width_mm) < expanded(u_mm) for _code, limit_mm in limits)


def level(code: str | None, rule_set: str = DEFAULT_RULE_SET) -> int | None:
    """Severity level 0 to 4 of a state code; None for an ungraded crack."""
    return None if code is None else RULE_SETS[rule_set].state(code).level


@dataclass(frozen=True, slots=True)
class Graded:
    """The grade of one width by a rule set. All None if there is no width in millimetres.

    Attributes:
        severity: code of the condition state, ``CS2``.
        level: its severity level, 0 to 4.
        states: probability of each state from the width and its u, narrowest first.
    """

    severity: str | None = None
    level: int | None = None
    states: Mapping[str, float] | None = None


def graded(width_mm: float | None, u_mm: float | None, rule_set: str = DEFAULT_RULE_SET) -> Graded:
    """A crack's grade.

    Args:
        width_mm: the graded width (95th percentile along the crack), millimetres; None = no scale.
        u_mm: its standard uncertainty, millimetres; None counts as 0.
        rule_set: key in :data:`RULE_SETS`; KeyError where unknown.

    Raises:
        ValueError: for a negative or non-finite number.
    """
    code = grade(width_mm, rule_set)
    if width_mm is None or code is None:
        return Graded()
    return Graded(code, level(code, rule_set), state_probabilities(width_mm, u_mm or 0.0, rule_set))
