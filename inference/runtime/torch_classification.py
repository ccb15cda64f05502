"""Classification of patches by torch, on GPU or CPU."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from inference.runtime.batches import batches
from inference.runtime.card import ModelCard, WeightsFile
from inference.runtime.torch_network import TorchNetwork
from inference.types import ModelInfo

BATCH = 64


class TorchClassification:
    """A :class:`inference.runtime.ClassificationModel`.

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
        self._patch_px, self._classes = card.patch_px, card.classes
        self._info = card.info(file, self._network.runtime)

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
        """What it tells apart, in the order of its answers."""
        return self._classes

    def predict(self, patches: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
        """(N, patch_px, patch_px, 3) uint8 RGB -> (N, len(classes)) float32; rows sum to 1.

        Raises:
            ValueError: for patches of another shape or type.
            MemoryError: if the GPU has too little memory.
        """
        answers = self._network.run(batches(patches, self._patch_px, BATCH, "Patches"))
        if not answers:
            return np.zeros((0, len(self._classes)), dtype=np.float32)
        return np.concatenate(answers)
