"""Grades areal defects: the state by kind and largest extent.

Depth, section loss and what sounds hollow are not seen in one picture. Where a standard asks for
them, the state here is the least that what is seen gives; an engineer decides on a worse one.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from assets.severity.standards import AASHTO_MBEI_PSC, AASHTO_MBEI_RC

SIX_INCHES_MM = 152.4


@dataclass(frozen=True, slots=True)
class AreaRule:
    """The limits by which a rule set grades one kind of areal defect.

    Attributes:
        defect: the standard's number and name of it.
        from_mm: (state code, largest extent in millimetres *above* which it holds), narrowest
            first; the first holds from nothing on, so a single one holds wherever it is seen.
        source: where the limits stand.
    """

    defect: str
    from_mm: tuple[tuple[str, float], ...]
    source: str

    @property
    def needs_scale(self) -> bool:
        """Whether the state depends on the extent at all."""
        return len(self.from_mm) > 1

    @property
    def limits_mm(self) -> tuple[tuple[str, float], ...]:
        """(state code, extent in millimetres above which it holds) of all but the first state."""
        return self.from_mm[1:]


# AASHTO Manual for Bridge Element Inspection, as public condition tables give it; the manual's own
# pages were not read. Both kinds of concrete share these defects.
_AASHTO = {
    "spalling": AreaRule(
        "1080, delamination, spall, patched area",
        (("CS2", 0.0), ("CS3", SIX_INCHES_MM)),
        "Fair up to 6 in. in diameter (or 1 in. deep, which a picture does not tell), poor above.",
    ),
    "corrosion": AreaRule(
        "1090, exposed rebar",
        (("CS2", 0.0),),
        "Fair where present; poor with measurable section loss, which a picture does not tell.",
    ),
    "leakage": AreaRule(
        "1120, efflorescence and rust staining",
        (("CS2", 0.0),),
        "Fair where present; poor with heavy build-up or rust staining.",
    ),
    "efflorescence": AreaRule(
        "1120, efflorescence and rust staining",
        (("CS2", 0.0),),
        "Fair where present; poor with heavy build-up or rust staining.",
    ),
}
# A rule set that is not named here leaves areal defects ungraded.
AREA_RULES: dict[str, dict[str, AreaRule]] = {
    AASHTO_MBEI_RC.key: _AASHTO,
    AASHTO_MBEI_PSC.key: _AASHTO,
}


def grade_area(kind: str, extent_mm: float | None, rule_set: str) -> str | None:
    """The condition state of an areal defect; None where the rule set does not tell.

    Args:
        kind: of :class:`assets.models.DefectKind`, such as ``spalling``.
        extent_mm: its largest extent (greatest distance between two points of its outline),
            millimetres; None without a scale, which leaves ungraded what depends on the extent.

    Raises:
        ValueError: for a negative or non-finite extent: such a number is a defect upstream.
    """
    if extent_mm is not None and not (math.isfinite(extent_mm) and extent_mm >= 0):
        raise ValueError(f"An extent is 0 mm or more, not {extent_mm!r}.")
    rule = AREA_RULES.get(rule_set, {}).get(kind)
    if rule is None:
        return None
    if not rule.needs_scale:
        return rule.from_mm[0][0]
    if extent_mm is None:
        return None
    return next(
        code for code, limit_mm in reversed(rule.from_mm) if extent_mm > limit_mm or not limit_mm
    )
