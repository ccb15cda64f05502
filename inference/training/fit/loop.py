"""The training loop: steps, averaged weights, validation, checkpoints, resume. Knows no task."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn

from inference.networks.registry import build_network
from inference.networks.state_files import fill, load_weights
from inference.training.data.gather import TrainingData
from inference.training.data.samples import batches
from inference.training.fit.checkpoint import (
    NETWORK_OF_RECIPE,
    load_averaged,
    load_checkpoint,
    save_checkpoint,
)
from inference.training.fit.devices import Precision, find_device, make_repeatable
from inference.training.fit.optimiser import average, freeze_norms, make_optimiser, set_rate
from inference.training.fit.recipe import Recipe
from inference.training.fit.stopping import Patience, total_score
from inference.training.fit.tasks import find_task
from inference.training.fit.training_log import TrainingLog

CHECKPOINT_NAME = "checkpoint.pt"
LARGEST_GRADIENT_NORM = 5.0


@dataclass(frozen=True, slots=True)
class FitSettings:
    """The settings of a training that depend on the machine, not on the recipe.

    Attributes:
        threads: of the processor.
        workers: processes that prepare samples; 0 prepares them in between.
        validate_every_s: where the recipe does not validate by steps.
        validation_limit: pictures of each set that one validation looks at.
        resume: go on from the checkpoint in the folder.
        device: ``auto``, ``cpu`` or ``cuda``.
        bar: draw a progress bar.
    """

    threads: int = 2
    workers: int = 1
    checkpoint_every_s: float = 120.0
    validate_every_s: float = 420.0
    validation_limit: int = 24
    resume: bool = False
    device: str = "auto"
    bar: bool = False


def fit(
    recipe: Recipe,
    data: TrainingData,
    data_folder: Path,
    out: Path,
    settings: FitSettings,
    say: Callable[[str], None],
) -> nn.Module:
    """Train to the end of the recipe's budget, or until validation gets no better.

    The same recipe with a budget of steps gives the same weights on the same machine, also
    after a kill and a resume.

    Args:
        data_folder: where ``recipe.backbone`` is relative to.
        out: folder of checkpoint and log; made if missing.
        say: gets one line of progress now and then.

    Returns:
        The network with averaged weights, in evaluation mode, on the processor.

    Raises:
        ValueError: a sentence: no GPU where one is asked for, a checkpoint or backbone of
            another architecture, a full disk, a loss that is no number.
    """
    device = find_device(settings.device)
    out.mkdir(parents=True, exist_ok=True)
    recipe = find_task(recipe.task).settle(recipe, data.training)
    torch.set_num_threads(settings.threads)
    make_repeatable(device)
    state = _State.begin(recipe, data_folder, out, settings, device)
    log = TrainingLog(out, recipe, say, bar=settings.bar)
    with closing(log):
        log.begin(state.step)
        if state.precision.name != recipe.optimisation.precision:
            log.say(
                f"{recipe.optimisation.precision} would be slower here; "
                f"this training computes in {state.precision.name}."
            )
        if state.step:
            log.say(f"Resumed at step {state.step}, {state.spent_s / 60:.1f} minutes in.")
        _steps(recipe, data, settings, state, log, out)
    return load_averaged(out / CHECKPOINT_NAME, recipe)


def _steps(
    recipe: Recipe,
    data: TrainingData,
    settings: FitSettings,
    state: _State,
    log: TrainingLog,
    out: Path,
) -> None:
    budget, saved_s, checked_s = recipe.optimisation, state.spent_s, state.spent_s
    started = time.monotonic() - state.spent_s
    validated_at = -1

    def validate() -> None:
        nonlocal validated_at
        state.validate(recipe, data, settings, log)
        validated_at = state.step

    for pictures, truth in batches(recipe, data.training, state.step, settings.workers):
        part = max(state.spent_s / 60 / budget.minutes, state.step / budget.steps)
        if part >= 1 or state.patience.over:
            break
        loss = state.advance(recipe, pictures, truth, part)
        state.spent_s = time.monotonic() - started
        log.loss(loss, state.step, state.spent_s, part)
        if _due(state, budget.validate_every_steps, state.spent_s - checked_s, settings):
            validate()
            checked_s = state.spent_s = time.monotonic() - started
        if state.spent_s - saved_s > settings.checkpoint_every_s:
            saved_s = state.spent_s
            state.save(out, recipe)
    if validated_at != state.step:
        validate()
    if state.patience.over:
        log.say(
            f"Stopped early at step {state.step}: no better score for {budget.patience} "
            f"validations. Kept the weights of step {state.patience.best_step}."
        )
    state.save(out, recipe)


def _due(state: _State, every_steps: int, since_s: float, settings: FitSettings) -> bool:
    if every_steps:
        return state.step % every_steps == 0
    return since_s > settings.validate_every_s


def weights_file(data_folder: Path, name: str) -> Path:
    """Where a recipe's weights are: below the data folder, else as written (an older run)."""
    below = data_folder / name
    return below if below.is_file() else Path(name)


@dataclass(slots=True)
class _State:
    """The state of a training: the networks, the optimiser, and the progress."""

    network: nn.Module
    averaged: nn.Module
    optimiser: torch.optim.Optimizer
    precision: Precision
    device: torch.device
    patience: Patience
    seed: int
    best: dict[str, torch.Tensor] | None = None
    step: int = 0
    spent_s: float = 0.0

    @classmethod
    def begin(
        cls,
        recipe: Recipe,
        data_folder: Path,
        out: Path,
        settings: FitSettings,
        device: torch.device,
    ) -> _State:
        """A network from weights or its backbone's, or everything as the checkpoint left it."""
        torch.manual_seed(recipe.seed)
        network = build_network(recipe.family, **recipe.network_options)
        if recipe.start and not settings.resume:
            load_weights(network, weights_file(data_folder, recipe.start))
        elif recipe.backbone and not settings.resume:
            network.load_backbone(  # type: ignore[operator]
                weights_file(data_folder, recipe.backbone)
            )
        network = network.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        averaged = copy.deepcopy(network).eval()
        budget = recipe.optimisation
        state = cls(
            network,
            averaged,
            make_optimiser(network, budget),
            Precision(budget.precision, device),
            device,
            Patience(budget.patience),
            recipe.seed,
        )
        if settings.resume:
            state.restore(out, recipe)
        return state

    def advance(
        self, recipe: Recipe, pictures: torch.Tensor, truth: torch.Tensor, part: float
    ) -> float:
        """One optimiser step; returns its loss."""
        # By step and not by state, so that a resumed training drops the same neurons out.
        torch.manual_seed(hash((self.seed, self.step)) % 2**63)
        budget = recipe.optimisation
        set_rate(self.optimiser, budget, self.step, part)
        pictures = pictures.to(self.device, memory_format=torch.channels_last, non_blocking=True)
        truth = truth.to(self.device, non_blocking=True)
        self.network.train()
        if budget.freeze_norms:
            freeze_norms(self.network)
        with self.precision.autocast():
            outputs = self.network(pictures)
        loss = find_task(recipe.task).loss(outputs, truth, recipe)
        self.optimiser.zero_grad(set_to_none=True)
        scaler = self.precision.scaler
        scaler.scale(loss).backward()
        scaler.unscale_(self.optimiser)
        nn.utils.clip_grad_norm_(self.network.parameters(), LARGEST_GRADIENT_NORM)
        scaler.step(self.optimiser)
        scaler.update()
        average(self.averaged, self.network, budget, self.step)
        self.step += 1
        return float(loss.detach())

    def validate(
        self, recipe: Recipe, data: TrainingData, settings: FitSettings, log: TrainingLog
    ) -> None:
        """Evaluate the averaged weights, and remember them where they are the best so far."""
        figures = find_task(recipe.task).validate(
            self.averaged, data.validation, self.device, settings.validation_limit
        )
        log.validation(figures, self.step)
        if self.patience.better(total_score(figures, recipe), self.step) and self.patience.allowed:
            self.best = {
                name: value.detach().cpu().clone()
                for name, value in self.averaged.state_dict().items()
            }

    def save(self, out: Path, recipe: Recipe) -> None:
        """Write the checkpoint."""
        state: dict[str, Any] = {
            "network": self.network.state_dict(),
            "averaged": self.averaged.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "scaler": self.precision.scaler.state_dict(),
            "patience": self.patience.state(),
            "best": self.best,
            "step": self.step,
            "spent_s": self.spent_s,
        }
        save_checkpoint(out / CHECKPOINT_NAME, recipe, state)

    def restore(self, out: Path, recipe: Recipe) -> None:
        """Read it again; also one of a training without early stopping."""
        path = out / CHECKPOINT_NAME
        state = load_checkpoint(path, recipe)
        fill(self.network, state["network"], path.name, NETWORK_OF_RECIPE)
        fill(self.averaged, state["averaged"], path.name, NETWORK_OF_RECIPE)
        self.optimiser.load_state_dict(state["optimiser"])
        if state.get("scaler"):
            self.precision.scaler.load_state_dict(state["scaler"])
        if "patience" in state:
            self.patience.restore(state["patience"])
        self.best = state.get("best")
        self.step, self.spent_s = state["step"], state["spent_s"]


__all__ = ["CHECKPOINT_NAME", "FitSettings", "fit", "load_averaged"]
