"""What a recipe trains on and what it is watched on: gathered once, kept beside the checkpoint."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from inference.training.datasets import Entry, Pair, pair_by_stem, split_by_source
from inference.training.duplicates import Duplicate, same_photographs, same_pictures
from inference.training.recipe import DataSet, Recipe
from inference.training.rendered import render_set


@dataclass(frozen=True, slots=True)
class TrainingData:
    """What a recipe's sets hold, split, with what was left out."""

    training: Mapping[str, tuple[Entry, ...]]
    validation: Mapping[str, tuple[Entry, ...]]
    left_out: tuple[Duplicate, ...]


def gather(recipe: Recipe, segmentation_folder: Path, rendered_folder: Path) -> TrainingData:
    """Read the folders of a recipe's sets; leave out what repeats a test picture.

    Test pictures of *all* sets in the folder count, also of sets that the recipe does not use.
    Rendered sets are rendered into ``rendered_folder`` where they are not there yet.

    Raises:
        ValueError: naming the folder that is missing or wrong.
    """
    testing = sorted(segmentation_folder.glob("*/test/images/*"))
    training: dict[str, tuple[Entry, ...]] = {}
    validation: dict[str, tuple[Entry, ...]] = {}
    left_out: list[Duplicate] = []
    for each in recipe.sets:
        if each.rendered:
            render_set(each, rendered_folder / each.name / "train")
        pairs = _training_pairs(each, segmentation_folder, rendered_folder)
        images = [pair.image for pair in pairs]
        of_same_set = [path for path in testing if path.parents[2].name == each.name]
        duplicates = {
            duplicate.kept_out: duplicate
            for duplicate in (
                *same_photographs(images, of_same_set),
                *same_pictures(images, testing if not each.rendered else ()),
            )
        }
        left_out.extend(duplicates.values())
        pairs = [pair for pair in pairs if pair.image not in duplicates]
        split = split_by_source(pairs, each.source_pattern, recipe.validation_share, recipe.seed)
        training[each.name], validation[each.name] = split.training, split.validation
    return TrainingData(training, validation, tuple(left_out))


def save_split(data: TrainingData, path: Path) -> None:
    """Write which pictures train, which validate and which were left out, as JSON."""

    def names(part: Mapping[str, tuple[Entry, ...]]) -> dict[str, list[str]]:
        return {name: [pair.image.name for pair in pairs] for name, pairs in part.items()}

    table = {
        "training": names(data.training),
        "validation": names(data.validation),
        "left_out": [
            {"kept_out": str(each.kept_out), "of": str(each.of), "how": each.how}
            for each in data.left_out
        ],
    }
    path.write_text(json.dumps(table, indent=1), encoding="utf-8")


def load_split(
    path: Path, recipe: Recipe, segmentation_folder: Path, rendered_folder: Path
) -> TrainingData:
    """Read what :func:`save_split` wrote.

    Raises:
        ValueError: if it is of other sets, or a picture is not there any more.
    """
    table = json.loads(path.read_text(encoding="utf-8"))
    parts: dict[str, dict[str, tuple[Entry, ...]]] = {"training": {}, "validation": {}}
    for each in recipe.sets:
        if each.name not in table["training"]:
            raise ValueError(f"{path} knows no set {each.name}. Train anew without --resume.")
        by_name = {
            pair.image.name: pair
            for pair in _training_pairs(each, segmentation_folder, rendered_folder)
        }
        for part, found in parts.items():
            files = table[part][each.name]
            missing = [file for file in files if file not in by_name]
            if missing:
                raise ValueError(
                    f"{path} names {missing[0]} of {each.name}, which is not there any more. "
                    "Train anew without --resume."
                )
            found[each.name] = tuple(by_name[file] for file in files)
    left_out = tuple(
        Duplicate(Path(each["kept_out"]), Path(each["of"]), each["how"])
        for each in table["left_out"]
    )
    return TrainingData(parts["training"], parts["validation"], left_out)


def _training_pairs(each: DataSet, segmentation_folder: Path, rendered_folder: Path) -> list[Pair]:
    root = rendered_folder if each.rendered else segmentation_folder
    folder = root / each.name / "train"
    return pair_by_stem(folder / "images", folder / "masks")
