"""A trained network as ONNX: bytes in, probabilities out."""

from __future__ import annotations

import os
import warnings
from pathlib import Path

import torch
from torch import Tensor, nn

from inference.runtime.onnx_segmentation import INPUT_NAME, OUTPUT_NAME

TILE_PX = 512
OPSET = 17


class ProductNetwork(nn.Module):
    """The network with what the product would otherwise do around it.

    The scaling to [-1, 1] at the front and the sigmoid at the end.
    """

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, tiles: Tensor) -> Tensor:
        """(N, H, W, 3) uint8 RGB -> (N, H, W) float32 probability."""
        scaled = tiles.permute(0, 3, 1, 2).float() * (1 / 127.5) - 1
        return torch.sigmoid(self.network(scaled)).squeeze(1)


def export_onnx(network: nn.Module, path: Path, *, tile_px: int = TILE_PX) -> None:
    """Write the network as float32 ONNX with a free batch dimension, all or nothing.

    Args:
        network: gives (N, 1, H, W) logits for (N, 3, H, W) pictures in [-1, 1].
    """
    product = ProductNetwork(network).eval()
    example = torch.zeros(1, tile_px, tile_px, 3, dtype=torch.uint8)
    partial = path.with_name(path.name + ".partial")
    with warnings.catch_warnings(), torch.no_grad():
        # The exporter by tracing is marked as old; its graphs are the ones that the int8
        # quantiser of ONNX Runtime knows how to fuse.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            product,
            (example,),
            str(partial),
            input_names=[INPUT_NAME],
            output_names=[OUTPUT_NAME],
            dynamic_axes={INPUT_NAME: {0: "n"}, OUTPUT_NAME: {0: "n"}},
            opset_version=OPSET,
            dynamo=False,
        )
    os.replace(partial, path)
