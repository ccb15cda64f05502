"""Runs networks: one interface for all runtimes."""

from __future__ import annotations

from typing import Protocol

import numpy as np
import numpy.typing as npt

from inference.types import ModelInfo


class SegmentationModel(Protocol):
    """Says for every pixel of a tile how likely it is crack."""

    @property
    def info(self) -> ModelInfo:
        """Which weights speak, and the threshold that belongs to them."""
        ...

    @property
    def tile_px(self) -> int:
        """Side of the square tiles that it takes."""
        ...

    def predict(self, tiles: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
        """(N, tile_px, tile_px, 3) uint8 RGB -> (N, tile_px, tile_px) float32, 0..1."""
        ...


class ClassificationModel(Protocol):
    """Says of a patch what it shows."""

    @property
    def info(self) -> ModelInfo:
        """Which weights speak, and the threshold that belongs to them."""
        ...

    @property
    def patch_px(self) -> int:
        """Side of the square patches that it takes."""
        ...

    @property
    def classes(self) -> tuple[str, ...]:
        """The names of the classes, in the order of the outputs."""
        ...

    def predict(self, patches: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
        """(N, patch_px, patch_px, 3) uint8 RGB -> (N, len(classes)) float32; rows sum to 1."""
        ...
