"""Classification of patches by ONNX Runtime on the CPU."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from inference.runtime.batches import batches
from inference.runtime.card import ModelCard, WeightsFile
from inference.runtime.onnx_session import INPUT_NAME, OUTPUT_NAME, RUNTIME, start_session
from inference.types import ModelInfo

BATCH = 16  # patches are small and the network too: calls would cost more than memory


class OnnxClassification:
    """A :class:`inference.runtime.ClassificationModel`.

    The network itself scales the pixels and ends in the softmax. Predictions may run from several
    threads at once.
    """

    def __init__(
        self,
        content: bytes,
        card: ModelCard,
        file: WeightsFile,
        *,
        threads: int | None = None,
        tensors: Mapping[str, bytes] | None = None,
    ) -> None:
        """Start a session.

        Args:
            content: the ONNX file, already checked against the card.
            tensors: contents of the files that hold its tensors, checked as well.

        Raises:
            ModelError: if ONNX Runtime refuses the file.
        """
        self._session = start_session(
            content,
            tensors or {},
            what=f"{file.name} of the model {card.name!r}",
            threads=threads,
        )
        self._patch_px, self._classes = card.patch_px, card.classes
        self._info = card.info(file, f"{RUNTIME}-{file.precision}")

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
        """
        answers = [
            self._session.run([OUTPUT_NAME], {INPUT_NAME: batch})[0]
            for batch in batches(patches, self._patch_px, BATCH, "Patches")
        ]
        if not answers:
            return np.zeros((0, len(self._classes)), dtype=np.float32)
        return np.concatenate(answers).astype(np.float32, copy=False)
