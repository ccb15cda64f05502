"""Numbers and levels in words, for pages, charts and the map."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal

from django.utils import formats
from django.utils.functional import lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from assets.coverage import expanded as expanded_u
from assets.severity import NONE_OPEN, UNGRADED, ConditionState, RuleSet

LEVEL_NAMES: dict[int | str, str] = {
    NONE_OPEN: gettext_noop("None seen"),
    "none": gettext_noop("None seen"),
    0: gettext_noop("0 Excellent"),
    1: gettext_noop("1 Good"),
    2: gettext_noop("2 Fair"),
    3: gettext_noop("3 Poor"),
    4: gettext_noop("4 Severe"),
    "rev": gettext_noop("Needs review"),
}
UNGRADED_NAME = gettext_noop("Ungraded")


def level_name(level: int | str | None) -> str:
    """A severity level in words: "3 Poor"; None or -1 is "Ungraded" (no scale), -2 "None seen"."""
    return _(UNGRADED_NAME if level is None else LEVEL_NAMES.get(level, UNGRADED_NAME))


# For words that are written down before a language is known.
level_name_lazy = lazy(level_name, str)


def rules_in_words(rules: RuleSet) -> RuleSet:
    """The same rule set with its texts in the reader's language."""
    return replace(
        rules,
        title=_(rules.title),
        edition=_(rules.edition),
        source=_(rules.source),
        verification=_(rules.verification),
        states=_states_in_words(rules.states),
        engineer_only=_states_in_words(rules.engineer_only),
    )


def _states_in_words(states: Iterable[ConditionState]) -> tuple[ConditionState, ...]:
    return tuple(replace(state, label=_(state.label)) for state in states)


def level_key(level: int) -> str:
    """A level as scripts and tokens call it (``levelKey`` in ``static/js/levels.js``)."""
    return {UNGRADED: "nm", NONE_OPEN: "none"}.get(level, str(level))


def number(value: float, decimals: int) -> str:
    """A number, rounded, with the reader's decimal sign."""
    rounded = Decimal(f"{value:.{decimals}f}")  # Django would cut a float off instead
    return formats.number_format(rounded, decimal_pos=decimals)


def plain_number(value: float) -> str:
    """A number with as many decimals as it has, six digits at most: 50, 0.6, 24.5."""
    return formats.number_format(Decimal(f"{value:g}"))


def significant(value: float, digits: int) -> str:
    """A number above 0 with the given number of significant digits: 0.0321, 1.36, 12."""
    return number(value, max(0, digits - 1 - math.floor(math.log10(value))) if value > 0 else 0)


def width_decimals(value: float, expanded: float | None, unit: str) -> int:
    """The number of decimals of a width; it follows from its expanded uncertainty U.

    At most two significant digits of U, and never finer than a thousandth of a millimetre or a
    tenth of a pixel: 0.35 ± 0.08, 1.62 ± 0.21, 0.027 ± 0.006, 11 ± 2 px.
    """
    finest = 3 if unit == "mm" else 1
    if expanded is None or expanded <= 0 or not math.isfinite(expanded):
        return 2 if unit == "mm" else (1 if abs(value) < 10 else 0)
    if unit == "px":
        return 0 if expanded >= 2 else 1
    leading = math.floor(math.log10(expanded))
    two_digits = expanded / 10**leading < 3
    decimals = -leading + (1 if two_digits else 0)
    if 0.1 <= expanded < 1:
        decimals = 2
    return max(0, min(finest, decimals))


SQUARE_METRES_FROM_MM2 = 1e5


def area_words(area_mm2: float, u_mm2: float | None = None) -> str:
    """An area with its U = 2u: "0.12 ± 0.01 m²", in cm² below 0.1 m².

    Two significant digits of U where it is known, of 5 % of the area where it is not.
    """
    unit, each = ("m²", 1e6) if area_mm2 >= SQUARE_METRES_FROM_MM2 else ("cm²", 100.0)
    value = area_mm2 / each
    spread = expanded_u(u_mm2) / each if u_mm2 else None
    finest = spread or 0.05 * value
    decimals = min(3, max(0, 1 - math.floor(math.log10(finest)))) if finest > 0 else 0
    sure = f" ± {number(spread, decimals)}" if spread else ""
    return f"{number(value, decimals)}{sure} {unit}"


def extent_words(extent_mm: float, expanded_mm: float | None = None) -> str:
    """An extent in millimetres without its unit, with its U where that is known and not 0.

    Whole ones from 10 on, and from U = 2 on: "600", "7.5", "120 ± 5", "83.0 ± 0.4".
    """
    finest = 0 if (expanded_mm >= 2 if expanded_mm else extent_mm >= 10) else 1
    sure = f" ± {number(expanded_mm, finest)}" if expanded_mm else ""
    return f"{number(extent_mm, finest)}{sure}"
