"""COCO instance segmentation: a JSON with images, annotations and categories, and pictures.

Polygons and run lengths, plain or compressed (Lin et al., ECCV 2014; the format of the COCO
API). The JSON lies in ``annotations/``, beside the pictures of a part
(``train/_annotations.coco.json``), or beside ``images/``; its own name or its folder's says
which part it is. By default the categories called crack (in any of several languages) count.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from inference.training.data.datasets import Dataset, Pair
from inference.training.data.layouts.json_file import points_of, read_json
from inference.training.data.layouts.layout import Layout
from inference.training.data.layouts.parts import (
    check_names,
    crack_names,
    part_of,
    parts_with_entries,
    subfolders,
)
from inference.training.data.outlines import Outlines, Polygon, Runs, Shape

_KEYS = ("images", "annotations", "categories")
_HEAD_BYTES = 1 << 16


def _recognises(folder: Path) -> bool:
    return any(_looks_like_coco(path) for path in _candidates(folder))


def _candidates(folder: Path) -> list[Path]:
    places = [folder, folder / "annotations"]
    places += [each for each in subfolders(folder) if part_of(each.name)]
    return [path for place in places if place.is_dir() for path in sorted(place.glob("*.json"))]


def _looks_like_coco(path: Path) -> bool:
    """By the beginning and the end of the file: the keys come in any order."""
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD_BYTES)
            file.seek(max(0, path.stat().st_size - _HEAD_BYTES))
            tail = file.read()
    except OSError:
        return False
    ends = head + tail
    return b'"images"' in ends and (b'"categories"' in ends or b'"annotations"' in ends)


def _read(folder: Path, classes: tuple[str, ...] | None) -> Dataset:
    parts: dict[str, list[Pair]] = {}
    wanted: tuple[str, ...] = ()
    for path in _candidates(folder):
        if not _looks_like_coco(path):
            continue
        content = read_json(path)
        if not isinstance(content, dict) or not all(
            isinstance(content.get(key), list) for key in _KEYS
        ):
            raise ValueError(
                f"{path} lacks images, annotations or categories. "
                "Export it as COCO with instances (not captions or key points)."
            )
        pairs, names = _pairs(path, content, folder, classes)
        parts.setdefault(_part(path), []).extend(pairs)
        wanted = tuple(dict.fromkeys((*wanted, *names)))
    filled = parts_with_entries("coco", folder, parts)
    return Dataset("coco", "segmentation", filled, wanted)


def _part(path: Path) -> str:
    """By a word of the file's name (instances_train2017.json), else by its folder."""
    words = re.findall(r"[a-z]+", path.stem.lower())
    return next((part for word in (*words, path.parent.name) if (part := part_of(word))), "all")


def _pairs(
    path: Path, content: Mapping[str, Any], folder: Path, classes: tuple[str, ...] | None
) -> tuple[list[Pair], tuple[str, ...]]:
    try:
        name_of = {each["id"]: str(each["name"]) for each in content["categories"]}
        images = {
            each["id"]: (str(each["file_name"]), (int(each["width"]), int(each["height"])))
            for each in content["images"]
        }
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(
            f"{path}: a category without id or name, or an image without id, file_name, width "
            "or height. Export it again."
        ) from error
    known = tuple(dict.fromkeys(name_of.values()))
    wanted = check_names(classes, known, path) if classes else crack_names(None, known, path)
    shapes: dict[Any, list[Shape]] = {each: [] for each in images}
    for annotation in content["annotations"]:
        try:
            image, category = annotation["image_id"], annotation["category_id"]
            number = annotation.get("id", "?")
        except (KeyError, TypeError, AttributeError):
            raise ValueError(f"{path}: an annotation without image_id or category_id.") from None
        if category not in name_of:
            raise ValueError(
                f"{path}: annotation {number} is of category {category}, which is not in the "
                f"list of categories ({', '.join(map(str, name_of))}). Export it again."
            )
        if image not in images:
            raise ValueError(
                f"{path}: annotation {number} is of image {image}, which is not in the list of "
                "images. Export it again."
            )
        if name_of[category] in wanted:
            what = f"annotation {number} of {images[image][0]}"
            segmentation = annotation.get("segmentation")
            shapes[image] += _shapes(segmentation, images[image][1], path, what)
    pairs = [
        Pair(_picture(name, path, folder), Outlines(path, size_px, tuple(shapes[image])))
        for image, (name, size_px) in images.items()
    ]
    return sorted(pairs, key=lambda pair: pair.image), wanted


def _picture(name: str, path: Path, folder: Path) -> Path:
    """The picture of a file_name, wherever exporters put it."""
    # Label Studio writes ..\\images\\a.jpg on one system and images/a.jpg on another.
    relative = Path(*[word for word in re.split(r"[\\/]", name) if word not in {"", ".", ".."}])
    set_name = path.stem.rpartition("_")[2]  # instances_train2017 -> train2017
    parents = (
        path.parent,
        path.parent / "images",
        folder,
        folder / "images",
        folder / "images" / set_name,
        folder / set_name,
        folder / set_name / "images",
    )
    for parent in parents:
        for candidate in (parent / relative, parent / relative.name):
            if candidate.is_file():
                return candidate
    raise ValueError(
        f"{path} names the picture {name}, which is neither beside it nor in {folder / 'images'}. "
        "Put the pictures there, or export them together with the annotations."
    )


def _shapes(segmentation: Any, size_px: tuple[int, int], path: Path, what: str) -> list[Shape]:
    if not segmentation:
        raise ValueError(
            f"{path}: {what} is a box without an outline. A mask cannot be made of a box: "
            "export polygons or masks."
        )
    if isinstance(segmentation, dict):
        return [_runs(segmentation, size_px, path, what)]
    polygons: list[Shape] = []
    for ring in segmentation:
        if not isinstance(ring, list) or len(ring) % 2:
            raise ValueError(f"{path}: {what} has a polygon without pairs of x and y.")
        polygons.append(Polygon(points_of(zip(ring[::2], ring[1::2], strict=True), path, what)))
    return polygons


def _runs(segmentation: Mapping[str, Any], size_px: tuple[int, int], path: Path, what: str) -> Runs:
    counts, size = segmentation.get("counts"), segmentation.get("size")
    if size != [size_px[1], size_px[0]]:
        raise ValueError(
            f"{path}: the mask of {what} has the size {size} (height, width), but its picture "
            f"{[size_px[1], size_px[0]]}. Export it again."
        )
    try:
        runs = (
            decompress(counts) if isinstance(counts, str) else [int(each) for each in counts or ()]
        )
    except (TypeError, ValueError, IndexError):
        raise ValueError(
            f"{path}: the run lengths of {what} are damaged. Export it again."
        ) from None
    return Runs(tuple(runs), (0, 0, *size_px), by_column=True)


def decompress(text: str) -> Sequence[int]:
    """Run lengths from COCO's string of them (``rleFrString`` of the COCO API).

    Six bits a character from "0" on: five of value, low ones first, and "more follow"; the
    last one's top bit is the sign. From the fourth on, each is the difference to the one two
    before.

    Raises:
        IndexError: if the text breaks off.
    """
    runs: list[int] = []
    position = 0
    while position < len(text):
        value, shift, more = 0, 0, True
        while more:
            bits = ord(text[position]) - 48
            value |= (bits & 0x1F) << shift
            shift += 5
            position += 1
            more = bool(bits & 0x20)
            if not more and bits & 0x10:
                value |= -1 << shift
        runs.append(value + runs[-2] if len(runs) > 2 else value)
    return runs


LAYOUT = Layout(
    title="COCO instance segmentation",
    looks_for="a .json with images, annotations and categories, here, in annotations/ or train/",
    recognises=_recognises,
    read=_read,
)
