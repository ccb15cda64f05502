"""Segmentation by torch, on GPU or CPU."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from inference.runtime.batches import batches
from inference.runtime.card import ModelCard, WeightsFile
from inference.runtime.torch_network import TorchNetwork
from inference.types import ModelInfo


class TorchSegmentation:
    """A :class:`inference.runtime.SegmentationModel`.

    Predictions may run from several threads at once.
    """

    def __init__(
        self,
        content: bytes,
        card: ModelCard,
        file: WeightsFile,
        *,
        device: str | None = None,
        threads: int | None = None,
    ) -> None:
        """Build the network; arguments and errors are those of :class:`TorchNetwork`."""
        self._network = TorchNetwork(content, card, file, device=device, threads=threads)
        self._tile_px = card.tile_px
        self._info = card.info(file, self._network.runtime)

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
            MemoryError: if the GPU has too little memory.
        """
        parts = batches(tiles, self._tile_px, self._network.batch, "Tiles")
        answers = self._network.run(parts)
        if not answers:
            return np.zeros((0, self._tile_px, self._tile_px), dtype=np.float32)
        return np.concatenate(answers)
