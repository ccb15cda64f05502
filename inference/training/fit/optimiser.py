"""AdamW with a slower rate for pretrained weights, a cosine schedule, averaged weights."""

from __future__ import annotations

import math

import torch
from torch import nn

from inference.training.fit.recipe import Optimisation

LAST_SHARE_OF_RATE = 0.01


def make_optimiser(network: nn.Module, budget: Optimisation) -> torch.optim.Optimizer:
    """AdamW; the pretrained part at its own rate; no decay of biases and norms.

    Loshchilov and Hutter, *Decoupled weight decay regularization*, ICLR 2019.
    """
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


def set_rate(
    optimiser: torch.optim.Optimizer, budget: Optimisation, step: int, part: float
) -> None:
    """Warm-up, then a cosine over ``part`` of the budget, from 0 to 1."""
    warm = min(1.0, (step + 1) / max(1, budget.warmup_steps))
    cosine = 0.5 * (1 + math.cos(math.pi * min(1.0, part)))
    for group in optimiser.param_groups:
        group["lr"] = group["peak"] * warm * max(cosine, LAST_SHARE_OF_RATE)


@torch.no_grad()
def average(averaged: nn.Module, network: nn.Module, budget: Optimisation, step: int) -> None:
    """Move the averaged weights a little towards the network's, after step number ``step``.

    A short memory at first, or the untrained weights would linger.
    """
    decay = min(budget.ema_decay, (1 + step) / (10 + step))
    theirs = network.state_dict()
    for name, value in averaged.state_dict().items():
        if value.is_floating_point():
            value.lerp_(theirs[name], 1 - decay)
        else:
            value.copy_(theirs[name])


def freeze_norms(network: nn.Module) -> None:
    """Let every batch norm use the statistics that it has; its scale and shift still learn."""
    for part in network.modules():
        if isinstance(part, nn.modules.batchnorm._BatchNorm):
            part.eval()
