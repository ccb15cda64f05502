"""Computes the crack probabilities of tiles, by any runtime."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from inference.runtime.batches import batches
from inference.runtime.card import ModelCard, WeightsFile
from inference.runtime.network import Network
from inference.types import ModelInfo


class NetworkSegmentation:
    """A :class:`inference.runtime.SegmentationModel`.

    The network itself scales the pixels and ends in the sigmoid, so bytes go in and probabilities
    come out. Predictions may run from several threads at once.
    """

    def __init__(self, network: Network, card: ModelCard, file: WeightsFile) -> None:
        self._network = network
        self._tile_px = card.tile_px
        self._info = card.info(file, network.runtime)

    @property
    def info(self) -> ModelInfo:
        """Which weights speak, and the threshold that belongs to them."""
        return self._info

    @property
    def tile_px(self) -> int:
        """Side of the square tiles that it takes."""
        return self._tile_px

    def predict(self, tiles: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
        """(N, tile_px, tile_px, 3) uint8 RGB -> (N, tile_px, tile_px) float32, 0..1.

        Raises:
            ValueError: for tiles of another shape or type.
            MemoryError: if a GPU has too little memory.
        """
        answers = self._network.run(
            batches(tiles, self._tile_px, self._network.tiles_at_once, "Tiles")
        )
        if not answers:
            return np.zeros((0, self._tile_px, self._tile_px), dtype=np.float32)
        return np.concatenate(answers).astype(np.float32, copy=False)
