"""Chooses how far to go from the shipped weights towards the fine-tuned weights.

Weights between the two often keep what the shipped network knew of other walls and most of what
it learnt of this facility's: Wortsman et al., *Robust fine-tuning of zero-shot models*, CVPR
2022. Validation pictures choose; where no step is better than none, the shipped network stays.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from inference.training.fit.recipe import Recipe
from inference.training.fit.stopping import total_score
from inference.training.fit.tasks import find_task

STEPS = (0.0, 0.25, 0.5, 0.75, 1.0)

# A longer way must be better by more than this: near the start, less is forgotten.
LEAST_GAIN = 0.003
VALIDATION_LIMIT = 80


@dataclass(frozen=True, slots=True)
class Choice:
    """The chosen weights, between the shipped and the fine-tuned ones.

    Attributes:
        network: with the chosen weights, in evaluation mode.
        step: 0 is the shipped network, 1 the fine-tuned one.
        scores: of every step tried.
    """

    network: nn.Module
    step: float
    scores: Mapping[float, float]


def choose_between(
    start: Mapping[str, Tensor],
    tuned: nn.Module,
    recipe: Recipe,
    validation: Mapping[str, Sequence[Any]],
    say: Callable[[str], None],
) -> Choice:
    """Evaluate the networks on the way and take the best.

    Args:
        start: state of the shipped network.
        tuned: the fine-tuned network; it stays as it is.
    """
    task = find_task(recipe.task)
    scores: dict[float, float] = {}
    networks: dict[float, nn.Module] = {}
    for step in STEPS:
        network = copy.deepcopy(tuned)
        network.load_state_dict(between(start, tuned.state_dict(), step))
        networks[step] = network.eval()
        device = next(network.parameters()).device
        figures = task.validate(network, validation, device, VALIDATION_LIMIT)
        scores[step] = total_score(figures, recipe)
        say(f"{step:.0%} of the way: validation {task.in_words(figures)}")
    best = max(scores.values())
    step = min(step for step in STEPS if scores[step] >= best - LEAST_GAIN)
    return Choice(networks[step], step, scores)


@torch.no_grad()
def between(
    start: Mapping[str, Tensor], end: Mapping[str, Tensor], step: float
) -> dict[str, Tensor]:
    """Every tensor ``step`` of the way; counters are the end's."""
    return {
        name: torch.lerp(start[name].to(value), value, step) if value.is_floating_point() else value
        for name, value in end.items()
    }
