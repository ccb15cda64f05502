"""Segmentation by ONNX Runtime on the CPU."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from inference.runtime.batches import batches
from inference.runtime.card import ModelCard, WeightsFile
from inference.runtime.onnx_session import INPUT_NAME, OUTPUT_NAME, RUNTIME, start_session
from inference.types import ModelInfo

# One tile at a time: a batch gains nothing on a CPU and costs its memory N times.
BATCH = 1


class OnnxSegmentation:
    """A :class:`inference.runtime.SegmentationModel`.

    The network itself scales the pixels and ends in the sigmoid, so bytes go in and
    probabilities come out. Predictions may run from several threads at once.
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
        self._tile_px = card.tile_px
        self._info = card.info(file, f"{RUNTIME}-{file.precision}")

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
        """
        answers = [
            self._session.run([OUTPUT_NAME], {INPUT_NAME: batch})[0]
            for batch in batches(tiles, self._tile_px, BATCH, "Tiles")
        ]
        if not answers:
            return np.zeros((0, self._tile_px, self._tile_px), dtype=np.float32)
        return np.concatenate(answers).astype(np.float32, copy=False)
