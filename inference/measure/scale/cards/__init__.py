"""Marker cards in a picture: the plane on which they lie, or why they give none.

The numbers of the markers identify our own cards (:mod:`assets.marker_cards.layouts`). For markers
of other makers, a person gives the family and the side of the black square. Several cards lie on
one plane, each at a place and angle of its own.

``printed`` says which card each marker is of and how large it was printed, ``plane_fit`` fits one
plane to the edges of all (``edge_samples``, ``edge_profiles``, ``edge_fit``), ``flatness`` looks
for a bulge, ``reading`` decides, and ``refusals`` holds the sentences.
"""

from inference.measure.scale.cards.printed import CardRequest
from inference.measure.scale.cards.reading import SOURCE, CardReading, read_cards

__all__ = ["SOURCE", "CardReading", "CardRequest", "read_cards"]
