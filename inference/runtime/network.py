"""The interface of a network: bytes in, numbers out."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

import numpy as np
import numpy.typing as npt


class Network(Protocol):
    """ONNX Runtime or torch with the weights of one file."""

    @property
    def runtime(self) -> str:
        """What computes, for the model's info."""
        ...

    @property
    def tiles_at_once(self) -> int:
        """How many tiles of a large picture make a batch."""
        ...

    @property
    def patches_at_once(self) -> int:
        """How many small patches make a batch."""
        ...

    def run(self, batches: Iterable[npt.NDArray[np.uint8]]) -> list[npt.NDArray[np.float32]]:
        """The answer to each batch of (N, H, W, 3) uint8 pictures."""
        ...
