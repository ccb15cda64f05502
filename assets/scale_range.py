"""Millimetres per pixel as people give them: the one range, and the one way to read them. Pure."""

from __future__ import annotations

import math

# 0.001 mm is below what light resolves; a metre a pixel shows no crack.
MIN_MM_PER_PX, MAX_MM_PER_PX = 0.001, 1000.0


def is_possible(mm_per_px: float) -> bool:
    """Whether a photo of a structure can have that scale."""
    return math.isfinite(mm_per_px) and MIN_MM_PER_PX <= mm_per_px <= MAX_MM_PER_PX


def read_number(text: str) -> float | None:
    """A number as people type it, with a comma or a point; None for what is none.

    Infinities and "not a number" are none either.
    """
    try:
        value = float(text.strip().replace(",", "."))
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def read_mm_per_px(text: str) -> float | None:
    """Millimetres per pixel from a text; None for what is no number or out of range."""
    value = read_number(text)
    return value if value is not None and is_possible(value) else None
