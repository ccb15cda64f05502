"""Concrete Crack Images for Classification (CCIC) as published: ``Positive/`` and ``Negative/``.

Özgenel, Gönenç Sorguç, ISARC 2018. The 40,000 patches were cut from 458 photographs, and the
names do not say from which: only the search for near-duplicates keeps the parts apart.
"""

from __future__ import annotations

from pathlib import Path

from inference.training.data.datasets import Dataset, Labelled, pictures_in
from inference.training.data.layouts.layout import Layout
from inference.training.data.layouts.parts import CRACK, NO_CRACK, dataset_of_labels, no_classes

_LABELS = {"Negative": NO_CRACK, "Positive": CRACK}


def _recognises(folder: Path) -> bool:
    return all((folder / name).is_dir() for name in _LABELS)


def _read(folder: Path, classes: tuple[str, ...] | None) -> Dataset:
    no_classes(classes, folder)
    entries = [
        Labelled(image, label)
        for name, label in _LABELS.items()
        if (folder / name).is_dir()
        for image in pictures_in(folder / name)
    ]
    return dataset_of_labels("ccic", folder, {"all": entries})


LAYOUT = Layout(
    title="Concrete Crack Images for Classification (Özgenel, Gönenç Sorguç 2018)",
    looks_for="Positive/ and Negative/",
    recognises=_recognises,
    read=_read,
)
