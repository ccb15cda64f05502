"""Finds again the validation pictures of a shipped model, from its card and recipe."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from inference.training.data.datasets import Pair, pair_by_stem, split_by_source
from inference.training.fit.recipe import read_recipe

RECIPES_FOLDER = Path(__file__).parents[1] / "recipes"


def held_back_pairs(
    card: Mapping[str, Any], data_folder: Path, recipes_folder: Path = RECIPES_FOLDER
) -> dict[str, tuple[Pair, ...]]:
    """Pictures by set that a model's training watched but did not learn from; no rendered ones.

    The split follows from the recipe's seed and from what the card says was left out. It must
    have the card's numbers of pictures: a changed recipe would hand out what was learned from.

    Args:
        card: the whole card.
        data_folder: holds ``segmentation/SET/train``.

    Raises:
        ValueError: if there is no recipe of that name, or it gives another split than the card's.
    """
    path = recipes_folder / f"{card['name']}.toml"
    if not path.is_file():
        raise ValueError(
            f"There is no recipe {path.name} that says which pictures the model {card['name']!r} "
            "has not learned from. Give a folder of such pictures with --held-out."
        )
    recipe = read_recipe(path)
    left_out = {each["picture"] for each in card["left_out"]}
    counts = {
        each["set"]: (each["n_training"], each["n_validation"]) for each in card["trained_on"]
    }
    held: dict[str, tuple[Pair, ...]] = {}
    for each in recipe.sets:
        if each.rendered:
            continue
        folder = data_folder / (each.path or f"segmentation/{each.name}") / "train"
        pairs = [
            pair
            for pair in pair_by_stem(folder / "images", folder / "masks")
            if f"{each.name}/{pair.image.name}" not in left_out
        ]
        split = split_by_source(pairs, each.source_pattern, recipe.validation_share, recipe.seed)
        if counts.get(each.name) != (len(split.training), len(split.validation)):
            raise ValueError(
                f"The recipe {path.name} splits {each.name} into {len(split.training)} and "
                f"{len(split.validation)} pictures, the card of {card['name']!r} says otherwise: "
                "the recipe or the data changed since. Give pictures that the model has not "
                "learned from with --held-out."
            )
        held[each.name] = tuple(pair for pair in split.validation if isinstance(pair, Pair))
    if not any(held.values()):
        raise ValueError(
            f"The model {card['name']!r} was trained on renderings only. Give photographs with "
            "masks with --held-out."
        )
    return held
