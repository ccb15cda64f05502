"""Folders of pictures and masks, or of classes: our own layout.

``{train,validation,test}/images`` with ``masks`` by stem, or ``{train,…}/CLASS/*``; without a
split, ``images`` with ``masks``, or ``crack`` and ``no_crack`` beside each other. Class folders
may have any names ("No Crack" is read as ``no_crack``); those that are given as ``classes``
become ``crack``, all others then ``no_crack``.
"""

from __future__ import annotations

from pathlib import Path

from inference.training.data.datasets import Dataset, Entry, Labelled, pair_by_stem, pictures_in
from inference.training.data.layouts.layout import Layout
from inference.training.data.layouts.parts import (
    CRACK,
    NO_CRACK,
    PART_NAMES,
    check_names,
    dataset_of_labels,
    folder_of_part,
    no_classes,
    subfolders,
)

# What other layouts have in the folders of their parts.
_OF_OTHERS = frozenset({"images", "labels", "masks", "background", "defects"})


def _recognises(folder: Path) -> bool:
    parts = _parts(folder)
    if list(parts) == ["all"]:
        names = {each.name.lower() for each in subfolders(folder)}
        return {"images", "masks"} <= names or bool({CRACK, NO_CRACK} & names)
    inside = [each for part in parts.values() for each in subfolders(part)]
    names = {each.name for each in inside}
    return {"images", "masks"} <= names or (
        not names & _OF_OTHERS and any(pictures_in(each) for each in inside)
    )


def _parts(folder: Path) -> dict[str, Path]:
    found = {part: each for part in PART_NAMES if (each := folder_of_part(folder, part))}
    return found or {"all": folder}


def _read(folder: Path, classes: tuple[str, ...] | None) -> Dataset:
    parts = _parts(folder)
    if any((each / "images").is_dir() for each in parts.values()):
        no_classes(classes, folder)
        pairs = {
            part: tuple(pair_by_stem(each / "images", each / "masks"))
            for part, each in parts.items()
        }
        return Dataset("folders", "segmentation", pairs, (CRACK,))
    names = sorted({each.name for part in parts.values() for each in subfolders(part)})
    crack = check_names(classes, names, folder) if classes else None
    labelled: dict[str, list[Entry]] = {}
    for part, inside in parts.items():
        labelled[part] = []
        for kind in subfolders(inside):
            images = pictures_in(kind)
            if not images:
                raise ValueError(f"There are no pictures in {kind}. Add some or remove the folder.")
            labelled[part] += [Labelled(image, _label(kind.name, crack)) for image in images]
    return dataset_of_labels("folders", folder, labelled)


def _label(name: str, crack: tuple[str, ...] | None) -> str:
    if crack is None:
        return name.lower().replace(" ", "_").replace("-", "_")
    return CRACK if name in crack else NO_CRACK


LAYOUT = Layout(
    title="Folders of pictures and masks, or of classes",
    looks_for="train/ and test/ with images/ and masks/ or one folder a class; or these unsplit",
    recognises=_recognises,
    read=_read,
)
