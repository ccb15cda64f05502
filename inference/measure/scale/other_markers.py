"""Finds markers that are not of our cards, to mention them if a photo has no scale."""

from __future__ import annotations

from assets.marker_cards.families import CARD_FAMILY
from inference.measure.scale.cards.refusals import CARD_MIRRORED
from inference.measure.scale.cells import is_printed
from inference.measure.scale.markers import FoundMarker, find_in_families
from inference.types import Finding, RgbImage

# Small families are found in rough concrete now and then: only what is large and printed counts.
MIN_SIDE_PX = 40.0


def other_marker(pixels: RgbImage) -> Finding | None:
    """Why the markers in the picture give no scale; None where there is none to speak of.

    Args:
        pixels: (H, W, 3) uint8 sRGB, upright.
    """
    for marker in find_in_families(pixels, thorough=False):
        if marker.side_px >= MIN_SIDE_PX and is_printed(pixels, marker):
            return _say(marker)
    mirrored = find_in_families(pixels, (CARD_FAMILY,), mirrored=True, thorough=False)
    if any(marker.side_px >= MIN_SIDE_PX for marker in mirrored):
        return CARD_MIRRORED
    return None


def _say(marker: FoundMarker) -> Finding:
    if marker.family == CARD_FAMILY:
        return Finding(
            "card_size_unknown",
            {"case": "seen", "marker": marker.marker_id, "family": marker.family},
        )
    return Finding(
        "card_wrong_dictionary",
        {
            "case": "seen",
            "marker": marker.marker_id,
            "family": marker.family,
            "wanted_family": CARD_FAMILY,
        },
    )
