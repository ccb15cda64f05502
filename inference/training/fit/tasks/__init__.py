"""The protocol of a training task: what differs between segmentation and classification.

The training loop, the recipe and the report know only :class:`Task`. Another kind of network
joins by a module with a ``TASK`` and an entry in :data:`TASKS`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from inference.training.fit.recipe import Recipe
from inference.types import RgbImage

if TYPE_CHECKING:
    import torch
    from torch import Tensor, nn


# Figures of one set by name. "score" is there always: 0 to 1, higher is better. It stops a
# training early and chooses which weights are kept.
Figures = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Example:
    """One validation picture for the report.

    Attributes:
        title: set and file.
        pixels: (H, W, 3) uint8 RGB, as the network saw it.
        truth, predicted: a picture of the same size, or words (a class and its probability).
        note: how good it is, in a few words; may be empty.
        legend: what the colours of ``predicted`` mean; may be empty.
    """

    title: str
    pixels: RgbImage
    truth: RgbImage | str
    predicted: RgbImage | str
    note: str = ""
    legend: str = ""


class Task(Protocol):
    """How one kind of network is fed, evaluated and shown. ``entry`` is a Pair, a Labelled …"""

    name: str

    def settle(self, recipe: Recipe, training: Mapping[str, Sequence[Any]]) -> Recipe:
        """The recipe with everything filled in that it leaves to the data (class weights …)."""

    def pick(self, recipe: Recipe, entries: Sequence[Any], rng: np.random.Generator) -> Any:
        """One entry of a set. Uniform, unless classes must be balanced."""

    def sample(self, recipe: Recipe, entry: Any, rng: np.random.Generator) -> tuple[Tensor, Tensor]:
        """One augmented sample, the same for the same state of ``rng``.

        Returns:
            The picture, (3, S, S) float32 in [-1, 1], and its truth as ``loss`` takes it;
            every truth of one shape and type, so that samples stack to a batch.
        """

    def loss(self, outputs: Tensor | tuple[Tensor, ...], truth: Tensor, recipe: Recipe) -> Tensor:
        """A scalar of a batch. Of a tuple the first is the main output, the others are
        auxiliary and count ``recipe.loss.auxiliary`` each."""

    def validate(
        self,
        network: nn.Module,
        validation: Mapping[str, Sequence[Any]],
        device: torch.device,
        limit: int,
    ) -> dict[str, dict[str, float]]:
        """Quick figures per set, over at most ``limit`` entries each; see :data:`Figures`.

        ``network`` is on ``device``; it comes back in evaluation mode. Sets without entries
        are left away.
        """

    def in_words(self, figures: Mapping[str, Figures]) -> str:
        """The figures on one line, with the metric's name."""

    def has_collapsed(self, figures: Mapping[str, Figures]) -> str | None:
        """A sentence with the remedy where the network answers the same to everything."""

    def examples(
        self,
        network: nn.Module,
        validation: Mapping[str, Sequence[Any]],
        device: torch.device,
        count: int,
    ) -> list[Example]:
        """About ``count`` validation pictures, spread over the sets."""


TASKS: Mapping[str, str] = {
    "segmentation": "inference.training.fit.tasks.segmentation",
    "classification": "inference.training.fit.tasks.classification",
}


def find_task(name: str) -> Task:
    """The task of that name.

    Raises:
        ValueError: naming the known tasks.
    """
    if name not in TASKS:
        raise ValueError(f"There is no task {name!r}. Known tasks: {', '.join(sorted(TASKS))}.")
    task: Task = import_module(TASKS[name]).TASK
    return task
