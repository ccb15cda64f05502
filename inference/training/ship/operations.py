"""Counts the parameters of a network and the operations for one tile."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from inference.networks.registry import build_network


@dataclass(frozen=True, slots=True)
class Operations:
    """Parameters, and multiply-accumulates of one tile."""

    parameters: int
    macs_per_tile: int


def count_operations(network: nn.Module, tile_px: int) -> Operations:
    """Count by running one tile, on the device of the network."""
    was_training = network.training
    device = next(network.parameters()).device
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        network.eval()(torch.zeros(1, 3, tile_px, tile_px, device=device))
    network.train(was_training)
    return Operations(
        parameters=sum(parameter.numel() for parameter in network.parameters()),
        macs_per_tile=counter.get_total_flops() // 2,
    )


def count_family(name: str, tile_px: int) -> Operations:
    """Count a family with its defaults, on the device without numbers: nothing is computed.

    Raises:
        ValueError: as :func:`inference.networks.registry.build_network`.
    """
    try:
        with torch.device("meta"):
            network = build_network(name)
    except RuntimeError:  # a constructor that looks at numbers, as SegFormer's does
        network = build_network(name).to("meta")
    return count_operations(network, tile_px)
