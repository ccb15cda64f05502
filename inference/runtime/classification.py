"""Classifies patches, by any runtime."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from inference.runtime.batches import batches
from inference.runtime.card import ModelCard, WeightsFile
from inference.runtime.network import Network
from inference.types import ModelInfo


class NetworkClassification:
    """A :class:`inference.runtime.ClassificationModel`.

    The network itself scales the pixels and ends in the softmax. Predictions may run from several
    threads at once.
    """

    def __init__(self, network: Network, card: ModelCard, file: WeightsFile) -> None:
        self._network = network
        self._patch_px, self._classes = card.patch_px, card.classes
        self._info = card.info(file, network.runtime)

    @property
    def info(self) -> ModelInfo:
        """Which weights speak, and the threshold that belongs to them."""
        return self._info

    @property
    def patch_px(self) -> int:
        """Side of the square patches that it takes."""
        return self._patch_px

    @property
    def classes(self) -> tuple[str, ...]:
        """The names of the classes, in the order of the outputs."""
        return self._classes

    def predict(self, patches: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
        """(N, patch_px, patch_px, 3) uint8 RGB -> (N, len(classes)) float32; rows sum to 1.

        Raises:
            ValueError: for patches of another shape or type.
            MemoryError: if a GPU has too little memory.
        """
        answers = self._network.run(
            batches(patches, self._patch_px, self._network.patches_at_once, "Patches")
        )
        if not answers:
            return np.zeros((0, len(self._classes)), dtype=np.float32)
        return np.concatenate(answers).astype(np.float32, copy=False)
