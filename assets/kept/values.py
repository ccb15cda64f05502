"""Reads single values of stored JSON: each as its type, or None."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from assets.findings.formats import number_of

# Nothing that is kept here is as large in its unit; the square of more is no number.
LARGEST = 1e12

Point = tuple[float, float]


def number(value: Any) -> float | None:
    """A finite number up to :data:`LARGEST`; None for all else, True and False among it."""
    found = value if type(value) is float else number_of(value)
    return found if found is not None and abs(found) <= LARGEST else None


def size(value: Any) -> float | None:
    """A number from 0 on: a width, an uncertainty, a place along a line."""
    found = number(value)
    return found if found is not None and found >= 0 else None


def truth(value: Any) -> bool | None:
    """True or False; None for what is neither."""
    return value if isinstance(value, bool) else None


def text(value: Any) -> str:
    """A text; empty for what is none."""
    return value if isinstance(value, str) else ""


def object_of(value: Any) -> Mapping[str, Any]:
    """An object of JSON; an empty one for what is none."""
    return value if isinstance(value, Mapping) else {}


def list_of(value: Any) -> Sequence[Any]:
    """A list; an empty one for what is none."""
    return value if isinstance(value, list | tuple) else ()


def points(value: Any) -> tuple[Point, ...]:
    """[[x, y], …], pixels; none at all where one of them is no point, for the rest is no line."""
    found = []
    for one in list_of(value):
        if not isinstance(one, list | tuple) or len(one) != 2:
            return ()
        x, y = number(one[0]), number(one[1])
        if x is None or y is None:
            return ()
        found.append((x, y))
    return tuple(found)


def numbers_by_name(value: Any) -> dict[str, float | None]:
    """Numbers by name, such as what was measured or how long a stage took; None for no number."""
    return {str(name): number(one) for name, one in object_of(value).items()}


def writable(value: Any) -> Any:
    """The same where JSON can say it; a number that is not finite becomes None.

    PostgreSQL keeps ``1e400`` as it is, Python reads it as an infinity, and no answer can hold it.
    """
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(name): writable(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [writable(one) for one in value]
    return value
