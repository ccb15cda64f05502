"""Writes a network as a shipped model: card, ONNX for one runtime, tensors for the other."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from safetensors.torch import save_file
from torch import nn

from inference.networks.registry import find_family
from inference.training.ship.export import export_onnx

CLASSES = ("no_crack", "crack")


def ship(
    network: nn.Module, family: str, options: Mapping[str, Any], folder: Path, *, input_px: int
) -> Path:
    """Fill ``folder`` with the model ``folder.name``; the network itself is rounded to half."""
    task = find_family(family).task
    state = {
        name: value.half() if value.ndim > 1 else value
        for name, value in network.state_dict().items()
        if not name.endswith("num_batches_tracked")
    }
    network.load_state_dict(state, strict=False)
    folder.mkdir()
    export_onnx(network, folder / "model.onnx", task=task, input_px=input_px)
    save_file({name: value.contiguous() for name, value in state.items()},
              folder / "weights.safetensors")  # fmt: skip
    architecture: dict[str, Any] = {"family": family, "options": dict(options)}
    sorts = task == "classification"
    card = {
        "name": folder.name,
        "task": task,
        "title": "A test",
        "terms": "Made by a test.",
        "threshold": 0.5,
        "input": {"patch_px" if sorts else "tile_px": input_px},
        "architecture": architecture,
        "files": [
            _file(folder / "model.onnx", "float32"),
            _file(folder / "weights.safetensors", "float16"),
        ],
    }
    if sorts:
        card["classes"] = CLASSES
    (folder / "card.json").write_text(json.dumps(card), encoding="utf-8")
    return folder


def reseal(folder: Path, change: Mapping[str, Any] | None = None) -> None:
    """Write the card's checksums anew, and entries over it, as an attacker or a clumsy hand."""
    path = folder / "card.json"
    card = json.loads(path.read_text(encoding="utf-8")) | dict(change or {})
    card["files"] = [_file(folder / each["file"], each["precision"]) for each in card["files"]]
    path.write_text(json.dumps(card), encoding="utf-8")


def _file(path: Path, precision: str) -> dict[str, Any]:
    content = path.read_bytes()
    return {
        "precision": precision,
        "file": path.name,
        "sha256": hashlib.sha256(content).hexdigest(),
        "size_bytes": len(content),
    }
