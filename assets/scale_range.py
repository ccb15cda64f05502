"""The ranges of values that people may give for a scale, and one way to read them."""

from __future__ import annotations

import math
from typing import NamedTuple


class Range(NamedTuple):
    """From the least number to the most, both possible, in the unit of its name."""

    least: float
    most: float

    def holds(self, value: float) -> bool:
        """Whether the number is one of these; infinities and "not a number" never are."""
        return math.isfinite(value) and self.least <= value <= self.most

    def read(self, text: str) -> float | None:
        """The number of a text; None for what is no number or out of range."""
        value = read_number(text)
        return value if value is not None and self.holds(value) else None


# 0.001 mm is below what light resolves; a metre a pixel shows no crack.
MM_PER_PX = Range(0.001, 1000.0)
# From the camera to the surface: nearer is a microscope, farther shows no crack.
DISTANCES_M = Range(0.02, 500.0)
# A smaller marker fills no 40 pixels, a larger one is no printed card but most likely centimetres.
MARKERS_MM = Range(4.0, 1000.0)
# Between two points: above 0, up to 100 m.
MOST_LENGTH_MM = 100_000.0
# A click lands within a pixel or two: nearer points give no scale worth having.
LEAST_APART_PX = 40.0


def is_possible_length(length_mm: float) -> bool:
    """Whether two points in a picture of a structure can be so far apart on it."""
    return math.isfinite(length_mm) and 0 < length_mm <= MOST_LENGTH_MM


def read_number(text: str) -> float | None:
    """A number as people type it, with a comma or a point; None for what is none.

    Infinities and "not a number" are none either.
    """
    value = _as_float(text)
    return value if math.isfinite(value) else None


def is_too_large(text: str) -> bool:
    """Whether a text writes a number, but one larger than any that can be reckoned with."""
    return math.isinf(_as_float(text))


def _as_float(text: str) -> float:
    try:
        return float(text.strip().replace(",", "."))
    except ValueError:
        return math.nan
