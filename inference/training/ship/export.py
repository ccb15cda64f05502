"""Exports a trained network as ONNX: bytes in, probabilities out."""

from __future__ import annotations

import os
import warnings
from pathlib import Path

import torch
from torch import nn

from inference.networks.product import ProductNetwork
from inference.runtime.onnx_session import INPUT_NAME, OUTPUT_NAME

TILE_PX = 512
OPSET = 17
EVAL, PRESERVE = torch.onnx.TrainingMode.EVAL, torch.onnx.TrainingMode.PRESERVE


def export_onnx(
    network: nn.Module,
    path: Path,
    *,
    task: str = "segmentation",
    input_px: int = TILE_PX,
    named_tensors: bool = False,
) -> None:
    """Write the network as float32 ONNX with a free batch dimension, all or nothing.

    (N, input_px, input_px, 3) uint8 goes in; out come (N, input_px, input_px) probabilities for
    segmentation, (N, classes) that sum to 1 for classification. The network is put into
    evaluation mode.

    Args:
        network: gives logits for (N, 3, H, W) pictures in [-1, 1].
        task: see :data:`inference.networks.product.ENDINGS`.
        named_tensors: keep every tensor under its name in the network, batch norms included,
            instead of folding them into the convolutions. The runtime folds them at load.

    Raises:
        ValueError: for a task that has no product.
    """
    product = ProductNetwork(network, task).eval()
    example = torch.zeros(1, input_px, input_px, 3, dtype=torch.uint8)
    partial = path.with_name(path.name + ".partial")
    try:
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
                training=PRESERVE if named_tensors else EVAL,
                do_constant_folding=not named_tensors,
            )
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)
