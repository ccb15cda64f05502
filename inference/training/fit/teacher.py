"""A finished network that teaches a smaller one: its probabilities are part of the truth.

Where a crack ends and what is a joint the masks say with a hard line, the larger network with a
doubt that a small one can follow. Hinton, Vinyals and Dean, *Distilling the knowledge in a neural
network*, 2015; per pixel and at temperature 1, as a sigmoid is no softmax over many classes.
"""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn

from inference.networks.registry import build_network
from inference.networks.state_files import load_weights
from inference.training.fit.recipe import Recipe


class Teacher:
    """Softens the truth of each batch by what a finished network sees in it."""

    def __init__(self, network: nn.Module, share: float) -> None:
        """Args: network in evaluation mode, gives (N, 1, H, W) logits; share of its voice."""
        self._network, self._share = network, share

    @torch.no_grad()
    def soften(self, pictures: Tensor, truth: Tensor) -> Tensor:
        """(N, 3, H, W) in [-1, 1] and (N, 1, H, W) from 0 to 1 -> the truth to learn, alike."""
        seen = self._network(pictures).float().sigmoid()
        return torch.lerp(truth, seen, self._share)


def load_teacher(recipe: Recipe, weights: Path | None, device: torch.device) -> Teacher | None:
    """The recipe's teacher; None where it has none.

    Args:
        weights: the file of its weights, where the recipe names one.

    Raises:
        ValueError: if the task has no masks to soften, or the weights are not the network's.
    """
    if recipe.teacher is None or weights is None:
        return None
    if recipe.task != "segmentation":
        raise ValueError(f"A [teacher] softens masks; {recipe.task} has none. Leave it out.")
    network = build_network(recipe.teacher.family, **recipe.teacher.network)
    load_weights(network, weights)
    network = network.eval().to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    return Teacher(network, recipe.teacher.share)
