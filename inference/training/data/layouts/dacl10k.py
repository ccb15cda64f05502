"""dacl10k as it is published: ``images/PART/*.jpg`` and ``annotations/PART/*.json``.

Flotzinger, Rösch, Braml, WACV 2024. The files are labelme's, one a picture, with polygons of
19 classes; the parts are train and validation (testdev has no labels). By default Crack and
ACrack (alligator crack) count as crack.
"""

from __future__ import annotations

from pathlib import Path

from inference.training.data.datasets import Dataset, Pair, pictures_in
from inference.training.data.layouts.json_file import points_of, read_json
from inference.training.data.layouts.layout import Layout
from inference.training.data.layouts.parts import (
    check_names,
    part_of,
    parts_with_entries,
    subfolders,
)
from inference.training.data.outlines import Outlines, Polygon

DEFAULT_CLASSES = ("Crack", "ACrack")

# The names of version 2, and behind them the longer ones that version 1 and the paper use.
CLASSES = (
    *("Crack", "ACrack", "Wetspot", "Efflorescence", "Rust", "Rockpocket", "Hollowareas"),
    *("Cavity", "Spalling", "Graffiti", "Weathering", "Restformwork", "ExposedRebars"),
    *("Bearing", "EJoint", "Drainage", "PEquipment", "JTape", "WConccor"),
    *("Alligator Crack", "Exposed Rebars", "Expansion Joint", "Protective Equipment"),
    *("Joint Tape", "Washouts/Concrete corrosion"),
)


def _recognises(folder: Path) -> bool:
    annotations = folder / "annotations"
    return (folder / "images").is_dir() and any(
        part_of(each.name) and next(each.glob("*.json"), None)
        for each in (subfolders(annotations) if annotations.is_dir() else ())
    )


def _read(folder: Path, classes: tuple[str, ...] | None) -> Dataset:
    for name in ("images", "annotations"):
        if not (folder / name).is_dir():
            raise ValueError(f"There is no folder {folder / name}. dacl10k has both.")
    wanted = check_names(classes, CLASSES, folder) if classes else DEFAULT_CLASSES
    if not classes:
        wanted = (*wanted, "Alligator Crack")
    parts: dict[str, list[Pair]] = {}
    for inside in subfolders(folder / "annotations"):
        part = part_of(inside.name)
        if part is None:
            continue
        images = folder / "images" / inside.name
        if not images.is_dir():
            raise ValueError(f"There is no folder {images} with the pictures of {inside}.")
        image_of = {image.stem: image for image in pictures_in(images)}
        parts.setdefault(part, []).extend(
            _pair(path, image_of, images, wanted) for path in sorted(inside.glob("*.json"))
        )
    filled = parts_with_entries("dacl10k", folder, parts)
    return Dataset("dacl10k", "segmentation", filled, wanted)


def _pair(path: Path, image_of: dict[str, Path], images: Path, wanted: tuple[str, ...]) -> Pair:
    if path.stem not in image_of:
        raise ValueError(
            f"{path} has no picture of its name in {images}. "
            "Add the picture or take the annotation away."
        )
    content = read_json(path)
    try:
        size_px = int(content["imageWidth"]), int(content["imageHeight"])
        shapes = [(str(each["label"]), each["points"]) for each in content["shapes"]]
    except (KeyError, TypeError, ValueError):
        raise ValueError(
            f"{path} lacks imageWidth, imageHeight or shapes with label and points. "
            "Take it from the published archive again."
        ) from None
    check_names([label for label, _ in shapes], CLASSES, path)
    lower = {name.lower() for name in wanted}
    polygons = tuple(
        Polygon(points_of(points, path, f"a {label}"))
        for label, points in shapes
        if label.lower() in lower
    )
    return Pair(image_of[path.stem], Outlines(path, size_px, polygons))


LAYOUT = Layout(
    title="dacl10k (Flotzinger et al. 2024)",
    looks_for="images/train/ and annotations/train/ with one .json a picture",
    recognises=_recognises,
    read=_read,
)
