"""The training loop: AdamW, cosine rate, averaged weights, checkpoints, resume."""

from __future__ import annotations

import copy
import json
import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import nn

from inference.imaging.retinex import even_out_picture
from inference.networks.registry import build_network
from inference.training.checkpoint import load_checkpoint, save_checkpoint
from inference.training.datasets import Pair, read_pair
from inference.training.gather import TrainingData
from inference.training.losses import summed_loss
from inference.training.recipe import Optimisation, Recipe
from inference.training.samples import batches, to_tensor

CHECKPOINT_NAME = "checkpoint.pt"
LOG_NAME = "log.jsonl"

# A network that marks less than this share of the true crack pixels after the warm-up has
# learnt to say "no crack": with 2 % of crack pixels that is 98 % right.
COLLAPSED_RECALL = 0.02


@dataclass(frozen=True, slots=True)
class FitSettings:
    """What a training takes from the machine rather than from the recipe."""

    threads: int = 2
    workers: int = 1
    checkpoint_every_s: float = 120.0
    validate_every_s: float = 420.0
    resume: bool = False


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
    network = build_network(recipe.family, **recipe.network)
    if recipe.backbone and not settings.resume:
        network.load_backbone(data_folder / recipe.backbone)  # type: ignore[operator]
    network = network.to(memory_format=torch.channels_last)
    averaged = copy.deepcopy(network).eval()
    optimiser = _optimiser(network, recipe.optimisation)
    step, spent_s = 0, 0.0
    if settings.resume:
        state = load_checkpoint(out / CHECKPOINT_NAME, recipe)
        network.load_state_dict(state["network"])
        averaged.load_state_dict(state["averaged"])
        optimiser.load_state_dict(state["optimiser"])
        step, spent_s = state["step"], state["spent_s"]
        say(f"Resumed at step {step}, {spent_s / 60:.1f} minutes in.")
    log = (out / LOG_NAME).open("a", encoding="utf-8")
    budget = recipe.optimisation
    last_save, last_check = spent_s, spent_s
    started = time.monotonic() - spent_s
    recent: list[float] = []
    for pictures, truth in batches(recipe, data.training, step, settings.workers):
        progress = max(spent_s / 60 / budget.minutes, step / budget.steps)
        if progress >= 1:
            break
        _set_rate(optimiser, budget, step, progress)
        recent.append(_train_step(network, averaged, optimiser, recipe, pictures, truth, step))
        step += 1
        spent_s = time.monotonic() - started
        if step % 50 == 0:
            mean = float(np.mean(recent))
            recent.clear()
            log.write(json.dumps({"step": step, "spent_s": round(spent_s), "loss": mean}) + "\n")
            log.flush()
            say(f"step {step}  {spent_s / 60:.1f} of {budget.minutes:g} min  loss {mean:.4f}")
            if not math.isfinite(mean):
                raise ValueError("The loss is no number any more: lower the learning rates.")
        if spent_s - last_save > settings.checkpoint_every_s:
            last_save = spent_s
            _save(out, recipe, network, averaged, optimiser, step, spent_s)
        if spent_s - last_check > settings.validate_every_s:
            figures = validate(averaged, data.validation)
            last_check = time.monotonic() - started
            spent_s = last_check
            log.write(json.dumps({"step": step, "validation": figures}) + "\n")
            say(f"step {step}  validation F1 at 0.5: {_in_words(figures)}")
            _warn_if_collapsed(figures, say)
    _save(out, recipe, network, averaged, optimiser, step, spent_s)
    figures = validate(averaged, data.validation)
    log.write(json.dumps({"step": step, "validation": figures}) + "\n")
    log.close()
    say(f"Done after {step} steps, {spent_s / 60:.1f} min. Validation F1: {_in_words(figures)}")
    _warn_if_collapsed(figures, say)
    return averaged


def load_averaged(path: Path, recipe: Recipe) -> nn.Module:
    """The averaged network of a checkpoint, in evaluation mode."""
    state = load_checkpoint(path, recipe)
    network = build_network(recipe.family, **recipe.network)
    network.load_state_dict(state["averaged"])
    return network.eval()


@torch.no_grad()
def validate(
    network: nn.Module, validation: Mapping[str, Sequence[Pair]], limit: int = 24
) -> dict[str, dict[str, float]]:
    """Pooled pixel precision, recall, F1 at 0.5 per set, on whole evened pictures, quickly.

    For watching a training; the figures of the card come from ``inference.training.evaluation``.
    """
    network.eval()
    figures = {}
    for name, pairs in validation.items():
        hits = marked = true = 0
        pixels_seen = 0
        for pair in pairs[:limit]:
            pixels, mask = read_pair(pair)
            height, width = mask.shape
            padding = ((0, -height % 32), (0, -width % 32))
            padded = np.pad(even_out_picture(pixels), (*padding, (0, 0)), mode="reflect")
            logits = network(to_tensor(padded)[None].to(memory_format=torch.channels_last))
            predicted = (logits[0, 0, :height, :width] > 0).numpy()
            hits += int(np.count_nonzero(predicted & (mask > 0)))
            marked += int(np.count_nonzero(predicted))
            true += int(np.count_nonzero(mask))
            pixels_seen += mask.size
        if pixels_seen:
            figures[name] = {
                "precision": hits / marked if marked else 0.0,
                "recall": hits / true if true else 0.0,
                "f1": 2 * hits / (marked + true) if marked + true else 1.0,
                "marked_share": marked / pixels_seen,
                "true_share": true / pixels_seen,
            }
    return figures


def _train_step(
    network: nn.Module,
    averaged: nn.Module,
    optimiser: torch.optim.Optimizer,
    recipe: Recipe,
    pictures: torch.Tensor,
    truth: torch.Tensor,
    step: int,
) -> float:
    network.train()
    pictures = pictures.to(memory_format=torch.channels_last)
    with torch.autocast("cpu", dtype=torch.bfloat16, enabled=recipe.optimisation.bf16):
        logits = network(pictures)
    loss = summed_loss(logits, truth, recipe.loss)
    optimiser.zero_grad(set_to_none=True)
    loss.backward()
    nn.utils.clip_grad_norm_(network.parameters(), 5.0)
    optimiser.step()
    # A short memory at first, or the untrained weights would linger.
    decay = min(recipe.optimisation.ema_decay, (1 + step) / (10 + step))
    _average(averaged, network, decay)
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


def _save(
    out: Path,
    recipe: Recipe,
    network: nn.Module,
    averaged: nn.Module,
    optimiser: torch.optim.Optimizer,
    step: int,
    spent_s: float,
) -> None:
    state = {
        "network": network.state_dict(),
        "averaged": averaged.state_dict(),
        "optimiser": optimiser.state_dict(),
        "step": step,
        "spent_s": spent_s,
    }
    save_checkpoint(out / CHECKPOINT_NAME, recipe, state)


def _in_words(figures: Mapping[str, Mapping[str, float]]) -> str:
    return "  ".join(
        f"{name} {entry['f1']:.3f}"
        if entry["true_share"]
        else f"{name} marked {entry['marked_share']:.2%}"
        for name, entry in figures.items()
    )


def _warn_if_collapsed(
    figures: Mapping[str, Mapping[str, float]], say: Callable[[str], None]
) -> None:
    with_cracks = [entry for entry in figures.values() if entry["true_share"]]
    if with_cracks and max(entry["recall"] for entry in with_cracks) < COLLAPSED_RECALL:
        say(
            "The network has collapsed to 'no crack'. Stop, lower the learning rates or give "
            "Dice or Tversky more weight in the recipe's [loss]."
        )
