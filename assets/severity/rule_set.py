"""Rule sets: published tables of crack widths."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ConditionState:
    """One class of a rule set.

    Attributes:
        code: as the standard writes it, ``CS2``.
        level: the severity level (0 to 4) it maps to on maps, lists and photos.
        label: one word.
        from_mm: the smallest crack width in it, millimetres, inclusive.
    """

    code: str
    level: int
    label: str
    from_mm: float


@dataclass(frozen=True, slots=True)
class RuleSet:
    """A published table of crack widths, with its source and how far we verified it.

    ``states`` are those that a width may give, narrowest first. ``engineer_only`` are given by a
    person after a structural review, never by a number. Its texts are English and marked for
    translators: ``portal.wording.rules_in_words`` translates them.
    """

    key: str
    title: str
    edition: str
    source: str
    verification: str
    states: tuple[ConditionState, ...]
    engineer_only: tuple[ConditionState, ...] = ()

    def state(self, code: str) -> ConditionState:
        """The state of that code; KeyError where the rule set has none."""
        for state in (*self.states, *self.engineer_only):
            if state.code == code:
                return state
        raise KeyError(f"{self.title} has no state {code!r}.")

    def thresholds_mm(self) -> tuple[tuple[str, float], ...]:
        """(code, width in mm from which it holds) of every state above the narrowest."""
        return tuple((state.code, state.from_mm) for state in self.states[1:])
