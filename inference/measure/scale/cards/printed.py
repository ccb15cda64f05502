"""Assigns found markers to cards, and finds how large each card was printed."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from assets.marker_cards.families import CARD_FAMILY
from assets.marker_cards.layouts import CardLayout, card_of_marker
from assets.scale_range import MARKERS_MM
from inference.measure.scale.cards import refusals as why
from inference.measure.scale.markers import FoundMarker
from inference.types import Finding

Array = npt.NDArray[np.float64]

# Printers and copiers are true to some 0.5 % without a check, a ruler on paper is read to 0.25 mm:
# both as half widths of even distributions.
PRINT_TOLERANCE, RULER_READING_MM = 0.005, 0.25
# A ruler that is further off means a printer that scales.
MAX_RULER_OFF = 0.006
# Share of a card's markers that must be found.
MIN_SEEN = 0.75


@dataclass(frozen=True, slots=True)
class CardRequest:
    """What a person says about the markers in a picture.

    Attributes:
        family: of :data:`assets.marker_cards.families.FAMILIES`.
        side_mm: of the black squares as measured on the paper; None: our own card as designed.
        ruler_mm: what the ruler printed on our card measures in truth; None: not checked.
    """

    family: str = CARD_FAMILY
    side_mm: float | None = None
    ruler_mm: float | None = None


@dataclass(frozen=True, slots=True)
class PrintedCard:
    """Markers of one card with the places of their corners on it.

    Attributes:
        kind: its size, ``a5`` or ``credit-card``; ``marker`` where it is one of another maker.
        number: of the card, or of that marker.
        side_mm: of the black squares as printed.
        corners_mm: (4, 2) for each marker, from the pattern's own top left.
        u_print: relative standard uncertainty of the printed size.
    """

    kind: str
    number: int
    side_mm: float
    markers: tuple[FoundMarker, ...]
    corners_mm: tuple[Array, ...]
    u_print: float

    @property
    def side_px(self) -> float:
        """Mean side of its markers in the picture."""
        return float(np.mean([marker.side_px for marker in self.markers]))

    @property
    def middle_mm(self) -> Array:
        """(2,) mean of all corners."""
        return np.asarray(np.concatenate(self.corners_mm).mean(axis=0))


def problem_with(request: CardRequest) -> Finding | None:
    """The fault of the values that a person gave."""
    side_mm, ruler_mm = request.side_mm, request.ruler_mm
    if side_mm is not None and not MARKERS_MM.holds(side_mm):
        return Finding("card_size_invalid", {"case": "side", "given_mm": side_mm})
    if ruler_mm is not None and not (math.isfinite(ruler_mm) and ruler_mm > 0):
        return Finding("card_size_invalid", {"case": "ruler", "given_mm": ruler_mm})
    return None


def sort_into_cards(
    found: Sequence[FoundMarker], wanted: CardRequest, *, asked: bool
) -> tuple[list[PrintedCard], list[Finding]]:
    """Cards with all that is known of them, largest first, and what is wrong with the others.

    Args:
        asked: whether a person spoke of markers; else those of other makers are passed over.
    """
    refusals: list[Finding] = []
    counts = Counter(marker.marker_id for marker in found)
    twice = sorted(number for number, count in counts.items() if count > 1)
    if twice:
        refusals.append(why.duplicated(twice))
        found = [marker for marker in found if marker.marker_id not in twice]
    ours: dict[tuple[str, int], tuple[CardLayout, list[FoundMarker]]] = {}
    others: list[FoundMarker] = []
    for marker in found:
        layout = card_of_marker(marker.marker_id) if marker.family == CARD_FAMILY else None
        if layout is None:
            others.append(marker)
        else:
            ours.setdefault((layout.key, layout.number), (layout, []))[1].append(marker)
    cards: list[PrintedCard] = []
    for layout, markers in ours.values():
        made = _own_card(layout, markers, wanted)
        if isinstance(made, PrintedCard):
            cards.append(made)
        else:
            refusals.append(made)
    if wanted.side_mm is not None:
        square = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], np.float64) * wanted.side_mm
        u_side = RULER_READING_MM / math.sqrt(3) / wanted.side_mm
        cards += [
            PrintedCard("marker", m.marker_id, wanted.side_mm, (m,), (square,), u_side)
            for m in others
        ]
    elif others and asked and not cards:
        refusals.append(why.size_unknown(others[0]))
    return sorted(cards, key=lambda card: -card.side_px * len(card.markers)), refusals


def _own_card(
    layout: CardLayout, markers: Sequence[FoundMarker], wanted: CardRequest
) -> PrintedCard | Finding:
    if wanted.ruler_mm is not None and wanted.side_mm is None:
        ratio = wanted.ruler_mm / layout.ruler_mm
        if abs(ratio - 1.0) > MAX_RULER_OFF:
            return why.wrong_print(layout, wanted.ruler_mm)
    if len(markers) < MIN_SEEN * len(layout.markers):
        return why.markers_missing(layout, len(markers))
    scale = 1.0
    if wanted.side_mm is not None:
        scale = wanted.side_mm / layout.side_mm
        u_print = RULER_READING_MM / math.sqrt(3) / wanted.side_mm
    elif wanted.ruler_mm is not None:
        scale = wanted.ruler_mm / layout.ruler_mm
        u_print = RULER_READING_MM / math.sqrt(3) / layout.ruler_mm
    else:
        u_print = PRINT_TOLERANCE / math.sqrt(3)
    places = {
        place.marker_id: np.array(layout.corners_mm(place)) * scale for place in layout.markers
    }
    return PrintedCard(
        layout.key,
        layout.number,
        layout.side_mm * scale,
        tuple(markers),
        tuple(places[marker.marker_id] for marker in markers),
        u_print,
    )
