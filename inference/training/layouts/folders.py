"""``{train,test}/images`` and ``masks`` by stem, or ``{train,test}/CLASS/*``: our own layout.

A ``validation`` (or ``val``) part may be there as well. Class folders may have any names;
names that are given as ``classes`` become ``crack``, all others then ``no_crack``.
"""

from __future__ import annotations

from pathlib import Path

from inference.training.datasets import Dataset, Entry, Labelled, pair_by_stem, pictures_in
from inference.training.layouts.layout import Layout
from inference.training.layouts.parts import (
    check_names,
    dataset_of_labels,
    folder_of_part,
    subfolders,
)

_PARTS = ("train", "validation", "test")


def _recognises(folder: Path) -> bool:
    train = folder_of_part(folder, "train") or folder_of_part(folder, "test")
    if train is None:
        return False
    inside = {each.name for each in subfolders(train)}
    if inside & {"images", "labels", "metadata"}:
        return {"images", "masks"} <= inside
    return any(pictures_in(each) for each in subfolders(train)) and not _has_metadata(folder)


def _has_metadata(folder: Path) -> bool:
    return (folder / "metadata").is_dir()


def _read(folder: Path, classes: tuple[str, ...] | None) -> Dataset:
    found = {part: each for part in _PARTS if (each := folder_of_part(folder, part))}
    if any((each / "images").is_dir() for each in found.values()):
        if classes:
            raise ValueError(
                f"{folder}: masks in this layout have no class names; leave classes out."
            )
        pairs = {
            part: tuple(pair_by_stem(each / "images", each / "masks"))
            for part, each in found.items()
        }
        return Dataset("folders", "segmentation", pairs, ("crack",))
    labelled: dict[str, tuple[Entry, ...]] = {}
    names = sorted({each.name for part in found.values() for each in subfolders(part)})
    crack = check_names(classes, names, folder) if classes else None
    for part, each in found.items():
        labelled[part] = tuple(
            Labelled(image, _label(kind.name, crack))
            for kind in subfolders(each)
            for image in pictures_in(kind)
        )
    return dataset_of_labels("folders", folder, labelled)


def _label(name: str, crack: tuple[str, ...] | None) -> str:
    if crack is None:
        return name
    return "crack" if name in crack else "no_crack"


LAYOUT = Layout(
    title="Folders of pictures and masks, or of classes",
    looks_for="train/ and test/ with images/ and masks/, or with one folder of pictures a class",
    recognises=_recognises,
    read=_read,
)
