"""Formats a finding's values, by the unit in their names and in the reader's units.

Lengths on a structure (``_mm``, ``_m``) come with their unit, since the reader's units decide it;
every other unit stands in the sentence. What is printed or engraved in millimetres (a ruler, a
lens) is a :class:`Bare` number: it stays so in every country.
"""

from __future__ import annotations

import numbers
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

Units = Literal["mm", "in"]
MISSING = "?"
LONGEST_SHOWN = 200  # characters


class Shown(Protocol):
    """The reader's properties that formatting needs; see :class:`assets.findings.Reader`."""

    @property
    def units(self) -> Units: ...
    @property
    def number(self) -> Callable[[float, str], str]: ...
    @property
    def translate(self) -> Callable[[str], str]: ...


class Format(Protocol):
    """Shows one value."""

    def names(self, name: str, values: Mapping[str, Any]) -> set[str]:
        """The values it takes, that of its own name among them."""

    def show(self, name: str, values: Mapping[str, Any], reader: Shown) -> str:
        """The value in words; never raises, whatever a row holds."""


@dataclass(frozen=True, slots=True)
class Bare:
    """A number by Python's format; its unit, if any, stands in the sentence."""

    spec: str

    def names(self, name: str, values: Mapping[str, Any]) -> set[str]:
        return {name}

    def show(self, name: str, values: Mapping[str, Any], reader: Shown) -> str:
        return _shown(values.get(name), self.spec, reader)


@dataclass(frozen=True, slots=True)
class Length:
    """A length with its unit: millimetres or metres as stored, inches or feet where wanted."""

    spec: str
    unit: str

    def names(self, name: str, values: Mapping[str, Any]) -> set[str]:
        return {name}

    def show(self, name: str, values: Mapping[str, Any], reader: Shown) -> str:
        value, unit, spec = values.get(name), self.unit, self.spec
        number = number_of(value)
        if reader.units == "in" and number is not None:
            unit, per_unit = _IMPERIAL[unit]
            value, spec = number / per_unit, _finer(spec)
        return f"{_shown(value, spec, reader)} {unit}"


@dataclass(frozen=True, slots=True)
class Words:
    """A value that is one of a few known words, each with the text that stands for it.

    Attributes:
        table: word -> text, marked for translators; it may hold ``{detail}`` for the value
            ``NAME_detail``, NAME being the word's own.
        formats: of the details.
    """

    table: Mapping[str, str]
    formats: Mapping[str, Format] = field(default_factory=dict)

    def names(self, name: str, values: Mapping[str, Any]) -> set[str]:
        text = self.table.get(str(values.get(name)), "")
        return {name} | {f"{name}_{detail}" for detail in self.formats if f"{{{detail}}}" in text}

    def show(self, name: str, values: Mapping[str, Any], reader: Shown) -> str:
        word = values.get(name)
        text = self.table.get(word) if isinstance(word, str) else None
        if text is None:  # a word of a newer worker
            return _shown(word, "", reader)
        details = {key.removeprefix(f"{name}_"): value for key, value in values.items()}
        places = {detail: form.show(detail, details, reader) for detail, form in
                  self.formats.items()}  # fmt: skip
        return fill(text, reader.translate(text), places)


def format_of(name: str) -> Format:
    """The format that the unit in a value's name asks for."""
    for suffix, form in _BY_UNIT.items():
        if name.endswith(suffix) or name == suffix[1:]:
            return form
    return _ANY


def fill(message: str, translated: str, places: Mapping[str, str]) -> str:
    """A text with its values in their places; a translation that is broken gives way."""
    known = _Places(places)
    try:
        return translated.format_map(known)
    except (ValueError, IndexError, KeyError, AttributeError):
        return message.format_map(known)


class _Places(dict[str, str]):
    def __missing__(self, name: str) -> str:
        return MISSING


def number_of(value: Any) -> float | None:
    """A value of a row as a number; None for what is none, as True and False are."""
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        return None
    try:
        return float(value)
    except OverflowError:  # a whole number of hundreds of digits
        return None


def _shown(value: Any, spec: str, reader: Shown) -> str:
    if isinstance(value, str):
        return value[:LONGEST_SHOWN] or MISSING
    number = number_of(value)
    return MISSING if number is None else reader.number(number, spec or "g")


def _finer(spec: str) -> str:
    """An inch is some 25 millimetres: so two more decimals; else three significant digits."""
    return f".{int(spec[1:-1]) + 2}f" if spec.startswith(".") and spec.endswith("f") else ".3g"


_IMPERIAL = {"mm": ("in", 25.4), "mm/px": ("in/px", 25.4), "m": ("ft", 0.3048)}

_ANY = Bare("g")
# The longer endings first.
_BY_UNIT: Mapping[str, Format] = {
    "_mm_per_px": Length(".4g", "mm/px"),
    "_mm": Length("g", "mm"),
    "_m": Length("g", "m"),
    "_px": Bare(".0f"),
    "_mp": Bare(",.0f"),
    "_deg": Bare(".0f"),
    "_share": Bare(".0%"),
    "_percent": Bare(".1f"),
    "_mb": Bare(",.0f"),
    "_gb": Bare(".1f"),
    "_min": Bare(".0f"),
}
