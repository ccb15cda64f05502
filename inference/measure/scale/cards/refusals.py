"""Why a marker card is no use, each in a sentence with its remedy."""

from __future__ import annotations

from collections.abc import Sequence

from assets.marker_cards.layouts import CardLayout
from inference.measure.scale.markers import FoundMarker
from inference.types import Finding

CARD_MIRRORED = Finding(
    "card_mirrored",
    "The marker in the picture is mirrored: the picture was flipped, or the card printed "
    "from the wrong side.",
    "Switch mirroring off in the camera, or print the card again; the ruler's numbers "
    "must be readable.",
)
NOT_FOUND = Finding(
    "card_not_found",
    "No marker card was found in the picture: none is there, or it is partly covered, cut off by "
    "the edge, blurred or too small.",
    "The whole card with its white margin must be in the picture, sharp, flat and uncovered; "
    "200 pixels a side are good.",
)
NOT_ONE_PLANE = Finding(
    "cards_not_on_one_plane",
    "The cards in the picture do not lie on one plane, or were not printed at the same scale.",
    "Put all cards on the surface with the cracks, and print them with the same printer.",
)


def size_invalid(what: str, value_mm: float) -> Finding:
    """A size that was typed is no size."""
    return Finding(
        "card_size_invalid",
        f"The {what} cannot be {value_mm:g} mm.",
        "Measure the black square, or the ruler on the card, in millimetres.",
    )


def size_unknown(marker: FoundMarker) -> Finding:
    """A marker of another maker, and nobody said how large it is."""
    return Finding(
        "card_size_unknown",
        f"Marker {marker.marker_id} of {marker.family} is in the picture, but it is no card "
        "printed by Hairline and its size is not known.",
        "Give the side of its black square in millimetres.",
    )


def wrong_dictionary(marker: FoundMarker, family: str) -> Finding:
    """A marker of another family than was asked for."""
    return Finding(
        "card_wrong_dictionary",
        f"The picture shows marker {marker.marker_id} of the family {marker.family}, not one of "
        f"{family}.",
        f"Give the family {marker.family} and the side of its black square in millimetres, or "
        "use a card printed by Hairline.",
    )


def wrong_print(layout: CardLayout, ruler_mm: float) -> Finding:
    """The ruler on the card does not measure what it says."""
    percent = 100.0 * ruler_mm / layout.ruler_mm
    return Finding(
        "card_wrong_print_size",
        f"The card's ruler says {layout.ruler_mm} mm and measures {ruler_mm:g} mm: it was printed "
        f"at {percent:.1f} % of its size.",
        "Print it again at 100 % (“actual size”, without “fit to page”), or give the measured side "
        f"of its black square instead, about {layout.side_mm * percent / 100:.2f} mm.",
    )


def duplicated(numbers: Sequence[int]) -> Finding:
    """The same marker twice."""
    listed = ", ".join(str(number) for number in numbers)
    return Finding(
        "card_duplicated",
        f"Marker {listed} is in the picture more than once, so that it is unclear which card is "
        "meant.",
        "Use one card of each number in a picture; further cards are printed with --number 2, 3 …",
    )


def markers_missing(name: str, seen: int, printed: int) -> Finding:
    """Of a card with several markers, too many cannot be seen."""
    return Finding(
        "card_half_covered",
        f"Only {seen} of the {printed} markers of the {name} can be seen.",
        "Take the photo again with the whole card in it, with nothing on it.",
    )


def half_covered(name: str) -> Finding:
    """Edges of a marker do not show."""
    return Finding(
        "card_half_covered",
        f"Part of the {name} is covered or dirty.",
        "Take the photo again with nothing on the card, no shadow's edge and no glare.",
    )


def too_small(name: str, side_px: float, least_px: float) -> Finding:
    """Too few pixels a side."""
    return Finding(
        "card_too_small",
        f"The {name} is too small in the picture: a side of its black square has "
        f"{side_px:.0f} pixels, and {least_px:.0f} are the least.",
        "Go closer, or use a larger card; 200 pixels a side are good.",
    )


def too_tilted(name: str, tilt_deg: float, most_deg: float) -> Finding:
    """Seen too much from the side."""
    return Finding(
        "card_too_tilted",
        f"The {name} is seen at {tilt_deg:.0f}° from straight on; {most_deg:.0f}° is the most.",
        "Take the photo facing the surface.",
    )


def unclear(name: str) -> Finding:
    """No edges to fit to."""
    return Finding(
        "card_unclear",
        f"The edges of the {name} cannot be made out: blurred, over-exposed or too small.",
        "Take the photo again, sharp and without glare on the card.",
    )


def bent(name: str, how: str) -> Finding:
    """No plane."""
    return Finding(
        "card_bent",
        f"The {name} is bent: {how}.",
        "Glue it to something stiff, press it flat on the surface, and take the photo again.",
    )


def too_unsure(u_relative: float) -> Finding:
    """A scale too uncertain to be one."""
    return Finding(
        "card_too_unsure",
        f"The card gives the scale to ±{200 * u_relative:.1f} % only.",
        "Go closer, or use a larger card, facing the surface; 200 pixels a side are good.",
    )
