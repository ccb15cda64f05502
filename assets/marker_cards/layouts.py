"""Layouts of our marker cards, in millimetres from the card's top left corner.

The numbers of its markers identify a card, so people need to say nothing about it. Cards of the
same size have different numbers, so that several may lie in one picture.
"""

from __future__ import annotations

from dataclasses import dataclass

from assets.marked import gettext_noop as _
from assets.marker_cards.families import CARD_FAMILY

SIZES = ("a5", "credit-card")
TITLES = (_("A5"), _("credit-card-size"))
NUMBERS = range(1, 9)

Corner = tuple[float, float]


@dataclass(frozen=True, slots=True)
class PlacedMarker:
    """A marker on a card: its number in the family, and the top left corner of its black square."""

    marker_id: int
    left_mm: float
    top_mm: float


@dataclass(frozen=True, slots=True)
class CardLayout:
    """A card of one size and number.

    Attributes:
        key: of :data:`SIZES`.
        side_mm: of the black squares.
        ruler_mm: length of the printed ruler, from (``ruler_left_mm``, ``ruler_top_mm``) to the
            right.
        qr_mm: side of the QR code without its quiet zone, at (``qr_left_mm``, ``qr_top_mm``).
    """

    key: str
    title: str
    number: int
    width_mm: float
    height_mm: float
    side_mm: float
    markers: tuple[PlacedMarker, ...]
    ruler_mm: int
    ruler_left_mm: float
    ruler_top_mm: float
    qr_mm: float
    qr_left_mm: float
    qr_top_mm: float
    family: str = CARD_FAMILY

    def corners_mm(self, marker: PlacedMarker) -> tuple[Corner, Corner, Corner, Corner]:
        """The corners of a marker's black square, (x, y), clockwise from its top left."""
        left, top = marker.left_mm, marker.top_mm
        right, bottom = left + self.side_mm, top + self.side_mm
        return (left, top), (right, top), (right, bottom), (left, bottom)


def card(key: str, number: int = 1) -> CardLayout:
    """The card of a size and number.

    Raises:
        ValueError: for a size or a number that does not exist.
    """
    if number not in NUMBERS:
        raise ValueError(f"Cards are numbered {NUMBERS[0]} to {NUMBERS[-1]}, not {number}.")
    if key == "a5":
        return _a5(number)
    if key == "credit-card":
        return _credit_card(number)
    raise ValueError(f"There is no card of size {key!r}. Sizes are {', '.join(SIZES)}.")


def _a5(number: int) -> CardLayout:
    """Four markers far apart: the plane is known well beyond the card."""
    first = 500 + 4 * (number - 1)
    places = ((10.0, 10.0), (160.0, 10.0), (10.0, 98.0), (160.0, 98.0))
    return CardLayout(
        key="a5",
        title=TITLES[0],
        number=number,
        width_mm=210.0,
        height_mm=148.0,
        side_mm=40.0,
        markers=tuple(PlacedMarker(first + k, x, y) for k, (x, y) in enumerate(places)),
        ruler_mm=90,
        ruler_left_mm=60.0,
        ruler_top_mm=128.0,
        qr_mm=44.0,
        qr_left_mm=83.0,
        qr_top_mm=36.0,
    )


def _credit_card(number: int) -> CardLayout:
    """One marker as large as the card allows."""
    return CardLayout(
        key="credit-card",
        title=TITLES[1],
        number=number,
        width_mm=85.6,
        height_mm=53.98,
        side_mm=36.0,
        markers=(PlacedMarker(540 + number - 1, 5.0, 5.0),),
        ruler_mm=70,
        ruler_left_mm=7.8,
        ruler_top_mm=46.5,
        qr_mm=26.0,
        qr_left_mm=53.0,
        qr_top_mm=4.5,
    )


_BY_MARKER = {
    marker.marker_id: card(key, number)
    for key in SIZES
    for number in NUMBERS
    for marker in card(key, number).markers
}


def card_of_marker(marker_id: int) -> CardLayout | None:
    """Which of our cards carries that marker; None where none does."""
    return _BY_MARKER.get(marker_id)
