"""CVAT for images 1.1: ``annotations.xml`` and the pictures, mostly in ``images/``.

Polygons, masks (run lengths along the rows of their own box) and polylines. A polyline is a
crack's centreline; it is drawn as wide as its attribute ``width_px`` (or ``width``) says, or
3 px. By default the labels called crack (in any of several languages) count. Boxes, ellipses
and points of such labels are refused. Subsets named after parts become the parts.
"""

from __future__ import annotations

from pathlib import Path
from xml.etree.ElementTree import Element

from inference.training.data.datasets import Dataset, Pair
from inference.training.data.layouts.json_file import points_of
from inference.training.data.layouts.layout import Layout
from inference.training.data.layouts.parts import (
    check_names,
    crack_names,
    part_of,
    parts_with_entries,
)
from inference.training.data.layouts.xml_file import number, read_xml
from inference.training.data.outlines import Line, Outlines, Point, Polygon, Runs, Shape

LINE_WIDTH_PX = 3.0
_WIDTH_ATTRIBUTES = frozenset({"width_px", "width", "thickness"})
_OTHER_SHAPES = frozenset({"box", "ellipse", "points", "cuboid", "skeleton"})


def _recognises(folder: Path) -> bool:
    return _file(folder) is not None


def _file(folder: Path) -> Path | None:
    for path in sorted(folder.glob("*.xml"), key=lambda each: each.name != "annotations.xml"):
        with path.open("rb") as file:
            if b"<annotations>" in file.read(4096):
                return path
    return None


def _read(folder: Path, classes: tuple[str, ...] | None) -> Dataset:
    path = _file(folder)
    if path is None:
        raise ValueError(f"There is no annotations.xml of CVAT in {folder}.")
    root = read_xml(path)
    if root.find("track") is not None:
        raise ValueError(
            f"{path} is an export for video. Export the task as 'CVAT for images 1.1'."
        )
    labels = tuple(
        dict.fromkeys(name.text or "" for name in root.findall("meta//labels/label/name"))
    )
    images = root.findall("image")
    known = labels or tuple(
        dict.fromkeys(
            shape.attrib["label"] for image in images for shape in image if "label" in shape.attrib
        )
    )
    wanted = crack_names(classes, known, path)
    parts: dict[str, list[Pair]] = {}
    for image in images:
        part = part_of(image.attrib.get("subset", "")) or "all"
        parts.setdefault(part, []).append(_pair(image, path, known, wanted))
    filled = parts_with_entries("cvat", folder, parts)
    return Dataset("cvat", "segmentation", filled, wanted)


def _pair(image: Element, path: Path, known: tuple[str, ...], wanted: tuple[str, ...]) -> Pair:
    name = image.attrib.get("name", "")
    size_px = int(number(image, "width", path)), int(number(image, "height", path))
    shapes = []
    for each in image:
        label = each.attrib.get("label")
        if label is None or each.tag == "tag":
            continue
        check_names([label], known, path)
        if label in wanted:
            shapes.append(_shape(each, path, name))
    return Pair(_picture(image, path), Outlines(path, size_px, tuple(shapes)))


def _picture(image: Element, path: Path) -> Path:
    name, subset = image.attrib.get("name", ""), image.attrib.get("subset", "")
    here = path.parent
    places = (here / "images", here / "images" / subset, here, here / subset)
    found = next((place / name for place in places if name and (place / name).is_file()), None)
    if found is None:
        raise ValueError(
            f"{path} names the picture {name or '(none)'}, which is not in {here / 'images'}. "
            "Export the task together with its pictures ('Save images')."
        )
    return found


def _shape(each: Element, path: Path, name: str) -> Shape:
    if each.tag == "polygon":
        return Polygon(points_of(_points(each), path, f"a polygon in {name}"))
    if each.tag == "polyline":
        points = tuple((float(x), float(y)) for x, y in _numbers(each, path, name))
        return Line(points, _width(each, path, name))
    if each.tag == "mask":
        return _runs(each, path, name)
    if each.tag in _OTHER_SHAPES:
        raise ValueError(
            f"{path}: {name} has a {each.attrib['label']} as <{each.tag}>. A mask cannot be made "
            "of that: draw cracks as polygons, polylines or masks."
        )
    raise ValueError(f"{path}: {name} has a shape <{each.tag}>, which is not known here.")


def _points(each: Element) -> list[list[str]]:
    return [pair.split(",") for pair in each.attrib.get("points", "").split(";") if pair]


def _numbers(each: Element, path: Path, name: str) -> list[Point]:
    try:
        points = [(float(x), float(y)) for x, y in _points(each)]
    except ValueError:
        points = []
    if len(points) < 2:
        raise ValueError(f"{path}: a polyline in {name} has fewer than two points.")
    return points


def _width(each: Element, path: Path, name: str) -> float:
    for attribute in each.findall("attribute"):
        if attribute.attrib.get("name", "").lower() in _WIDTH_ATTRIBUTES:
            try:
                width_px = float(attribute.text or "")
            except ValueError:
                width_px = 0.0
            if not 0 < width_px < 1000:
                raise ValueError(
                    f"{path}: a polyline in {name} is {attribute.text!r} wide. "
                    "Give its width as a number of pixels."
                )
            return width_px
    return LINE_WIDTH_PX


def _runs(each: Element, path: Path, name: str) -> Runs:
    left, top, width, height = (
        int(number(each, side, path)) for side in ("left", "top", "width", "height")
    )
    try:
        counts = [int(word) for word in each.attrib.get("rle", "").split(",")]
    except ValueError:
        raise ValueError(f"{path}: the run lengths of a mask in {name} are damaged.") from None
    rest = width * height - sum(counts)
    if rest > 0:  # background behind the last run may be left away
        counts += [rest] if len(counts) % 2 == 0 else [0, rest]
    return Runs(tuple(counts), (left, top, width, height), by_column=False)


LAYOUT = Layout(
    title="CVAT for images 1.1",
    looks_for="annotations.xml of CVAT and images/",
    recognises=_recognises,
    read=_read,
)
