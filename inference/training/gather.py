"""What a recipe trains on and what it is watched on: gathered once, kept beside the checkpoint."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from dataclasses import dataclass

from inference.training.datasets import Pair, pair_by_stem, split_by_source
from inference.training.duplicates import Duplicate, same_photographs, same_pictures
from inference.training.recipe import Recipe

@dataclass(frozen=True, slots=True)
class TrainingData:
    """What a recipe's sets hold, split, with what was left out."""

    training: Mapping[str, tuple[Pair, ...]]
    validation: Mapping[str, tuple[Pair, ...]]
    left_out: tuple[Duplicate, ...]


def gather(recipe: Recipe, segmentation_folder: Path) -> TrainingData:
    """Read the folders of a recipe's sets; leave out what repeats a test picture.

    Test pictures of *all* sets in the folder count, also of sets that the recipe does not use.

    Raises:
        ValueError: naming the folder that is missing or wrong.
    """
    testing = sorted(segmentation_folder.glob("*/test/images/*"))
    training: dict[str, tuple[Pair, ...]] = {}
    validation: dict[str, tuple[Pair, ...]] = {}
    left_out: list[Duplicate] = []
    for each in recipe.sets:
        folder = segmentation_folder / each.name / "train"
        pairs = pair_by_stem(folder / "images", folder / "masks")
        images = [pair.image for pair in pairs]
        of_same_set = [path for path in testing if path.parents[2].name == each.name]
        duplicates = {
            duplicate.kept_out: duplicate
            for duplicate in (
                *same_photographs(images, of_same_set),
                *same_pictures(images, testing),
            )
        }
        left_out.extend(duplicates.values())
        pairs = [pair for pair in pairs if pair.image not in duplicates]
        split = split_by_source(pairs, each.source_pattern, recipe.validation_share, recipe.seed)
        training[each.name], validation[each.name] = split.training, split.validation
    return TrainingData(training, validation, tuple(left_out))


def save_split(data: TrainingData, path: Path, folder: Path) -> None:
    """Write which pictures train, which validate and which were left out, as JSON."""

    def stems(part: Mapping[str, tuple[Pair, ...]]) -> dict[str, list[str]]:
        return {name: [pair.image.name for pair in pairs] for name, pairs in part.items()}

    path.write_text(
        json.dumps(
            {
                "training": stems(data.training),
                "validation": stems(data.validation),
                "left_out": [
                    {
                        "kept_out": each.kept_out.relative_to(folder).as_posix(),
                        "of": each.of.relative_to(folder).as_posix(),
                        "how": each.how,
                    }
                    for each in data.left_out
                ],
            },
            indent=1,
        ),
        encoding="utf-8",
    )


def load_split(path: Path, folder: Path) -> TrainingData:
    """Read what :func:`save_split` wrote.

    Raises:
        ValueError: if a picture of the split is not there any more.
    """
    table = json.loads(path.read_text(encoding="utf-8"))

    def pairs(part: str) -> dict[str, tuple[Pair, ...]]:
        found = {}
        for name, files in table[part].items():
            train = folder / name / "train"
            by_name = {p.image.name: p for p in pair_by_stem(train / "images", train / "masks")}
            missing = [file for file in files if file not in by_name]
            if missing:
                raise ValueError(
                    f"{path} names {missing[0]}, which is not in {train}. "
                    "Train anew without --resume."
                )
            found[name] = tuple(by_name[file] for file in files)
        return found

    left_out = tuple(
        Duplicate(folder / each["kept_out"], folder / each["of"], each["how"])
        for each in table["left_out"]
    )
    return TrainingData(pairs("training"), pairs("validation"), left_out)
