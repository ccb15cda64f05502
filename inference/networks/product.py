"""Wraps a network in the product's pre- and post-processing, the same in both runtimes."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
from torch import Tensor, nn


def _crack_probability(logits: Tensor) -> Tensor:
    """(N, 1, H, W) logits -> (N, H, W) probability."""
    return torch.sigmoid(logits).squeeze(1)


def _class_probabilities(logits: Tensor) -> Tensor:
    """(N, classes) logits -> (N, classes), each row sums to 1."""
    return torch.softmax(logits, dim=1)


# What a task makes of the logits. A task joins by an entry.
ENDINGS: Mapping[str, Callable[[Tensor], Tensor]] = {
    "segmentation": _crack_probability,
    "classification": _class_probabilities,
}


class ProductNetwork(nn.Module):
    """Bytes in, probabilities out: scaling to [-1, 1] before the network, sigmoid or softmax after.

    Args:
        network: takes (N, 3, H, W) in [-1, 1] and gives logits.
        task: a key of :data:`ENDINGS`.

    Raises:
        ValueError: for a task without an ending.
    """

    def __init__(self, network: nn.Module, task: str = "segmentation") -> None:
        super().__init__()
        if task not in ENDINGS:
            raise ValueError(f"No product for the task {task!r}; known: {', '.join(ENDINGS)}.")
        self.network = network
        self.ending = ENDINGS[task]

    def forward(self, tiles: Tensor) -> Tensor:
        """(N, H, W, 3) uint8 RGB -> float32 probabilities, as the task has them."""
        scaled = tiles.permute(0, 3, 1, 2).float() * (1 / 127.5) - 1
        return self.ending(self.network(scaled).float())
