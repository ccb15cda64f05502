"""Finds the areas of marker cards in a picture: print on a card is no crack."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from assets.marker_cards.families import CARD_FAMILY
from assets.marker_cards.layouts import CardLayout, card_of_marker
from inference.measure.scale import homography
from inference.measure.scale.markers import FoundMarker

Outline = npt.NDArray[np.float64]  # (4, 2) pixels of the upright picture

# A marker of another maker has white around it, a cell or so wide, and then the paper's edge.
WHITE_AROUND = 0.25
# Paper casts a line of shadow, and the surface that it lies on is no plane.
BEYOND_THE_EDGE_MM = 2.0


def card_areas(markers: Sequence[FoundMarker]) -> tuple[Outline, ...]:
    """The outlines of the cards that the markers belong to, as they lie in the picture."""
    ours: dict[tuple[str, int], list[FoundMarker]] = {}
    areas = []
    for marker in markers:
        layout = card_of_marker(marker.marker_id) if marker.family == CARD_FAMILY else None
        if layout is None:
            areas.append(_around(marker))
        else:
            ours.setdefault((layout.key, layout.number), []).append(marker)
    for seen in ours.values():
        layout = card_of_marker(seen[0].marker_id)
        assert layout is not None
        areas.append(_outline(layout, seen))
    return tuple(areas)


def _around(marker: FoundMarker) -> Outline:
    middle = marker.corners_px.mean(axis=0)
    return np.asarray(middle + (1.0 + 2.0 * WHITE_AROUND) * (marker.corners_px - middle))


def _outline(layout: CardLayout, seen: Sequence[FoundMarker]) -> Outline:
    """The card's edges, from the homography of its markers.

    The corners count from the pattern's own top left in both, so they go together.
    """
    places = {place.marker_id: np.array(layout.corners_mm(place)) for place in layout.markers}
    at_mm = np.concatenate([places[marker.marker_id] for marker in seen])
    at_px = np.concatenate([marker.corners_px for marker in seen])
    # The outermost corner of each quarter turn: with several markers the whole card is spanned.
    turns = [at_mm @ np.array(way, np.float64) for way in ((-1, -1), (1, -1), (1, 1), (-1, 1))]
    outer = [int(np.argmax(turn)) for turn in turns]
    to_px = homography.from_four_points(at_mm[outer], at_px[outer])
    beyond = BEYOND_THE_EDGE_MM
    edges = np.array(
        [
            [-beyond, -beyond],
            [layout.width_mm + beyond, -beyond],
            [layout.width_mm + beyond, layout.height_mm + beyond],
            [-beyond, layout.height_mm + beyond],
        ]
    )
    return homography.through(to_px, edges)
