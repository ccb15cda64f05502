"""DeepCrack as it is published: ``{train,test}_img/*.jpg`` and ``{train,test}_lab/*.png``.

Liu, Yao, Lu, Xie, Li: DeepCrack, Neurocomputing 338, 2019. Names such as 11289-3 are pieces
of one photograph.
"""

from __future__ import annotations

from pathlib import Path

from inference.training.data.datasets import Dataset, pair_by_stem
from inference.training.data.layouts.layout import Layout
from inference.training.data.layouts.parts import no_classes, parts_with_entries

_PARTS = {"train": "train", "validation": "val", "test": "test"}


def _recognises(folder: Path) -> bool:
    return (folder / "train_img").is_dir() or (folder / "test_img").is_dir()


def _read(folder: Path, classes: tuple[str, ...] | None) -> Dataset:
    no_classes(classes, folder)
    parts = {
        part: pair_by_stem(folder / f"{name}_img", folder / f"{name}_lab")
        for part, name in _PARTS.items()
        if (folder / f"{name}_img").is_dir()
    }
    filled = parts_with_entries("deepcrack", folder, parts)
    return Dataset("deepcrack", "segmentation", filled, ("crack",), r"^(.+?)(?:-\d+)?$")


LAYOUT = Layout(
    title="DeepCrack (Liu et al. 2019)",
    looks_for="train_img/, train_lab/, test_img/, test_lab/",
    recognises=_recognises,
    read=_read,
)
