"""Severity: the rule sets of the standards as data, and the functions that apply them.

Imports nothing but the standard library, so that the instrument, the register and the pages share
it. A width never gives the worst state of a rule set that reserves it for an engineer.
"""

from assets.severity.areas import grade_area
from assets.severity.grading import Graded, grade, graded, is_undecided, level, state_probabilities
from assets.severity.order import (
    GRADES,
    NONE_OPEN,
    UNGRADED,
    badness,
    is_worse,
    rank,
    worst,
)
from assets.severity.resolution import TOO_THIN, PixelsTooCoarse, pixels_too_coarse
from assets.severity.rule_set import ConditionState, RuleSet
from assets.severity.standards import DEFAULT_RULE_SET, DESIGN_GUIDES, RULE_SETS

__all__ = [
    "DEFAULT_RULE_SET",
    "DESIGN_GUIDES",
    "GRADES",
    "NONE_OPEN",
    "RULE_SETS",
    "TOO_THIN",
    "UNGRADED",
    "ConditionState",
    "Graded",
    "PixelsTooCoarse",
    "RuleSet",
    "badness",
    "grade",
    "grade_area",
    "graded",
    "is_undecided",
    "is_worse",
    "level",
    "pixels_too_coarse",
    "rank",
    "state_probabilities",
    "worst",
]
