"""Stores weights in half precision, once for both runtimes.

``weights.safetensors`` holds the tensors, for torch and for fine-tuning. The ONNX file beside it
is the graph alone: its tensors are *external data*, by offset and length in that same file. So a
network of 13 MB takes 13 MB, not 26.

Matrices are stored as float16; vectors (batch norms, biases) stay float32, because the variance
of a quiet channel is below what float16 resolves, and they weigh nothing. The processor computes
in float32: ONNX Runtime widens the constants once, at load.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import onnx
import torch
from onnx import TensorProto, helper
from safetensors.torch import save_file
from torch import Tensor, nn

from inference.training.ship.export import export_onnx

COUNTERS = "num_batches_tracked"  # of batch norm; nobody needs them after the training
ONNX_TYPES = {"F16": TensorProto.FLOAT16, "F32": TensorProto.FLOAT}


def halved(network: nn.Module) -> dict[str, Tensor]:
    """The state of a network as it is shipped, by name, on the processor."""
    return {
        name: (value.half() if value.ndim > 1 else value).detach().cpu().contiguous()
        for name, value in network.state_dict().items()
        if not name.endswith(COUNTERS)
    }


def round_to_half(network: nn.Module) -> None:
    """Give the network, in place, exactly the values that the shipped file will hold."""
    # Not the network's own method: some encoders change what they are given.
    nn.Module.load_state_dict(network, halved(network), strict=False)


def write_tensors(network: nn.Module, path: Path) -> None:
    """Write ``weights.safetensors``, all or nothing.

    Raises:
        ValueError: if a value does not fit half precision.
    """
    state = halved(network)
    for name, value in state.items():
        if value.is_floating_point() and not bool(torch.isfinite(value).all()):
            raise ValueError(
                f"The tensor {name} holds values that half precision cannot store. Train with a "
                "weight decay above 0, or ship the model as int8 only."
            )
    partial = path.with_name(path.name + ".partial")
    save_file(state, str(partial), metadata={"format": "pt"})
    os.replace(partial, path)


def write_graph(
    network: nn.Module,
    path: Path,
    tensors: Path,
    *,
    task: str = "segmentation",
    input_px: int,
) -> None:
    """Write the ONNX file whose tensors are in ``tensors``, all or nothing.

    Args:
        tensors: what :func:`write_tensors` wrote of the same network, in the same folder.

    Raises:
        ValueError: if the file holds other tensors than the network.
    """
    partial = path.with_name(path.name + ".partial")
    try:
        export_onnx(network, partial, task=task, input_px=input_px, named_tensors=True)
        model = onnx.load(str(partial))
        _move_tensors(model, tensors)
        partial.write_bytes(model.SerializeToString())
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)


def _move_tensors(model: onnx.ModelProto, tensors: Path) -> None:
    """Make the graph's tensors external, widened where they are stored in half precision."""
    entries, begin = _read_header(tensors)
    prefix = _prefix(model, entries, tensors)
    widened = []
    for tensor in model.graph.initializer:
        entry = entries.get(tensor.name.removeprefix(prefix))
        if entry is None:
            continue  # constants of the graph itself
        if list(tensor.dims) != entry["shape"]:
            raise ValueError(f"{tensors.name} holds another network than the one exported.")
        if entry["dtype"] == "F16":
            name, tensor.name = tensor.name, tensor.name + ".half"
            widened.append(helper.make_node("Cast", [tensor.name], [name], to=TensorProto.FLOAT))
        _make_external(tensor, tensors.name, entry, begin)
    nodes = [*widened, *model.graph.node]
    del model.graph.node[:]
    model.graph.node.extend(nodes)


def _read_header(path: Path) -> tuple[dict[str, dict[str, Any]], int]:
    """Entries by name, and where the data begin.

    The format: a little-endian 64-bit length, JSON of this length in bytes, then the data.
    """
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        entries: dict[str, dict[str, Any]] = json.loads(file.read(length))
    entries.pop("__metadata__", None)
    return entries, 8 + length


def _prefix(model: onnx.ModelProto, entries: dict[str, Any], tensors: Path) -> str:
    """What stands before a tensor's own name in the graph, because of what wraps the network."""
    for tensor in model.graph.initializer:
        for name in entries:
            if tensor.name.endswith("." + name):
                return tensor.name.removesuffix(name)
    raise ValueError(f"{tensors.name} holds none of the network's tensors.")


def _make_external(tensor: TensorProto, location: str, entry: dict[str, Any], begin: int) -> None:
    first, after = entry["data_offsets"]
    for field in ("raw_data", "float_data"):
        tensor.ClearField(field)
    tensor.data_type = ONNX_TYPES[entry["dtype"]]
    tensor.data_location = TensorProto.EXTERNAL
    del tensor.external_data[:]
    place = {"location": location, "offset": begin + first, "length": after - first}
    for key, value in place.items():
        pair = tensor.external_data.add()
        pair.key, pair.value = key, str(value)
