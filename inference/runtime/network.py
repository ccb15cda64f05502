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
        """The runtime and device, for the model's info."""
        ...

    @property
    def tiles_at_once(self) -> int:
        """The number of tiles of a large picture in a batch."""
        ...

    @property
    def patches_at_once(self) -> int:
        """The number of small patches in a batch."""
        ...

    def run(self, batches: Iterable[npt.NDArray[np.uint8]]) -> list[npt.NDArray[np.float32]]:
        """The answer to each batch of (N, H, W, 3) uint8 pictures."""
        ...
