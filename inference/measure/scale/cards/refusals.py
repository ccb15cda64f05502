"""The reasons why a marker card gives no scale."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from assets.marker_cards.layouts import CardLayout
from inference.measure.scale.markers import FoundMarker
from inference.types import Finding

if TYPE_CHECKING:
    from inference.measure.scale.cards.printed import PrintedCard

CARD_MIRRORED = Finding("card_mirrored")
NOT_FOUND = Finding("card_not_found")
NOT_ONE_PLANE = Finding("cards_not_on_one_plane")


def size_unknown(marker: FoundMarker) -> Finding:
    """A marker of another maker, and nobody said how large it is."""
    return Finding(
        "card_size_unknown",
        {"case": "asked_for", "marker": marker.marker_id, "family": marker.family},
    )


def wrong_dictionary(marker: FoundMarker, family: str) -> Finding:
    """A marker of another family than was asked for."""
    return Finding(
        "card_wrong_dictionary",
        {
            "case": "asked_for",
            "marker": marker.marker_id,
            "family": marker.family,
            "wanted_family": family,
        },
    )


def wrong_print(layout: CardLayout, ruler_mm: float) -> Finding:
    """The ruler on the card does not measure what it says."""
    percent = 100.0 * ruler_mm / layout.ruler_mm
    return Finding(
        "card_wrong_print_size",
        {
            "printed_mm": layout.ruler_mm,
            "measured_mm": ruler_mm,
            "printed_percent": percent,
            "side_mm": layout.side_mm * percent / 100,
        },
    )


def duplicated(numbers: Sequence[int]) -> Finding:
    """The same marker twice."""
    return Finding("card_duplicated", {"markers": ", ".join(str(number) for number in numbers)})


def markers_missing(layout: CardLayout, seen: int) -> Finding:
    """Too many markers of a card cannot be seen."""
    return Finding(
        "card_half_covered",
        {
            "case": "markers",
            "card": layout.key,
            "card_number": layout.number,
            "seen": seen,
            "printed": len(layout.markers),
        },
    )


def half_covered(card: PrintedCard) -> Finding:
    """Edges of a marker do not show."""
    return Finding(
        "card_half_covered", {"case": "edges", "card": card.kind, "card_number": card.number}
    )


def too_small(card: PrintedCard, least_px: float) -> Finding:
    """Too few pixels a side."""
    return Finding(
        "card_too_small",
        {
            "card": card.kind,
            "card_number": card.number,
            "side_px": card.side_px,
            "least_px": least_px,
        },
    )


def too_tilted(card: PrintedCard, tilt_deg: float, most_deg: float) -> Finding:
    """Seen too much from the side."""
    return Finding(
        "card_too_tilted",
        {
            "card": card.kind,
            "card_number": card.number,
            "tilt_deg": tilt_deg,
            "most_deg": most_deg,
        },
    )


def unclear(card: PrintedCard) -> Finding:
    """No edges to fit to."""
    return Finding("card_unclear", {"card": card.kind, "card_number": card.number})


def bent(card: PrintedCard, apart_px: float) -> Finding:
    """No plane: root mean square of what its edges are off."""
    return Finding(
        "card_bent",
        {
            "case": "edges",
            "card": card.kind,
            "card_number": card.number,
            "apart_px": apart_px,
        },
    )


def bulging(card: PrintedCard, bulge_mm: float) -> Finding:
    """No plane: height of the bulge towards the camera."""
    return Finding(
        "card_bent",
        {
            "case": "bulge",
            "card": card.kind,
            "card_number": card.number,
            "bulge_mm": bulge_mm,
        },
    )


def too_unsure(u_relative: float) -> Finding:
    """A scale too uncertain to be one."""
    return Finding("card_too_unsure", {"U_percent": 200 * u_relative})
