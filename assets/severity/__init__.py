"""What a width means: rule sets of the standards as data, and the pure function that applies them.

Imports nothing but the standard library, so that the instrument, the register and the pages share
it. A width never gives the worst state of a rule set that reserves it for an engineer.
"""

from assets.severity.grading import grade, is_undecided, level, state_probabilities
from assets.severity.rule_set import ConditionState, RuleSet
from assets.severity.standards import DEFAULT_RULE_SET, DESIGN_GUIDES, RULE_SETS

__all__ = [
    "DEFAULT_RULE_SET",
    "DESIGN_GUIDES",
    "RULE_SETS",
    "ConditionState",
    "RuleSet",
    "grade",
    "is_undecided",
    "level",
    "state_probabilities",
]
