"""YOLO segmentation: ``data.yaml``, ``images/…`` and ``labels/….txt`` with polygons.

Each row of a label file is a class number and x y pairs, as shares of the upright picture's
width and height. A picture without label file shows nothing of the classes. By default the
classes called crack (in any of several languages) count. Rows of boxes (four numbers) are
refused: a crack's box is mostly wall.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from inference.training.data.datasets import Dataset, Pair, pictures_in
from inference.training.data.layouts.json_file import points_of
from inference.training.data.layouts.layout import Layout
from inference.training.data.layouts.parts import PART_NAMES, crack_names, parts_with_entries
from inference.training.data.outlines import Outlines, Polygon
from inference.training.data.pictures import PICTURE_SUFFIXES, upright_size

_OUTSIDE = 0.01  # share of the side that a point may lie outside by rounding


def _recognises(folder: Path) -> bool:
    return _description(folder) is not None


def _description(folder: Path) -> tuple[Path, Mapping[str, Any]] | None:
    """The YAML file that names classes and parts, preferably data.yaml."""
    files = sorted(
        (*folder.glob("*.yaml"), *folder.glob("*.yml")), key=lambda path: path.stem != "data"
    )
    for path in files:
        try:
            content = yaml.safe_load(path.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, yaml.YAMLError):
            continue
        if isinstance(content, dict) and "names" in content and {"train", "val"} & set(content):
            return path, content
    return None


def _read(folder: Path, classes: tuple[str, ...] | None) -> Dataset:
    described = _description(folder)
    if described is None:
        raise ValueError(f"There is no .yaml in {folder} with names, train and val.")
    path, content = described
    names = _names(content["names"], path)
    wanted = crack_names(classes, tuple(names.values()), path)
    crack_ids = {number for number, name in names.items() if name in wanted}
    parts: dict[str, list[Pair]] = {}
    for part, keys in PART_NAMES.items():
        given = next((content[key] for key in keys if content.get(key)), None)
        for place in given if isinstance(given, list) else [given] if given else []:
            found = [
                _pair(image, names, crack_ids, path) for image in _images(str(place), content, path)
            ]
            parts.setdefault(part, []).extend(found)
    filled = parts_with_entries("yolo", folder, parts)
    if not any(_labels_of(pair.image).is_file() for pairs in parts.values() for pair in pairs):
        example = next(pair.image for pairs in parts.values() for pair in pairs)
        raise ValueError(
            f"None of the pictures of {path} has a label file; {example} would have "
            f"{_labels_of(example)}. Put the labels folder beside the images folder."
        )
    return Dataset("yolo", "segmentation", filled, wanted)


def _names(given: Any, path: Path) -> dict[int, str]:
    try:
        pairs = given.items() if isinstance(given, dict) else enumerate(given)
        names = {int(number): str(name) for number, name in pairs}
    except (TypeError, ValueError):
        names = {}
    if not names:
        raise ValueError(f"{path}: names is neither a list nor a table of class names.")
    return names


def _images(place: str, content: Mapping[str, Any], path: Path) -> list[Path]:
    """Pictures of a part: a folder of them, or a text file that lists them."""
    here = path.parent
    root = Path(str(content.get("path") or ""))
    # Exporters write ../train/images for what lies beside the YAML file.
    inside = Path(*[word for word in Path(place).parts if word != ".."])
    places = (here / root / place, here / place, here / inside)
    found = next((each.resolve() for each in places if each.exists()), None)
    if found is None:
        raise ValueError(f"{path} names {place}, which is not there. Correct the path in it.")
    if found.is_dir():
        return sorted(
            image
            for each in (found, *(sub for sub in found.rglob("*") if sub.is_dir()))
            for image in pictures_in(each)
        )
    listed = []
    for line in found.read_text(encoding="utf-8").split("\n"):
        if not line.strip():
            continue
        word = Path(line.strip())
        image = next((e for e in (found.parent / word, here / root / word) if e.is_file()), None)
        if image is None:
            raise ValueError(f"{found} names {word}, which is not there. Correct the list.")
        if image.suffix.lower() in PICTURE_SUFFIXES:
            listed.append(image)
    return listed


def _labels_of(image: Path) -> Path:
    """…/images/… -> …/labels/….txt, by the last folder of that name."""
    folders = list(image.parent.parts)
    if "images" in folders:
        last = len(folders) - 1 - folders[::-1].index("images")
        folders[last] = "labels"
    return Path(*folders) / f"{image.stem}.txt"


def _pair(image: Path, names: Mapping[int, str], crack_ids: set[int], yaml_path: Path) -> Pair:
    labels = _labels_of(image)
    size_px = upright_size(image)
    polygons = []
    if labels.is_file():
        for number, row in enumerate(labels.read_text(encoding="utf-8").splitlines(), 1):
            if row.strip():
                polygon = _polygon(row.split(), f"{labels}, line {number}", names, yaml_path)
                if polygon[0] in crack_ids:
                    polygons.append(_in_pixels(polygon[1], size_px, labels, number))
    return Pair(image, Outlines(labels, size_px, tuple(polygons)))


def _polygon(
    words: list[str], where: str, names: Mapping[int, str], yaml_path: Path
) -> tuple[int, list[float]]:
    try:
        kind, numbers = int(words[0]), [float(word) for word in words[1:]]
    except ValueError:
        raise ValueError(f"{where}: expected a class number and coordinates.") from None
    if kind not in names:
        raise ValueError(
            f"{where}: class {kind} is not among the names of {yaml_path.name} "
            f"(0 to {max(names)}). Correct the number or the list of names."
        )
    if len(numbers) == 4:
        raise ValueError(
            f"{where} is a box. A mask cannot be made of a box: export the labels as "
            "YOLO segmentation (polygons)."
        )
    if len(numbers) % 2 or any(not -_OUTSIDE <= each <= 1 + _OUTSIDE for each in numbers):
        raise ValueError(
            f"{where}: a polygon has pairs of x and y between 0 and 1. Export the labels again."
        )
    return kind, numbers


def _in_pixels(
    numbers: list[float], size_px: tuple[int, int], labels: Path, number: int
) -> Polygon:
    width, height = size_px
    pairs = zip(numbers[::2], numbers[1::2], strict=True)
    scaled = ((x * width, y * height) for x, y in pairs)
    return Polygon(points_of(scaled, labels, f"line {number}"))


LAYOUT = Layout(
    title="YOLO segmentation",
    looks_for="a data.yaml with names, train and val",
    recognises=_recognises,
    read=_read,
)
