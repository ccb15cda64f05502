"""S2DS as it is published: ``{train,val,test}/NAME.png`` and ``NAME_lab.png`` of colours.

Benz, Rodehorst, DAGM GCPR 2022: seven classes, of which ``crack`` counts by default.
"""

from __future__ import annotations

from pathlib import Path

from inference.training.data.datasets import Dataset, Pair, pictures_in
from inference.training.data.layouts.layout import Layout
from inference.training.data.layouts.parts import (
    PART_NAMES,
    check_names,
    folder_of_part,
    parts_with_entries,
)
from inference.training.data.masks import Colour, MaskValues

COLOURS: dict[str, Colour] = {
    "background": (0, 0, 0),
    "crack": (255, 255, 255),
    "spalling": (255, 0, 0),
    "corrosion": (255, 255, 0),
    "efflorescence": (0, 255, 255),
    "vegetation": (0, 255, 0),
    "control point": (0, 0, 255),
}
_MARK = "_lab"


def _recognises(folder: Path) -> bool:
    return any(
        inside is not None and next(inside.glob(f"*{_MARK}.png"), None) is not None
        for inside in (folder_of_part(folder, part) for part in PART_NAMES)
    )


def _read(folder: Path, classes: tuple[str, ...] | None) -> Dataset:
    wanted = check_names(classes or ("crack",), tuple(COLOURS), folder)
    values = MaskValues(
        colours=tuple(COLOURS[name] for name in wanted),
        known_colours=tuple(colour for name, colour in COLOURS.items() if name not in wanted),
    )
    parts = {}
    for part in PART_NAMES:
        inside = folder_of_part(folder, part)
        if inside is not None:
            parts[part] = _pairs(inside, values)
    filled = parts_with_entries("s2ds", folder, parts)
    return Dataset("s2ds", "segmentation", filled, wanted)


def _pairs(inside: Path, values: MaskValues) -> list[Pair]:
    files = pictures_in(inside)
    masks = {file.stem.removesuffix(_MARK): file for file in files if file.stem.endswith(_MARK)}
    images = [file for file in files if not file.stem.endswith(_MARK)]
    without = [image for image in images if image.stem not in masks]
    if without:
        raise ValueError(
            f"{without[0]} has no {without[0].stem}{_MARK}.png beside it. "
            "Add its mask or take the picture away."
        )
    return [Pair(image, masks[image.stem], values) for image in images]


LAYOUT = Layout(
    title="S2DS, Structural Defects Dataset (Benz, Rodehorst 2022)",
    looks_for="train/, val/, test/ with NAME.png and NAME_lab.png",
    recognises=_recognises,
    read=_read,
)
