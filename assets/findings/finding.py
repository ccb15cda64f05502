"""A finding: a fact as code and values, without a sentence."""

from __future__ import annotations

import math
import numbers
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Self, TypeAlias

Value: TypeAlias = float | int | str

SIGNIFICANT_DIGITS = 6  # more than any sentence shows
LONGEST_TEXT = 200  # characters of a value that is a text, such as a lens or the name of a file


@dataclass(frozen=True, slots=True)
class Finding:
    """A fact for people and programs; :mod:`assets.findings` has its sentence.

    Attributes:
        code: stable, snake_case; programs match on it.
        values: what its sentence speaks of: plain numbers and texts, each name with its unit
            (``tilt_deg``, ``width_px``). ``case`` names which of several sentences of the code is
            meant, ``leads_to`` what follows from it.
    """

    code: str
    values: Mapping[str, Value] = field(default_factory=dict)

    # Tests set it: each finding is looked up in the catalogue as it is made.
    checked_by: ClassVar[Callable[[Finding], None] | None] = None

    def __post_init__(self) -> None:
        if Finding.checked_by is not None:
            Finding.checked_by(self)

    @classmethod
    def of(cls, other: Finding, **more: Value) -> Self:
        """The same fact, said of something else or with more values."""
        return cls(other.code, {**other.values, **more})

    @classmethod
    def from_stored(cls, stored: Any) -> Self | None:
        """The finding that a row stores; None if the row stores a finished sentence, as older rows
        do, or something else.
        """
        match stored:
            case {"code": str(code), "values": Mapping() as values}:
                return cls(code, dict(values))
        return None

    def as_stored(self) -> dict[str, Any]:
        """{"code", "values"} for JSON in any database: no NaN, no NUL, no types of NumPy."""
        return {
            "code": self.code,
            "values": {name: _plain(value) for name, value in self.values.items()},
        }


def _plain(value: Any) -> Value:
    if isinstance(value, numbers.Integral):
        return int(value)
    if isinstance(value, numbers.Real):
        number = float(value)
        return float(f"{number:.{SIGNIFICANT_DIGITS}g}") if math.isfinite(number) else str(number)
    return "".join(sign for sign in str(value) if sign.isprintable())[:LONGEST_TEXT]
