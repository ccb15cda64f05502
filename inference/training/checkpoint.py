"""A training's state on disk, written so that a kill at any moment leaves the last good one."""

from __future__ import annotations

import os
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch

from inference.training.recipe import Recipe

FORMAT = 1


def save_checkpoint(path: Path, recipe: Recipe, state: dict[str, Any]) -> None:
    """Write ``state`` (tensors, numbers, strings) with the recipe beside it, all or nothing."""
    partial = path.with_name(path.name + ".partial")
    torch.save({"format": FORMAT, "recipe": _plain(asdict(recipe)), **state}, partial)
    os.replace(partial, path)


def load_checkpoint(path: Path, recipe: Recipe) -> dict[str, Any]:
    """Read a checkpoint of the same network. Tensors and plain values only, no pickled code.

    Raises:
        ValueError: if the file is missing, broken, or of another network than the recipe's.
    """
    if not path.is_file():
        raise ValueError(f"There is no checkpoint {path}. Train without --resume first.")
    try:
        state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:
        raise ValueError(f"{path} cannot be read as a checkpoint ({error}).") from error
    theirs, ours = state.get("recipe", {}), _plain(asdict(recipe))
    for entry in ("family", "network"):
        if theirs.get(entry) != ours[entry]:
            raise ValueError(
                f"{path} holds another network: its {entry} is {theirs.get(entry)!r}, the "
                f"recipe's is {ours[entry]!r}. Use the recipe that it was trained with."
            )
    return state


def _plain(value: Any) -> Any:
    """Only what ``weights_only`` reads back: dicts, lists, strings, numbers."""
    if isinstance(value, dict):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(v) for v in value]
    return value
