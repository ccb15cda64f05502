"""The coverage factor k: a standard uncertainty u times k is the ± U that people see.

U = k·u holds the true value in about 95 % of cases (JCGM 100:2008, 6.2 and 6.3). Pure.
"""

from __future__ import annotations

from typing import overload

COVERAGE_FACTOR = 2.0


@overload
def expanded(u: float) -> float: ...
@overload
def expanded(u: None) -> None: ...
@overload
def expanded(u: float | None) -> float | None: ...
def expanded(u: float | None) -> float | None:
    """The expanded uncertainty U of a standard uncertainty, in its unit; None where unknown."""
    return None if u is None else COVERAGE_FACTOR * u
