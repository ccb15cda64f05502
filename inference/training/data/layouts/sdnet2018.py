"""SDNET2018 as it is published: ``D/CD``, ``D/UD``, ``P/CP``, ``P/UP``, ``W/CW``, ``W/UW``.

Dorafshan, Thomas, Maguire, Data in Brief 21, 2018: decks, pavements and walls, cracked and
uncracked. A copy with whole words (``Decks/Cracked``, ``Decks/Non-cracked``) is read as well.
7001-115.jpg is patch 115 of photograph 7001. There is no split.
"""

from __future__ import annotations

from pathlib import Path

from inference.training.data.datasets import Dataset, Labelled, pictures_in
from inference.training.data.layouts.layout import Layout
from inference.training.data.layouts.parts import (
    CRACK,
    NO_CRACK,
    dataset_of_labels,
    no_classes,
    subfolders,
)

_SURFACES = {"d": "decks", "p": "pavements", "w": "walls"}


def _recognises(folder: Path) -> bool:
    return bool(_labelled_folders(folder))


def _labelled_folders(folder: Path) -> list[tuple[Path, str]]:
    found = []
    for surface in subfolders(folder):
        name = surface.name.lower()
        letter = name if name in _SURFACES else name[:1] if name in _SURFACES.values() else None
        if letter is None:
            continue
        labels = {f"c{letter}": CRACK, "cracked": CRACK, f"u{letter}": NO_CRACK}
        labels |= {"non-cracked": NO_CRACK, "uncracked": NO_CRACK}
        found += [
            (inside, labels[inside.name.lower()])
            for inside in subfolders(surface)
            if inside.name.lower() in labels
        ]
    return found


def _read(folder: Path, classes: tuple[str, ...] | None) -> Dataset:
    no_classes(classes, folder)
    entries = [
        Labelled(image, label)
        for inside, label in _labelled_folders(folder)
        for image in pictures_in(inside)
    ]
    return dataset_of_labels("sdnet2018", folder, {"all": entries}, source_pattern=r"^\d+")


LAYOUT = Layout(
    title="SDNET2018 (Dorafshan et al. 2018)",
    looks_for="D/CD and D/UD, P/CP and P/UP, W/CW and W/UW",
    recognises=_recognises,
    read=_read,
)
