"""A recipe: everything that decides what comes out of a training, as one small TOML file."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class DataSet:
    """One folder of pictures and masks.

    Attributes:
        weight: share of the training samples drawn from it, relative to the other sets.
        kind: ``concrete`` (decides the threshold), ``clean`` (no cracks at all), ``other``.
        source_pattern: regular expression whose match names the source photograph of a
            file's stem; pictures of one source stay on one side of every split.
        terms: one phrase for the card.
        rendered: number of pictures that our own renderer makes for it, of kind ``clean``
            without cracks; 0 = the set is read from the data folder.
        first_seed: seed of the first rendered picture; sets must not overlap.
    """

    name: str
    weight: float
    kind: str = "other"
    source_pattern: str = ".*"
    terms: str = "none stated"
    rendered: int = 0
    first_seed: int = 0

    def __post_init__(self) -> None:
        if self.kind not in {"concrete", "clean", "other"}:
            raise ValueError(f"[data.sets.{self.name}] kind must be concrete, clean or other.")
        if self.weight <= 0:
            raise ValueError(f"[data.sets.{self.name}] weight must be above 0.")


@dataclass(frozen=True, slots=True)
class Optimisation:
    """How long, how fast, how many at once.

    The learning rate follows a cosine over the budget. ``minutes`` counts training time over
    all resumed parts, ``steps`` optimiser steps; whichever ends first.
    """

    minutes: float = 30.0
    steps: int = 1_000_000
    batch: int = 12
    crop_px: int = 288
    rate_encoder: float = 6e-4
    rate_decoder: float = 2e-3
    weight_decay: float = 1e-4
    warmup_steps: int = 150
    ema_decay: float = 0.998
    bf16: bool = True


@dataclass(frozen=True, slots=True)
class LossWeights:
    """Parts of the summed loss; see ``inference.training.losses``."""

    bce: float = 1.0
    dice: float = 1.0
    tversky: float = 0.0
    tversky_alpha: float = 0.5  # weight of false positives; false negatives get 1 - alpha


@dataclass(frozen=True, slots=True)
class Augmentation:
    """Probabilities of each change, and the range of sizes; see ``inference.training.augment``."""

    scale_range: tuple[float, float] = (0.5, 2.0)
    retinex: float = 0.6
    shadow: float = 0.25
    rotate: float = 0.25
    light: float = 0.8
    colour: float = 0.5
    channel_order: float = 0.15
    grey: float = 0.1
    blur: float = 0.25
    noise: float = 0.3
    jpeg: float = 0.3
    groove: float = 0.1
    sign: float = 0.06


@dataclass(frozen=True, slots=True)
class Quantisation:
    """Static int8: how many pictures calibrate it, and how much F1 it may cost."""

    calibration_tiles: int = 64
    f1_loss_allowed: float = 0.01


@dataclass(frozen=True, slots=True)
class Recipe:
    """One training. See ``inference/training/recipes/``."""

    name: str
    task: str
    family: str
    terms: str
    sets: tuple[DataSet, ...]
    description: str = ""
    note: str = ""  # about the training of the shipped weights, for the card
    seed: int = 0
    network: Mapping[str, Any] = field(default_factory=dict)
    backbone: str | None = None  # file below the data folder
    backbone_terms: str = ""
    compared_with: str | None = None  # a model whose card this one is set beside
    validation_share: float = 0.1
    optimisation: Optimisation = Optimisation()
    loss: LossWeights = LossWeights()
    augmentation: Augmentation = Augmentation()
    quantisation: Quantisation = Quantisation()


def read_recipe(path: Path) -> Recipe:
    """Read a recipe file.

    Raises:
        ValueError: naming the file and the entry that is wrong.
    """
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ValueError(f"There is no recipe {path}.") from None
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"{path}: not valid TOML ({error}).") from error
    try:
        sets = tuple(
            _fill(DataSet, {"name": name, **entry}) for name, entry in table.pop("sets", {}).items()
        )
        if not sets:
            raise ValueError("there is no [sets.NAME] table, so there is nothing to train on")
        parts = {
            name: _fill(kind, table.pop(name)) for name, kind in _PARTS.items() if name in table
        }
        return _fill(Recipe, {**table, **parts, "sets": sets})
    except (TypeError, ValueError) as error:
        raise ValueError(f"{path}: {error}.") from error


def with_budget(
    recipe: Recipe, *, minutes: float | None = None, steps: int | None = None
) -> Recipe:
    """The same recipe with another budget; None keeps the recipe's."""
    budget = recipe.optimisation
    if minutes is not None:
        budget = replace(budget, minutes=minutes)
    if steps is not None:
        budget = replace(budget, steps=steps)
    return replace(recipe, optimisation=budget)


_PARTS: Mapping[str, type] = {
    "optimisation": Optimisation,
    "loss": LossWeights,
    "augmentation": Augmentation,
    "quantisation": Quantisation,
}


def _fill(kind: type, entries: Mapping[str, Any]) -> Any:
    known = {each.name for each in fields(kind)}
    unknown = sorted(set(entries) - known)
    if unknown:
        raise ValueError(
            f"unknown entry {', '.join(unknown)}; known here: {', '.join(sorted(known))}"
        )
    return kind(**{k: tuple(v) if isinstance(v, list) else v for k, v in entries.items()})
