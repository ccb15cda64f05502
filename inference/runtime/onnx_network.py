"""Runs a model's network by ONNX Runtime, on the CPU."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
import numpy.typing as npt

from inference.runtime.card import ModelCard, WeightsFile
from inference.runtime.onnx_session import INPUT_NAME, OUTPUT_NAME, RUNTIME, start_session


class OnnxNetwork:
    """A :class:`inference.runtime.network.Network`."""

    # A batch of tiles gains nothing on a CPU and costs its memory N times; patches are small and
    # their network too, so single calls would cost more than memory.
    tiles_at_once, patches_at_once = 1, 16

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
        self.runtime = f"{RUNTIME}-{file.precision}"

    def run(self, batches: Iterable[npt.NDArray[np.uint8]]) -> list[npt.NDArray[np.float32]]:
        """The answer to each batch of (N, H, W, 3) uint8 pictures."""
        return [self._session.run([OUTPUT_NAME], {INPUT_NAME: batch})[0] for batch in batches]
