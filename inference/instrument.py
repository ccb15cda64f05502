"""The instrument: the networks of one process, as one value."""

from __future__ import annotations

from dataclasses import dataclass

from inference.runtime import ClassificationModel, SegmentationModel


@dataclass(frozen=True, slots=True)
class Instrument:
    """The networks that work on a photo together.

    Attributes:
        network: finds the cracks, from :func:`inference.runtime.registry.load_model`.
        screen: from :func:`inference.runtime.registry.load_classifier`, with a class ``crack``;
            tiles in which it suspects none are not searched. None searches all.
    """

    network: SegmentationModel
    screen: ClassificationModel | None = None
