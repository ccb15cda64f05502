"""Tells whether a picture's pixels are too coarse for a rule set."""

from __future__ import annotations

from dataclasses import dataclass

from assets.severity.standards import DEFAULT_RULE_SET, RULE_SETS

# What the instrument says of a crack that is narrower than its picture can resolve.
TOO_THIN = "too_thin"
# Across the narrowest crack that a standard tells apart.
PIXELS_ACROSS = 3.0


@dataclass(frozen=True, slots=True)
class PixelsTooCoarse:
    """Why a crack that the picture cannot resolve could matter; lengths in millimetres.

    Attributes:
        pixel_mm: what a pixel covers at the crack.
        rule_set: key of the rule set.
        state: code of its first state above the narrowest.
        limit_mm: the width from which that state holds.
        most_pixel_mm: what a pixel may cover for this rule set.
    """

    pixel_mm: float
    rule_set: str
    state: str
    limit_mm: float
    most_pixel_mm: float


def pixels_too_coarse(
    why: str | None, pixel_mm: float | None, rule_set: str = DEFAULT_RULE_SET
) -> PixelsTooCoarse | None:
    """What a rule set says of a crack without a width; None where the pixels are not to blame.

    Args:
        why: code of the instrument's reason; only :data:`TOO_THIN` comes of coarse pixels.
        pixel_mm: millimetres per pixel at the crack; None = no scale.
        rule_set: key in :data:`RULE_SETS`; KeyError where unknown.
    """
    state, limit_mm = RULE_SETS[rule_set].thresholds_mm()[0]
    if why != TOO_THIN or pixel_mm is None or pixel_mm <= limit_mm:
        return None
    return PixelsTooCoarse(pixel_mm, rule_set, state, limit_mm, limit_mm / PIXELS_ACROSS)
