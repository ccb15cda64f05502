"""Saves a training's state, so that a kill at any moment leaves the last good checkpoint."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, BinaryIO

import torch
from torch import nn

from inference.networks.registry import build_network
from inference.networks.state_files import fill
from inference.training.fit.recipe import Recipe, recipe_of

FORMAT = 1
NETWORK_OF_RECIPE = "network of the recipe"  # in sentences


def save_checkpoint(path: Path, recipe: Recipe, state: Mapping[str, Any]) -> None:
    """Write ``state`` (tensors, numbers, strings) with the recipe beside it, all or nothing.

    Raises:
        ValueError: if it cannot be written, usually because the disk is full; the checkpoint
            that was there before is untouched.
    """
    partial = path.with_name(path.name + ".partial")
    content = {"format": FORMAT, "recipe": plain(asdict(recipe)), **state}
    try:
        with partial.open("wb") as file:
            _save(content, file)
            file.flush()
            os.fsync(file.fileno())  # or a power cut could leave the name without the content
        os.replace(partial, path)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise ValueError(
            f"{path} could not be written ({error.strerror}). {_what_is_kept(path)}"
        ) from error


class _Writer:
    """Remembers why a write failed: torch's own writer only says that it did."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.error: OSError | None = None

    def write(self, data: Any) -> int:
        try:
            return self._file.write(data)
        except OSError as error:
            self.error = error
            raise

    def flush(self) -> None:
        self._file.flush()


def _save(content: Mapping[str, Any], file: BinaryIO) -> None:
    writer = _Writer(file)
    try:
        torch.save(content, writer)  # type: ignore[arg-type]
    except Exception:
        if writer.error is not None:
            raise writer.error from None
        raise


def load_checkpoint(path: Path, recipe: Recipe) -> dict[str, Any]:
    """Read a checkpoint of the same network. Tensors and plain values only, no pickled code.

    Raises:
        ValueError: if the file is missing, broken, or of another network than the recipe's.
    """
    state = _read(path)
    theirs, ours = state.get("recipe", {}), plain(asdict(recipe))
    for entry in ("family", "network"):
        if theirs.get(entry) != ours[entry]:
            raise ValueError(
                f"{path} holds another network: its {entry} is {theirs.get(entry)!r}, the "
                f"recipe's is {ours[entry]!r}. Use the recipe that it was trained with."
            )
    return state


def recipe_in(path: Path) -> Recipe:
    """The recipe that a checkpoint was trained with.

    Raises:
        ValueError: if the file is missing, broken, or holds no recipe.
    """
    return recipe_of(_read(path).get("recipe", {}), f"The recipe in {path}")


def _read(path: Path) -> dict[str, Any]:
    if not path.is_file():
        raise ValueError(f"There is no checkpoint {path}. Train without --resume first.")
    try:
        state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:
        raise ValueError(f"{path} cannot be read as a checkpoint ({error}).") from error
    if not isinstance(state, dict) or "averaged" not in state:
        raise ValueError(
            f"{path} holds no training of ours, perhaps bare weights. "
            "To start from weights, name them as the recipe's backbone."
        )
    return state


def load_averaged(path: Path, recipe: Recipe) -> nn.Module:
    """The network that a training gives, in evaluation mode.

    Its averaged weights at the best validation where the recipe stops early, at the end
    otherwise.
    """
    state = load_checkpoint(path, recipe)
    network = build_network(recipe.family, **recipe.network_options)
    fill(network, state.get("best") or state["averaged"], path.name, NETWORK_OF_RECIPE)
    return network.eval()


def plain(value: Any) -> Any:
    """Only what ``weights_only`` reads back: dicts, lists, strings, numbers."""
    if isinstance(value, dict):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    return value


def _what_is_kept(path: Path) -> str:
    if path.is_file():
        return "The checkpoint before it is kept: make room, then go on with --resume."
    return "Make room on that disk and train anew."
