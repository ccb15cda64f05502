"""The training loop: AdamW, cosine rate, averaged weights, checkpoints, resume."""

from __future__ import annotations

import copy
import json
import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import nn

from inference.networks.registry import build_network
from inference.training.checkpoint import load_checkpoint, save_checkpoint
from inference.training.gather import TrainingData
from inference.training.recipe import Optimisation, Recipe
from inference.training.samples import batches
from inference.training.tasks import find_task

CHECKPOINT_NAME = "checkpoint.pt"
LOG_NAME = "log.jsonl"
LOSSES_A_LINE = 50
LARGEST_GRADIENT_NORM = 5.0


@dataclass(frozen=True, slots=True)
class FitSettings:
    """What a training takes from the machine rather than from the recipe."""

    threads: int = 2
    workers: int = 1
    checkpoint_every_s: float = 120.0
    validate_every_s: float = 420.0
    resume: bool = False


@dataclass(slots=True)
class _Progress:
    """What changes while training: the networks, the optimiser, and how far it is."""

    network: nn.Module
    averaged: nn.Module
    optimiser: torch.optim.Optimizer
    step: int = 0
    spent_s: float = 0.0

    def save(self, out: Path, recipe: Recipe) -> None:
        state = {
            "network": self.network.state_dict(),
            "averaged": self.averaged.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "step": self.step,
            "spent_s": self.spent_s,
        }
        save_checkpoint(out / CHECKPOINT_NAME, recipe, state)

    def restore(self, out: Path, recipe: Recipe) -> None:
        state = load_checkpoint(out / CHECKPOINT_NAME, recipe)
        self.network.load_state_dict(state["network"])
        self.averaged.load_state_dict(state["averaged"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.step, self.spent_s = state["step"], state["spent_s"]


class _Log:
    """Losses and validation figures: a line for people, a JSON line beside the checkpoint."""

    def __init__(self, out: Path, recipe: Recipe, say: Callable[[str], None]) -> None:
        self._path = out / LOG_NAME
        self._budget = recipe.optimisation
        self._task = find_task(recipe.task)
        self._say = say
        self._losses: list[float] = []

    def loss(self, value: float, progress: _Progress) -> None:
        self._losses.append(value)
        if progress.step % LOSSES_A_LINE:
            return
        mean = float(np.mean(self._losses))
        self._losses.clear()
        if not math.isfinite(mean):
            raise ValueError("The loss is no number any more: lower the learning rates.")
        self._write({"step": progress.step, "spent_s": round(progress.spent_s), "loss": mean})
        minutes = f"{progress.spent_s / 60:.1f} of {self._budget.minutes:g} min"
        self._say(f"step {progress.step}  {minutes}  loss {mean:.4f}")

    def validation(self, figures: Mapping[str, Mapping[str, float]], progress: _Progress) -> None:
        self._write({"step": progress.step, "validation": figures})
        self._say(f"step {progress.step}  validation {self._task.in_words(figures)}")
        collapsed = self._task.has_collapsed(figures)
        if collapsed:
            self._say(collapsed)

    def _write(self, entry: Mapping[str, object]) -> None:
        with self._path.open("a", encoding="utf-8") as log:
            log.write(json.dumps(entry) + "\n")


def fit(
    recipe: Recipe,
    data: TrainingData,
    data_folder: Path,
    out: Path,
    settings: FitSettings,
    say: Callable[[str], None],
) -> nn.Module:
    """Train to the end of the recipe's budget.

    Args:
        data_folder: where ``recipe.backbone`` is relative to.
        out: folder of checkpoint and log; made if missing.
        say: gets one line of progress now and then.

    Returns:
        The network with averaged weights, in evaluation mode.
    """
    torch.manual_seed(recipe.seed)
    torch.set_num_threads(settings.threads)
    out.mkdir(parents=True, exist_ok=True)
    progress = _begin(recipe, data_folder, out, settings)
    if progress.step:
        say(f"Resumed at step {progress.step}, {progress.spent_s / 60:.1f} minutes in.")
    log = _Log(out, recipe, say)
    budget = recipe.optimisation
    saved_s = checked_s = progress.spent_s
    started = time.monotonic() - progress.spent_s
    for pictures, truth in batches(recipe, data.training, progress.step, settings.workers):
        part = max(progress.spent_s / 60 / budget.minutes, progress.step / budget.steps)
        if part >= 1:
            break
        _set_rate(progress.optimiser, budget, progress.step, part)
        loss = _train_step(progress, recipe, pictures, truth)
        progress.step += 1
        progress.spent_s = time.monotonic() - started
        log.loss(loss, progress)
        if progress.spent_s - saved_s > settings.checkpoint_every_s:
            saved_s = progress.spent_s
            progress.save(out, recipe)
        if progress.spent_s - checked_s > settings.validate_every_s:
            log.validation(_validate(recipe, progress, data), progress)
            checked_s = progress.spent_s = time.monotonic() - started
    progress.save(out, recipe)
    log.validation(_validate(recipe, progress, data), progress)
    return progress.averaged


def _begin(recipe: Recipe, data_folder: Path, out: Path, settings: FitSettings) -> _Progress:
    """A network from the backbone's weights, or everything as the checkpoint left it."""
    network = build_network(recipe.family, **recipe.network_options)
    if recipe.backbone and not settings.resume:
        network.load_backbone(data_folder / recipe.backbone)  # type: ignore[operator]
    network = network.to(memory_format=torch.channels_last)
    averaged = copy.deepcopy(network).eval()
    progress = _Progress(network, averaged, _optimiser(network, recipe.optimisation))
    if settings.resume:
        progress.restore(out, recipe)
    return progress


def load_averaged(path: Path, recipe: Recipe) -> nn.Module:
    """The averaged network of a checkpoint, in evaluation mode."""
    state = load_checkpoint(path, recipe)
    network = build_network(recipe.family, **recipe.network_options)
    network.load_state_dict(state["averaged"])
    return network.eval()


def _validate(
    recipe: Recipe, progress: _Progress, data: TrainingData
) -> dict[str, dict[str, float]]:
    task = find_task(recipe.task)
    return task.validate(progress.averaged, data.validation, torch.device("cpu"), 24)


def _train_step(
    progress: _Progress, recipe: Recipe, pictures: torch.Tensor, truth: torch.Tensor
) -> float:
    network, budget = progress.network.train(), recipe.optimisation
    pictures = pictures.to(memory_format=torch.channels_last)
    with torch.autocast("cpu", dtype=torch.bfloat16, enabled=budget.precision == "bf16"):
        outputs = network(pictures)
    loss = find_task(recipe.task).loss(outputs, truth, recipe)
    progress.optimiser.zero_grad(set_to_none=True)
    loss.backward()
    nn.utils.clip_grad_norm_(network.parameters(), LARGEST_GRADIENT_NORM)
    progress.optimiser.step()
    # A short memory at first, or the untrained weights would linger.
    _average(
        progress.averaged,
        network,
        min(budget.ema_decay, (1 + progress.step) / (10 + progress.step)),
    )
    return float(loss.detach())


@torch.no_grad()
def _average(averaged: nn.Module, network: nn.Module, decay: float) -> None:
    theirs = network.state_dict()
    for name, value in averaged.state_dict().items():
        if value.is_floating_point():
            value.lerp_(theirs[name], 1 - decay)
        else:
            value.copy_(theirs[name])


def _optimiser(network: nn.Module, budget: Optimisation) -> torch.optim.Optimizer:
    """AdamW; the pretrained part at its own rate; no decay of biases and norms."""
    encoder = {id(p) for p in network.encoder_parameters()}  # type: ignore[operator]
    groups: dict[tuple[float, float], list[nn.Parameter]] = {}
    for parameter in network.parameters():
        rate = budget.rate_encoder if id(parameter) in encoder else budget.rate_decoder
        decay = budget.weight_decay if parameter.ndim > 1 else 0.0
        groups.setdefault((rate, decay), []).append(parameter)
    return torch.optim.AdamW(
        [
            {"params": parameters, "lr": rate, "peak": rate, "weight_decay": decay}
            for (rate, decay), parameters in groups.items()
        ]
    )


def _set_rate(
    optimiser: torch.optim.Optimizer, budget: Optimisation, step: int, progress: float
) -> None:
    warm = min(1.0, (step + 1) / max(1, budget.warmup_steps))
    cosine = 0.5 * (1 + math.cos(math.pi * min(1.0, progress)))
    for group in optimiser.param_groups:
        group["lr"] = group["peak"] * warm * max(cosine, 0.01)
