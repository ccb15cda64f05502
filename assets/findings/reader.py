"""Who reads findings: in which language and units."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeAlias

Units: TypeAlias = Literal["mm", "in"]


def _in_english(one: str, many: str, count: int) -> str:
    return one if count == 1 else many


@dataclass(frozen=True, slots=True)
class Reader:
    """The language by gettext's two functions, the units, and how a number is written.

    Attributes:
        number: (value, Python's format) -> text.
    """

    translate: Callable[[str], str] = str
    plural: Callable[[str, str, int], str] = _in_english
    units: Units = "mm"
    number: Callable[[float, str], str] = format


ENGLISH = Reader()
