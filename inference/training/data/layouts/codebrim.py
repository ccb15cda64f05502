"""CODEBRIM's classification sets as published, the plain and the balanced one.

Mundt et al., CVPR 2019: ``{train,val,test}/{background,defects}/CROP.png`` and
``metadata/{background,defects}.xml``, in which each crop has a 0 or 1 for every class: a crop
may show several. It is a ``crack`` if it shows one of the given classes (by default Crack),
else ``no_crack``. The balanced set repeats crops as ``CROP_-_2.png``. The photograph of a
crop is in its name: image_0000005_crop_0000001.
"""

from __future__ import annotations

import re
from pathlib import Path

from inference.training.data.datasets import Dataset, Labelled, pictures_in
from inference.training.data.layouts.layout import Layout
from inference.training.data.layouts.parts import (
    CRACK,
    NO_CRACK,
    PART_NAMES,
    check_names,
    dataset_of_labels,
    folder_of_part,
)
from inference.training.data.layouts.xml_file import read_xml

CLASSES = ("Background", "Crack", "Spallation", "Efflorescence", "ExposedBars", "CorrosionStain")
_KINDS = ("background", "defects")
_NESTED = ("classification_dataset", "classification_dataset_balanced")
_REPEAT = re.compile(r"_-_\d+$")


def _root(folder: Path) -> Path | None:
    """The folder itself, or the one that its archive unpacks into."""
    for each in (folder, *(folder / name for name in _NESTED)):
        if any((each / "metadata" / f"{kind}.xml").is_file() for kind in _KINDS):
            return each
    return None


def _recognises(folder: Path) -> bool:
    return _root(folder) is not None


def _read(folder: Path, classes: tuple[str, ...] | None) -> Dataset:
    root = _root(folder)
    if root is None:
        raise ValueError(f"There is no metadata/defects.xml in {folder}.")
    wanted = check_names(classes or ("Crack",), CLASSES, folder)
    shown = {kind: _shown(root / "metadata" / f"{kind}.xml") for kind in _KINDS}
    parts: dict[str, list[Labelled]] = {}
    for part in PART_NAMES:
        inside = folder_of_part(root, part)
        for kind in _KINDS:
            if inside is None or not (inside / kind).is_dir():
                continue
            for image in pictures_in(inside / kind):
                name = f"{_REPEAT.sub('', image.stem)}{image.suffix}"
                if name not in shown[kind]:
                    raise ValueError(
                        f"{image} is not in {root / 'metadata' / f'{kind}.xml'}. "
                        "Take both from the published archive."
                    )
                is_crack = not shown[kind][name].isdisjoint(wanted)
                parts.setdefault(part, []).append(Labelled(image, CRACK if is_crack else NO_CRACK))
    return dataset_of_labels("codebrim", folder, parts, source_pattern=r"image_\d+")


def _shown(path: Path) -> dict[str, frozenset[str]]:
    """Crop to the classes that it shows."""
    if not path.is_file():
        return {}
    shown = {}
    for crop in read_xml(path):
        name = next(iter(crop.attrib.values()), None)
        if name is None:
            raise ValueError(
                f"{path}: a <{crop.tag}> names no crop. Take it from the archive again."
            )
        check_names([each.tag for each in crop], CLASSES, path)
        shown[name] = frozenset(each.tag for each in crop if (each.text or "").strip() == "1")
    return shown


LAYOUT = Layout(
    title="CODEBRIM, classification sets (Mundt et al. 2019)",
    looks_for="train/, val/, test/ with background/ and defects/, and metadata/defects.xml",
    recognises=_recognises,
    read=_read,
)
