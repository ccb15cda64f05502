"""Pascal VOC segmentation: ``JPEGImages/``, ``SegmentationClass/*.png``, ``ImageSets/``.

Everingham et al., IJCV 2010. ``ImageSets/Segmentation/{train,val,test}.txt`` give the parts;
without them every mask is read. The classes come from ``labelmap.txt`` (name and colour a
line, as CVAT writes) or ``class_names.txt`` (one a line from 0, as labelme2voc writes);
without either, 1 is crack and ``classes`` may be numbers. Index 255 and its colour are the
"not labelled" border and count as no crack.
"""

from __future__ import annotations

from pathlib import Path

from inference.training.data.datasets import Dataset, Pair, pictures_in
from inference.training.data.layouts.layout import Layout
from inference.training.data.layouts.parts import crack_names, part_of, parts_with_entries
from inference.training.data.masks import Colour, MaskValues

_BACKGROUND = frozenset({"background", "_background_"})
_BORDER: Colour = (224, 224, 192)


def _recognises(folder: Path) -> bool:
    boxes = folder / "Annotations"
    return (folder / "SegmentationClass").is_dir() or (
        (folder / "JPEGImages").is_dir() and boxes.is_dir() and any(boxes.glob("*.xml"))
    )


def _read(folder: Path, classes: tuple[str, ...] | None) -> Dataset:
    masks = folder / "SegmentationClass"
    if not masks.is_dir():
        raise ValueError(
            f"{folder} has boxes (Annotations/*.xml) but no SegmentationClass/. A mask cannot be "
            "made of a box: export segmentation masks."
        )
    if not (folder / "JPEGImages").is_dir():
        raise ValueError(
            f"There is no folder {folder / 'JPEGImages'}. Export the annotations together with "
            "the pictures."
        )
    values, wanted = _values(folder, classes)
    image_of = {image.stem: image for image in pictures_in(folder / "JPEGImages")}
    mask_of = {mask.stem: mask for mask in pictures_in(masks)}
    parts: dict[str, list[Pair]] = {}
    for part, stems, source in _stems(folder, sorted(mask_of)):
        for stem in stems:
            if stem not in image_of or stem not in mask_of:
                missing = "JPEGImages" if stem not in image_of else "SegmentationClass"
                raise ValueError(
                    f"{source} names {stem}, which is not in {folder / missing}. "
                    "Add the file or take the name away."
                )
            parts.setdefault(part, []).append(Pair(image_of[stem], mask_of[stem], values))
    filled = parts_with_entries("pascal_voc", folder, parts)
    return Dataset("pascal_voc", "segmentation", filled, wanted)


def _stems(folder: Path, masks: list[str]) -> list[tuple[str, list[str], Path]]:
    """Part, stems and where they are listed."""
    lists = sorted((folder / "ImageSets" / "Segmentation").glob("*.txt"))
    found = []
    for path in lists:
        part = part_of(path.stem)
        if part:
            # Masks may come with a path in front, and lists of classes with a 1 or -1 behind.
            lines = path.read_text(encoding="utf-8").splitlines()
            found.append((part, [line.split()[0] for line in lines if line.strip()], path))
    return found or [("all", masks, folder / "SegmentationClass")]


def _values(folder: Path, classes: tuple[str, ...] | None) -> tuple[MaskValues, tuple[str, ...]]:
    colour_file = folder / "labelmap.txt"
    if colour_file.is_file():
        colours = _colours(colour_file)
        names = tuple(name for name in colours if name.lower() not in _BACKGROUND)
        wanted = crack_names(classes, names, colour_file)
        others = [colour for name, colour in colours.items() if name not in wanted]
        if (0, 0, 0) not in others:
            others.append((0, 0, 0))
        return (
            MaskValues(
                colours=tuple(colours[name] for name in wanted),
                known_colours=(*others, _BORDER),
            ),
            wanted,
        )
    for name in ("class_names.txt", "labels.txt"):
        path = folder / name
        if path.is_file():
            lines = path.read_text(encoding="utf-8").splitlines()
            names = tuple(
                line.strip() for line in lines if line.strip() and line.strip() != "__ignore__"
            )
            wanted = crack_names(classes, names, path)
            ids = tuple(names.index(each) for each in wanted)
            return MaskValues(ids=ids, known_ids=tuple(range(len(names)))), wanted
    return _by_number(folder, classes)


def _by_number(folder: Path, classes: tuple[str, ...] | None) -> tuple[MaskValues, tuple[str, ...]]:
    if not classes:
        return MaskValues(ids=(1,), known_ids=(0, 1)), ("crack",)
    if not all(name.isdigit() and 0 < int(name) < 255 for name in classes):
        raise ValueError(
            f"{folder} has neither labelmap.txt nor class_names.txt, so its classes have no "
            "names. Add one of these files, or give the classes as numbers from 1 to 254."
        )
    return MaskValues(ids=tuple(int(name) for name in classes)), classes


def _colours(path: Path) -> dict[str, Colour]:
    """``name:r,g,b:parts:actions`` a line."""
    colours: dict[str, Colour] = {}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        name, _, rest = line.partition(":")
        try:
            red, green, blue = (int(each) for each in rest.split(":")[0].split(","))
        except ValueError:
            raise ValueError(
                f"{path}, line {number}: expected NAME:RED,GREEN,BLUE:: and not {line!r}."
            ) from None
        colours[name.strip()] = (red, green, blue)
    return colours


LAYOUT = Layout(
    title="Pascal VOC segmentation",
    looks_for="JPEGImages/ and SegmentationClass/",
    recognises=_recognises,
    read=_read,
)
