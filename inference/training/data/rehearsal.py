"""Mixes in old training pictures while a network learns something new.

Without them it forgets: Robins, *Catastrophic forgetting, rehearsal and pseudorehearsal*,
Connection Science 7, 1995.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from inference.training.data.gather import TrainingData, gather
from inference.training.data.layouts import read_layout
from inference.training.fit.defaults import has_cracks
from inference.training.fit.recipe import DataSet, Recipe, read_recipe

RECIPES = Path(__file__).parents[1] / "recipes"


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """The sets with their weights among each other, and their pictures."""

    sets: tuple[DataSet, ...]
    data: TrainingData


def gather_rehearsal(folder: Path, model: str, out: Path, seed: int) -> Rehearsal:
    """The sets of the model's own recipe that are in the folder; all alike without a recipe.

    Args:
        folder: holds ``segmentation/SET/train``.
        out: where gathering may write.

    Raises:
        ValueError: if there are none.
    """
    inside = folder / "segmentation"
    there = sorted(path.parent.name for path in inside.glob("*/train"))
    if not there:
        raise ValueError(
            f"{folder} has no segmentation/SET/train to rehearse with. "
            "Give the folder of the old training data, or leave --rehearse away."
        )
    path = RECIPES / f"{model}.toml"
    known = {each.name: each for each in read_recipe(path).sets} if path.is_file() else {}
    sets = tuple(
        known.get(name) or _unknown(inside / name) for name in there if not known or name in known
    )
    if not sets:
        raise ValueError(f"None of the sets in {inside} is in the recipe of {model}.")
    recipe = Recipe(
        name="rehearsal", task="segmentation", family="", terms="", sets=sets, seed=seed
    )
    return Rehearsal(sets, gather(recipe, folder, out / "rendered"))


def _unknown(folder: Path) -> DataSet:
    kind = "other" if has_cracks(read_layout(folder)) else "clean"
    return DataSet(name=folder.name, weight=1.0, kind=kind)
