"""Marker cards in a picture: the plane that they lie on, or the reason why they are no use.

Our own cards are known by their numbers (:mod:`assets.marker_cards.layouts`). Markers of
other makers need a word about them: their family and the side of the black square. Several cards
lie on one plane, each turned and moved as it happens to be.

``printed`` says which card each marker is of and how large it was printed, ``plane_fit`` fits one
plane to the edges of all (``edge_samples``, ``edge_profiles``, ``edge_fit``), ``flatness`` looks
for a bulge, ``reading`` decides, and ``refusals`` holds the sentences.
"""

from inference.measure.scale.cards.printed import CardRequest
from inference.measure.scale.cards.reading import SOURCE, CardReading, read_cards

__all__ = ["SOURCE", "CardReading", "CardRequest", "read_cards"]
