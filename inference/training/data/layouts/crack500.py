"""CRACK500 as it is published, whole photographs or crops.

Zhang, Yang, Zhang, Zhu, ICIP 2016; Yang et al., T-ITS 2020. ``traindata/`` (``valdata/``,
``testdata/``) hold photographs with ``NAME_mask.png`` beside ``NAME.jpg``; ``traincrop/`` …
hold their crops, with ``NAME.png``. The archives unpack into folders of the same name in
themselves. ``train.txt`` … list "picture mask" per line where they are there. Where both
variants are there, the photographs are read: the crops are pieces of them.
"""

from __future__ import annotations

from pathlib import Path

from inference.training.data.datasets import Dataset, Pair, pictures_in
from inference.training.data.layouts.layout import Layout
from inference.training.data.layouts.parts import no_classes, parts_with_entries

_PARTS = {"train": "train", "validation": "val", "test": "test"}
_VARIANTS = ("data", "crop")


def _recognises(folder: Path) -> bool:
    return _variant(folder) is not None


def _variant(folder: Path) -> str | None:
    return next(
        (
            variant
            for variant in _VARIANTS
            if any((folder / f"{name}{variant}").is_dir() for name in _PARTS.values())
        ),
        None,
    )


def _read(folder: Path, classes: tuple[str, ...] | None) -> Dataset:
    no_classes(classes, folder)
    variant = _variant(folder)
    if variant is None:
        raise ValueError(f"{folder} has none of traindata/, traincrop/, testdata/, testcrop/.")
    parts = {}
    for part, name in _PARTS.items():
        inside = folder / f"{name}{variant}"
        inside = inside / inside.name if (inside / inside.name).is_dir() else inside
        if inside.is_dir():
            listed = _list_of(folder, inside, name, variant)
            parts[part] = _listed(listed, folder) if listed else _beside(inside)
    filled = parts_with_entries("crack500", folder, parts)
    return Dataset("crack500", "segmentation", filled, ("crack",), r"^\d{8}_\d{6}")


def _list_of(folder: Path, inside: Path, name: str, variant: str) -> Path | None:
    """The part's list, if it is one of this variant's pictures."""
    for path in (inside / f"{name}.txt", inside.parent / f"{name}.txt", folder / f"{name}.txt"):
        if path.is_file() and f"{name}{variant}" in path.read_text(
            encoding="utf-8", errors="replace"
        ):
            return path
    return None


def _listed(path: Path, folder: Path) -> list[Pair]:
    pairs = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        words = line.split()
        if not words:
            continue
        if len(words) != 2:
            raise ValueError(f"{path}, line {number}: expected a picture and its mask.")
        image, mask = (_find(word, path, folder) for word in words)
        if image is None or mask is None:
            lost = words[0] if image is None else words[1]
            raise ValueError(
                f"{path}, line {number} names {lost}, which is not there. "
                "Unpack the archive again, or take the line away."
            )
        pairs.append(Pair(image, mask))
    return pairs


def _find(word: str, path: Path, folder: Path) -> Path | None:
    name = Path(word)
    places = (
        path.parent / name,
        folder / name,
        path.parent.parent / name,
        path.parent / name.name,
        folder / name.parent / name.parent.name / name.name,
    )
    return next((place for place in places if place.is_file()), None)


def _beside(inside: Path) -> list[Pair]:
    pairs = []
    for image in pictures_in(inside):
        if image.suffix.lower() == ".png":
            continue  # a mask
        masks = (inside / f"{image.stem}_mask.png", inside / f"{image.stem}.png")
        mask = next((each for each in masks if each.is_file()), None)
        if mask is None:
            raise ValueError(
                f"{image} has neither {masks[0].name} nor {masks[1].name} beside it. "
                "Add its mask or take the picture away."
            )
        pairs.append(Pair(image, mask))
    return pairs


LAYOUT = Layout(
    title="CRACK500 (Zhang et al. 2016, Yang et al. 2020)",
    looks_for="traindata/ or traincrop/ with pictures and masks beside each other",
    recognises=_recognises,
    read=_read,
)
