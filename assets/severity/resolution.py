"""Whether a picture's pixels are too coarse for a rule set."""

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
        mm_per_px: what a pixel covers at the crack.
        rules: title of the rule set.
        state: code of its first state above the narrowest.
        from_mm: the width from which that state holds.
        coarsest_mm_per_px: what a pixel may cover for this rule set.
    """

    mm_per_px: float
    rules: str
    state: str
    from_mm: float
    coarsest_mm_per_px: float

    def as_finding(self) -> dict[str, str]:
        """As it is kept beside a crack without a width: {"code", "sentence", "remedy"}."""
        return {
            "code": "pixels_too_coarse",
            "sentence": (
                "The crack is thinner than this picture can resolve: a pixel covers "
                f"{self.mm_per_px:.2f} mm, and {self.rules} asks from {self.from_mm:.2f} mm on "
                f"({self.state})."
            ),
            "remedy": (
                "Take the photo from closer: for this standard a pixel may cover "
                f"{self.coarsest_mm_per_px:.2f} mm at most."
            ),
        }


def pixels_too_coarse(
    why: str | None, mm_per_px: float | None, rule_set: str = DEFAULT_RULE_SET
) -> PixelsTooCoarse | None:
    """What a rule set says of a crack without a width; None where the pixels are not to blame.

    Args:
        why: code of the instrument's reason; only :data:`TOO_THIN` comes of coarse pixels.
        mm_per_px: millimetres per pixel at the crack; None = no scale.
        rule_set: key in :data:`RULE_SETS`; KeyError where unknown.
    """
    rules = RULE_SETS[rule_set]
    state, from_mm = rules.thresholds_mm()[0]
    if why != TOO_THIN or mm_per_px is None or mm_per_px <= from_mm:
        return None
    return PixelsTooCoarse(mm_per_px, rules.title, state, from_mm, from_mm / PIXELS_ACROSS)
