"""How large a network is and how much it computes for one tile."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode


@dataclass(frozen=True, slots=True)
class Operations:
    """Parameters, and multiply-accumulates of one tile."""

    parameters: int
    macs_per_tile: int


def count_operations(network: nn.Module, tile_px: int) -> Operations:
    """Count by running one tile."""
    was_training = network.training
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        network.eval()(torch.zeros(1, 3, tile_px, tile_px))
    network.train(was_training)
    return Operations(
        parameters=sum(parameter.numel() for parameter in network.parameters()),
        macs_per_tile=counter.get_total_flops() // 2,
    )
