"""Parts of a data set (train, validation, test) and the names of its classes."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from inference.training.data.datasets import Dataset, Entry, Labelled

# What people call the parts.
PART_NAMES: Mapping[str, tuple[str, ...]] = {
    "train": ("train", "training"),
    "validation": ("validation", "valid", "val"),
    "test": ("test", "testing"),
}

CRACK, NO_CRACK = "crack", "no_crack"

# A class of this name is a crack in one of the languages that labels come in; "uncracked",
# "no crack" and "crack-free" are not.
_CRACK_NAME = re.compile(r"crack|riss|fissur|fiss?ura|grieta|scheur|spr[uø]nge|sprick", re.I)
_NOT_CRACK_NAME = re.compile(
    r"(^|[^a-z])(no|non|not|without|ohne|sans|sin)([^a-z]|$)|uncrack|non-?crack|crack-?free", re.I
)


def part_of(name: str) -> str | None:
    """``train``, ``validation`` or ``test`` of a folder's or list's name; None for others."""
    return next((part for part, names in PART_NAMES.items() if name.lower() in names), None)


def folder_of_part(folder: Path, part: str) -> Path | None:
    """The subfolder of that part by any of its names."""
    return next((each for name in PART_NAMES[part] if (each := folder / name).is_dir()), None)


def subfolders(folder: Path) -> list[Path]:
    """Folders in a folder, sorted, hidden ones left away."""
    return sorted(
        each for each in folder.iterdir() if each.is_dir() and not each.name.startswith(".")
    )


def crack_names(given: Sequence[str] | None, known: Sequence[str], file: Path) -> tuple[str, ...]:
    """The classes that count as crack: those given, else those whose name says crack.

    Raises:
        ValueError: if a given name is not known, or none of the known ones says crack.
    """
    if given:
        return check_names(given, known, file)
    found = tuple(
        name for name in known if _CRACK_NAME.search(name) and not _NOT_CRACK_NAME.search(name)
    )
    if not found:
        raise ValueError(
            f"{file} has the classes {', '.join(known) or '(none)'}; none of them is called a "
            "crack. Say which of them count as crack (classes)."
        )
    return found


def check_names(given: Sequence[str], known: Sequence[str], file: Path) -> tuple[str, ...]:
    """The given names as they are written in ``known``, whatever their case.

    Raises:
        ValueError: naming the one that is not known.
    """
    written = {name.lower(): name for name in known}
    strange = [name for name in given if name.lower() not in written]
    if strange:
        raise ValueError(
            f"{file} knows no class {strange[0]!r}. Its classes are {', '.join(known) or '(none)'}."
        )
    return tuple(written[name.lower()] for name in given)


def no_classes(given: Sequence[str] | None, folder: Path) -> None:
    """For layouts that know nothing but cracks.

    Raises:
        ValueError: if classes are given all the same.
    """
    if given:
        raise ValueError(f"{folder}: there are no classes to choose from in this layout.")


def parts_with_entries(
    layout: str, folder: Path, parts: Mapping[str, Sequence[Entry]]
) -> dict[str, tuple[Entry, ...]]:
    """The parts that hold something.

    Raises:
        ValueError: if none does.
    """
    filled = {part: tuple(entries) for part, entries in parts.items() if entries}
    if not filled:
        raise ValueError(
            f"There are no labelled pictures in {folder} (layout {layout}). "
            "Name the folder that holds them."
        )
    return filled


def dataset_of_labels(
    layout: str,
    folder: Path,
    parts: Mapping[str, Sequence[Entry]],
    source_pattern: str | None = None,
) -> Dataset:
    """A classification data set, its classes found in its entries.

    Raises:
        ValueError: if it is empty, or a part to learn from has one class only.
    """
    filled = parts_with_entries(layout, folder, parts)
    labels = {
        part: {entry.label for entry in entries if isinstance(entry, Labelled)}
        for part, entries in filled.items()
    }
    for part, found in labels.items():
        if part != "test" and len(found) < 2:
            raise ValueError(
                f"{folder} holds pictures of one class only ({', '.join(found)}, part {part}). "
                "Add pictures of another class: what a crack is, is learnt from what is none."
            )
    every = set().union(*labels.values())
    first = [name for name in (NO_CRACK, CRACK) if name in every]
    classes = (*first, *sorted(every - set(first)))
    return Dataset(layout, "classification", filled, classes, source_pattern)
