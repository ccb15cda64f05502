"""The endless, repeatable stream of training samples.

Sample number i depends on the recipe's seed and on i alone, so a training that was killed
goes on with exactly the samples that it had not seen.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import cv2
import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, Sampler

from inference.training.fit.recipe import DataSet, Recipe
from inference.training.fit.tasks import find_task


class Samples(Dataset[tuple[Tensor, Tensor]]):
    """Augmented samples by number. Length is not known: sample with :class:`CountingSampler`."""

    def __init__(self, recipe: Recipe, training: Mapping[str, Sequence[Any]]) -> None:
        self.recipe = recipe
        self.task = find_task(recipe.task)
        self.names = [each.name for each in recipe.sets]
        self.training = training
        self.shares = _shares(recipe.sets)

    def __getitem__(self, number: int) -> tuple[Tensor, Tensor]:
        """The picture and its truth, as the recipe's task makes them."""
        rng = np.random.default_rng([self.recipe.seed, number])
        entries = self.training[self.names[int(rng.choice(len(self.names), p=self.shares))]]
        return self.task.sample(self.recipe, self.task.pick(self.recipe, entries, rng), rng)


class CountingSampler(Sampler[int]):
    """The numbers of samples without end, from the first one of an optimiser step on."""

    def __init__(self, first_step: int, batch: int) -> None:
        """Args: optimiser step to begin with, samples a step."""
        self.first_step = first_step
        self.batch = batch

    def __iter__(self) -> Iterator[int]:
        yield from itertools.count(self.first_step * self.batch)


def batches(
    recipe: Recipe,
    training: Mapping[str, Sequence[Any]],
    first_step: int,
    workers: int,
) -> Iterator[tuple[Tensor, Tensor]]:
    """The batches from optimiser step ``first_step`` on, without end."""
    batch = recipe.optimisation.batch
    loader = DataLoader(
        Samples(recipe, training),
        batch_size=batch,
        sampler=CountingSampler(first_step, batch),
        num_workers=workers,
        worker_init_fn=_quiet_worker if workers else None,
        prefetch_factor=4 if workers else None,
        pin_memory=torch.cuda.is_available(),
        # A forked child would inherit OpenCV's and OpenMP's thread pools without their threads,
        # and wait for them for ever.
        multiprocessing_context="spawn" if workers else None,
    )
    yield from loader


def _shares(sets: Sequence[DataSet]) -> list[float]:
    total = sum(each.weight for each in sets)
    return [each.weight / total for each in sets]


def _quiet_worker(_: int) -> None:
    cv2.setNumThreads(1)
    torch.set_num_threads(1)
