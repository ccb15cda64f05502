"""Gathers a recipe's training and validation pictures once, and keeps the list for a resume."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from inference.training.data.datasets import Dataset, Entry, Pair, Split, split_by_source
from inference.training.data.duplicates import (
    Duplicate,
    compares_photographs,
    same_photographs,
    same_pictures,
)
from inference.training.data.layouts import read_layout
from inference.training.data.layouts.sites import SITES_NAME
from inference.training.data.pictures import PICTURE_SUFFIXES
from inference.training.data.rendered import render_set
from inference.training.data.validity import check_entries
from inference.training.fit.recipe import DataSet, Recipe

EXAMPLES_NAMED = 3
_ANY_NAME = ".*"  # a recipe's source_pattern that says nothing
_LEARNT_FROM = ("train", "validation", "all")


@dataclass(frozen=True, slots=True)
class TrainingData:
    """The pictures of a recipe's sets, split, and the pictures that were left out.

    Entries are what the recipe's task reads: ``Pair`` or ``Labelled``.
    """

    training: Mapping[str, tuple[Any, ...]]
    validation: Mapping[str, tuple[Any, ...]]
    left_out: tuple[Duplicate, ...]


def gather(
    recipe: Recipe,
    data_folder: Path,
    rendered_folder: Path,
    *,
    say: Callable[[str], None] = lambda _: None,
) -> TrainingData:
    """Read a recipe's sets by their layouts, check every file, split, look for repetitions.

    A set's own validation part is taken as it is; without one, whole sites or source
    photographs are held back. Pictures that train must not repeat pictures that test: of *all*
    sets in the data folder as whole pictures, of the set itself also as pieces of one
    photograph. Where a set says ``on_duplicates = "refuse"``, nor may they repeat pictures that
    validate, and the first repetition ends it; else they are left out.

    Rendered sets are rendered into ``rendered_folder`` where they are not there yet.

    Raises:
        ValueError: naming the file or folder that is wrong and what to do about it.
    """
    testing = _test_pictures(recipe, data_folder)
    training: dict[str, tuple[Entry, ...]] = {}
    validation: dict[str, tuple[Entry, ...]] = {}
    left_out: list[Duplicate] = []
    for each in recipe.sets:
        if each.rendered:
            render_set(each, rendered_folder / each.name / "train")
        folder = _folder(each, recipe, data_folder, rendered_folder)
        dataset = _read(each, recipe, folder)
        count = sum(len(entries) for entries in dataset.parts.values())
        say(f"{each.name}: checking {count} pictures, laid out as {dataset.layout} …")
        if not each.rendered:
            check_entries(dataset, folder, kind=each.kind)
        of_set = _images(dataset.parts.get("test", ()))
        others = () if each.rendered else tuple(p for p in testing if p not in set(of_set))
        if each.on_duplicates == "refuse":
            split = _split(each, recipe, dataset)
            _refuse_repeated(split, of_set, others, folder)
            sides = len(split.training), len(of_set) + len(split.validation)
        else:
            split, repeated = _without_repeated(each, recipe, dataset, of_set, others)
            left_out.extend(repeated)
            sides = len(split.training), len(of_set)
        if not compares_photographs(*sides):
            say(
                f"{each.name}: pictures were compared as a whole only, not as pieces of one "
                f"photograph: {sides[0]} with {sides[1]} are too many."
            )
        if not split.training:
            raise ValueError(
                f"{folder} leaves nothing to train on: it has no training part, or all of it "
                "repeats test pictures."
            )
        training[each.name], validation[each.name] = split.training, split.validation
    return TrainingData(training, validation, tuple(left_out))


def save_split(data: TrainingData, path: Path) -> None:
    """Write which pictures train, which validate and which were left out, as JSON."""

    def names(part: Mapping[str, Sequence[Entry]]) -> dict[str, list[str]]:
        return {name: [_key(entry) for entry in entries] for name, entries in part.items()}

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
    path: Path, recipe: Recipe, data_folder: Path, rendered_folder: Path
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
        folder = _folder(each, recipe, data_folder, rendered_folder)
        dataset = _read(each, recipe, folder)
        entries = [entry for part in _LEARNT_FROM for entry in dataset.parts.get(part, ())]
        # Splits that were written before sets had layouts hold bare file names.
        entry_of = {entry.image.name: entry for entry in entries}
        entry_of |= {_key(entry): entry for entry in entries}
        for part, found in parts.items():
            files = table[part][each.name]
            missing = [file for file in files if file not in entry_of]
            if missing:
                raise ValueError(
                    f"{path} names {missing[0]} of {each.name}, which is not there any more. "
                    "Train anew without --resume."
                )
            found[each.name] = tuple(entry_of[file] for file in files)
    left_out = tuple(
        Duplicate(Path(each["kept_out"]), Path(each["of"]), each["how"])
        for each in table["left_out"]
    )
    return TrainingData(parts["training"], parts["validation"], left_out)


def _key(entry: Entry) -> str:
    """Names a picture within its set, wherever the set lies: train/crack/0001.jpg."""
    return "/".join(entry.image.parts[-3:])


def _folder(each: DataSet, recipe: Recipe, data_folder: Path, rendered_folder: Path) -> Path:
    if each.rendered:
        return rendered_folder / each.name
    if each.path is not None:
        return data_folder / each.path  # stays as it is where it is absolute
    of_task = "classification" if recipe.task == "classification" else "segmentation"
    return data_folder / of_task / each.name


def _read(each: DataSet, recipe: Recipe, folder: Path) -> Dataset:
    layout = each.layout or ("folders" if each.rendered or each.path is None else None)
    dataset = read_layout(folder, layout, classes=each.classes or None)
    if recipe.task == "segmentation" and dataset.task != "segmentation":
        raise ValueError(
            f"{folder} (layout {dataset.layout}) says which pictures have cracks, not where they "
            "are. Use it with --task classification."
        )
    return _registered(dataset, each.mask_offset_px)


def _registered(dataset: Dataset, offset_px: tuple[int, int]) -> Dataset:
    """The same pictures, with masks that are known to lie beside their cracks."""
    if offset_px == (0, 0):
        return dataset
    parts = {
        part: tuple(
            replace(entry, mask_offset_px=offset_px) if isinstance(entry, Pair) else entry
            for entry in entries
        )
        for part, entries in dataset.parts.items()
    }
    return replace(dataset, parts=parts)


def _test_pictures(recipe: Recipe, data_folder: Path) -> list[Path]:
    patterns = ["segmentation/*/test/images/*"]
    if recipe.task == "classification":
        patterns.append("classification/*/test/*/*")
    return sorted(
        path
        for pattern in patterns
        for path in data_folder.glob(pattern)
        if path.suffix.lower() in PICTURE_SUFFIXES
    )


def _split(each: DataSet, recipe: Recipe, dataset: Dataset, left_out: Iterable[Path] = ()) -> Split:
    out = set(left_out)
    parts = {
        part: tuple(entry for entry in dataset.parts.get(part, ()) if entry.image not in out)
        for part in _LEARNT_FROM
    }
    if parts["validation"]:
        return Split(parts["train"], parts["validation"])
    pattern = each.source_pattern
    if pattern == _ANY_NAME and dataset.source_pattern is not None:
        pattern = dataset.source_pattern
    learnt = parts["train"] + parts["all"]
    return split_by_source(learnt, pattern, recipe.validation_share, recipe.seed)


def _without_repeated(
    each: DataSet, recipe: Recipe, dataset: Dataset, of_set: Sequence[Path], others: Sequence[Path]
) -> tuple[Split, list[Duplicate]]:
    """Split without the pictures that repeat a test picture."""
    images = _images(entry for part in _LEARNT_FROM for entry in dataset.parts.get(part, ()))
    repeated = _repeated(images, of_set, others)
    return _split(each, recipe, dataset, repeated), list(repeated.values())


def _refuse_repeated(
    split: Split, of_set: Sequence[Path], others: Sequence[Path], folder: Path
) -> None:
    """Raise ValueError if a picture repeats one on another side of the split."""
    training, validation = _images(split.training), _images(split.validation)
    repeated = [
        *_repeated(training, (*of_set, *validation), others).values(),
        *_repeated(validation, of_set, others).values(),
    ]
    if repeated:
        examples = "; ".join(
            f"{each.kept_out} and {each.of} ({each.how})" for each in repeated[:EXAMPLES_NAMED]
        )
        raise ValueError(
            f"{len(repeated)} pictures of {folder} repeat pictures on another side of the split, "
            f"which would make every figure too good: {examples}. Keep what shows one place on "
            f"one side: write {folder / SITES_NAME} with the lines photo,site, or say how file "
            'names begin that belong together (source_pattern); or set on_duplicates = "leave_out".'
        )


def _repeated(
    images: Sequence[Path], of_set: Sequence[Path], others: Sequence[Path]
) -> dict[Path, Duplicate]:
    """Pictures that repeat one of their own set, or are one of another set."""
    found = (*same_photographs(images, of_set), *same_pictures(images, (*of_set, *others)))
    return {duplicate.kept_out: duplicate for duplicate in found}


def _images(entries: Iterable[Entry]) -> list[Path]:
    return [entry.image for entry in entries]
