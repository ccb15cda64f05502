"""Reads tensors from local files: safetensors, or ``torch.load`` without running code."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

CLASSIFIER_PREFIXES = ("classifier.", "fc.", "head.", "AuxLogits.")
AVERAGED = "averaged"  # where a checkpoint of ``inference.training`` keeps the network


def read_state(path: Path) -> dict[str, Tensor]:
    """The tensors of a file by name, half precision widened to float32.

    Takes a ``.safetensors`` file, a state dict written by ``torch.save``, or a checkpoint of
    ``python -m inference train``, whose averaged network is taken.

    Raises:
        ValueError: naming the file, if it is missing, damaged or holds something else.
    """
    if not path.is_file():
        raise ValueError(f"There is no weights file {path}. Check the path.")
    content: Any
    try:
        if path.suffix == ".safetensors":
            from safetensors.torch import load_file

            content = load_file(str(path))
        else:
            content = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # either library has a handful of unrelated error types
        raise ValueError(
            f"{path.name} cannot be read as weights ({_first_line(error)}). Give a .safetensors "
            "file or a state dict of plain tensors."
        ) from error
    if isinstance(content, Mapping):
        content = content.get(AVERAGED, content)
    if (
        not isinstance(content, Mapping)
        or not content
        or not all(isinstance(value, Tensor) for value in content.values())
    ):
        raise ValueError(
            f"{path.name} holds no state dict (tensors by name). Save "
            "`network.state_dict()`, not the network itself."
        )
    return {
        str(name): value.float() if value.is_floating_point() else value
        for name, value in content.items()
    }


def fill(
    module: nn.Module,
    state: Mapping[str, Tensor],
    source: str,
    network: str,
    *,
    except_for: tuple[str, ...] = (),
) -> None:
    """Load every tensor of ``state``; only batch norm's counters may be missing.

    Args:
        source: the file's name, for the sentence.
        network: what it should hold, for the sentence.
        except_for: beginnings of names that stay as they are in the module.

    Raises:
        ValueError: if names or shapes differ. The module is then unchanged.
    """
    own = {k: v for k, v in module.state_dict().items() if not k.startswith(except_for)}
    missing = [k for k in own if k not in state and not k.endswith("num_batches_tracked")]
    unknown = [k for k in state if k not in own]
    shapes = [k for k in own if k in state and own[k].shape != state[k].shape]
    if missing or unknown or shapes:
        kinds = {"missing": missing, "unknown": unknown, "of another shape": shapes}
        wrong = ", ".join(_examples(names, kind) for kind, names in kinds.items() if names)
        raise ValueError(
            f"{source} is not a {network}: {wrong}. Give weights of that network, or choose the "
            "family that they belong to."
        )
    # Not the method: some encoders override it to return nothing and change the dict.
    nn.Module.load_state_dict(module, dict(state), strict=False)


def load_backbone(module: nn.Module, path: Path, network: str) -> None:
    """Fill ``module`` from a classifier's file; the last layers of both are left out.

    Raises:
        ValueError: if the file is not readable or of another network.
    """
    state = read_state(path)
    wanted = {k: v for k, v in state.items() if not k.startswith(CLASSIFIER_PREFIXES)}
    fill(module, wanted, path.name, network, except_for=CLASSIFIER_PREFIXES)


def load_weights(network: nn.Module, path: Path) -> None:
    """Fill a whole network of ours: shipped ``weights.safetensors``, checkpoint, state dict.

    Raises:
        ValueError: if the file is not readable or of another architecture.
    """
    fill(network, read_state(path), path.name, type(network).__name__ + " with these options")


def _examples(names: Sequence[str], kind: str) -> str:
    shown = ", ".join(names[:2]) + (" …" if len(names) > 2 else "")
    return f"{len(names)} tensors {kind} ({shown})"


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__
