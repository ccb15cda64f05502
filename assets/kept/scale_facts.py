"""Reads what an analysis stores about its scale, beside the number."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from assets.kept.values import Point, list_of, number, object_of, points, size

CORNERS = 4


@dataclass(frozen=True, slots=True)
class ScaleFacts:
    """None or empty: not kept.

    Attributes:
        tilt_deg: angle between the surface and straight on.
        blur_px: standard deviation of the point spread at a card's edges.
        cards_px: the four corners of each card in the picture.
    """

    tilt_deg: float | None = None
    blur_px: float | None = None
    cards_px: tuple[tuple[Point, ...], ...] = ()


def scale_facts(kept: Any) -> ScaleFacts:
    """The column ``scale_facts`` of an analysis."""
    facts = object_of(kept)
    outlines = [points(object_of(card).get("corners_px")) for card in list_of(facts.get("cards"))]
    return ScaleFacts(
        tilt_deg=number(facts.get("tilt_deg")),
        blur_px=size(facts.get("blur_px")),
        cards_px=tuple(outline for outline in outlines if len(outline) == CORNERS),
    )
