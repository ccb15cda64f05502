"""Layouts with outlines in annotation files, each on a tiny folder of exactly that layout."""

from __future__ import annotations

import json

import numpy as np
import pytest

from inference.training.data.datasets import read_pair
from inference.training.data.layouts import read_layout
from inference.training.data.layouts.coco import decompress
from tests.inference.training.data.layouts.made_up import CORNERS, CRACK, HEIGHT, WIDTH, picture


def cracks(entries):
    """File name to whether the made-up crack, or nothing, is marked."""
    found = {}
    for pair in entries:
        _, truth = read_pair(pair)
        assert np.array_equal(truth == 255, CRACK) or not truth.any()
        found[pair.image.name] = bool(truth.any())
    return found


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text if isinstance(text, str) else json.dumps(text), encoding="utf-8")


# --- dacl10k


def dacl10k(folder, shapes, part="train"):
    picture(folder / "images" / part / f"dacl10k_v2_{part}_0001.jpg")
    content = {
        "imageWidth": WIDTH,
        "imageHeight": HEIGHT,
        "imageName": f"dacl10k_v2_{part}_0001.jpg",
        "split": part,
        "dacl10k_version": "v2",
        "shapes": shapes,
    }
    write(folder / "annotations" / part / f"dacl10k_v2_{part}_0001.json", content)


def labelme(label, points=CORNERS):
    return {"label": label, "points": points, "shape_type": "polygon"}


def test_dacl10k(tmp_path):
    corner = [(0.0, 0.0), (3.0, 0.0), (3.0, 3.0)]
    dacl10k(tmp_path, [labelme("ACrack"), labelme("Rust", corner)])
    dacl10k(tmp_path, [labelme("Rust", corner)], part="validation")
    picture(tmp_path / "images" / "testdev" / "dacl10k_v2_testdev_0001.jpg")
    dataset = read_layout(tmp_path)
    assert dataset.layout == "dacl10k"
    assert cracks(dataset.parts["train"]) == {"dacl10k_v2_train_0001.jpg": True}
    assert cracks(dataset.parts["validation"]) == {"dacl10k_v2_validation_0001.jpg": False}
    assert not cracks(read_layout(tmp_path, classes=["Wetspot"]).parts["train"]).popitem()[1]


@pytest.mark.parametrize(
    ("shapes", "sentence"),
    [
        ([labelme("Hole")], r"0001\.json knows no class 'Hole'"),
        ([labelme("Crack", [(1.0, 2.0), (3.0, 4.0)])], "no polygon of three or more points"),
        ([{"label": "Crack"}], "lacks imageWidth"),
    ],
)
def test_dacl10k_mistakes_are_named(tmp_path, shapes, sentence):
    dacl10k(tmp_path, shapes)
    with pytest.raises(ValueError, match=sentence):
        read_layout(tmp_path)


def test_an_annotation_for_another_size_is_refused(tmp_path):
    dacl10k(tmp_path, [labelme("Crack")])
    picture(tmp_path / "images" / "train" / "dacl10k_v2_train_0001.jpg", size=(30, 16))
    dataset = read_layout(tmp_path)
    with pytest.raises(ValueError, match=r"0001\.json is 24x16 px, but its picture .* is 30x16"):
        read_pair(dataset.parts["train"][0])


# --- COCO


def column_runs(mask):
    """COCO's plain run lengths: down the columns, background first."""
    flat = mask.T.reshape(-1).astype(int)
    ends = np.flatnonzero(np.diff(flat)) + 1
    counts = np.diff([0, *ends, len(flat)]).tolist()
    return counts if flat[0] == 0 else [0, *counts]


def compress(counts):
    """COCO's string of run lengths (rleToString of the COCO API)."""
    text = ""
    for index, count in enumerate(counts):
        value = count - counts[index - 2] if index > 2 else count
        more = True
        while more:
            bits = value & 0x1F
            value >>= 5
            more = value != (-1 if bits & 0x10 else 0)
            text += chr((bits | 0x20 if more else bits) + 48)
    return text


def coco(segmentation, *, category=2, image=1, **changes):
    flat = [each for corner in CORNERS for each in corner]
    return {
        "info": {},
        "images": [
            {"id": 1, "file_name": "a.jpg", "width": WIDTH, "height": HEIGHT},
            {"id": 7, "file_name": "b.jpg", "width": WIDTH, "height": HEIGHT},
        ],
        "categories": [{"id": 1, "name": "stain"}, {"id": 2, "name": "Crack"}],
        "annotations": [
            {"id": 1, "image_id": image, "category_id": category, "segmentation": segmentation},
            {"id": 2, "image_id": 7, "category_id": 1, "segmentation": [flat]},
        ],
        **changes,
    }


POLYGON = [[each for corner in CORNERS for each in corner]]
# Two pieces that overlap are one crack, not one with a hole.
PIECES = [[4, 6, 14, 6, 14, 9, 4, 9], [10, 6, 20, 6, 20, 9, 10, 9]]
PLAIN_RUNS = {"size": [HEIGHT, WIDTH], "counts": column_runs(CRACK)}
PACKED_RUNS = {"size": [HEIGHT, WIDTH], "counts": compress(column_runs(CRACK))}


@pytest.mark.parametrize("segmentation", [POLYGON, PIECES, PLAIN_RUNS, PACKED_RUNS])
def test_coco_polygons_and_run_lengths(tmp_path, segmentation):
    for name in ("a.jpg", "b.jpg"):
        picture(tmp_path / "images" / name)
    write(tmp_path / "annotations" / "instances_default.json", coco(segmentation))
    dataset = read_layout(tmp_path)
    assert (dataset.layout, dataset.classes) == ("coco", ("Crack",))
    assert cracks(dataset.parts["all"]) == {"a.jpg": True, "b.jpg": False}


def test_coco_parts_by_file_name(tmp_path):
    for part in ("train2017", "val2017"):
        for name in ("a.jpg", "b.jpg"):
            picture(tmp_path / "images" / part / name)
        write(tmp_path / "annotations" / f"instances_{part}.json", coco(POLYGON))
    dataset = read_layout(tmp_path)
    assert list(dataset.parts) == ["train", "validation"]
    assert dataset.parts["validation"][0].image.parent.name == "val2017"


def test_coco_parts_by_folder(tmp_path):
    for part in ("train", "valid"):
        for name in ("a.jpg", "b.jpg"):
            picture(tmp_path / part / name)
        write(tmp_path / part / "_annotations.coco.json", coco(POLYGON))
    dataset = read_layout(tmp_path)
    assert dataset.layout == "coco"
    assert {part: len(entries) for part, entries in dataset.parts.items()} == {
        "train": 2,
        "validation": 2,
    }


def test_packed_run_lengths_as_the_coco_api_writes_them():
    # Lengths of several characters, and differences below zero.
    counts = [5, 1, 700, 20, 3, 100000, 16, 15, 31, 32]
    assert list(decompress(compress(counts))) == counts
    assert list(decompress("52203")) == [5, 2, 2, 2, 5]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (coco([]), "is a box without an outline"),
        (coco(POLYGON, category=9), r"annotation 1 is of category 9.*\(1, 2\)"),
        (coco(POLYGON, image=9), "is of image 9, which is not in the list"),
        (coco([[1, 2, 3]]), "without pairs"),
        (coco({"size": [3, 4], "counts": [12]}), r"size \[3, 4\].* its picture \[16, 24\]"),
        (coco({"size": [HEIGHT, WIDTH], "counts": "o"}), "damaged"),
        (coco(POLYGON, categories=[{"id": 2, "name": "uncracked"}, {"id": 1, "name": "stain"}]),
         "none of them is called a crack"),
        (coco(POLYGON, annotations=3), "lacks images, annotations or categories"),
    ],
)  # fmt: skip
def test_coco_mistakes_are_named(tmp_path, content, sentence):
    for name in ("a.jpg", "b.jpg"):
        picture(tmp_path / name)
    write(tmp_path / "result.json", content)
    with pytest.raises(ValueError, match=sentence) as error:
        read_layout(tmp_path)
    assert "result.json" in str(error.value)


def test_coco_run_lengths_that_do_not_fill_the_picture(tmp_path):
    for name in ("a.jpg", "b.jpg"):
        picture(tmp_path / name)
    write(tmp_path / "result.json", coco({"size": [HEIGHT, WIDTH], "counts": [10, 5]}))
    dataset = read_layout(tmp_path)
    with pytest.raises(ValueError, match=r"result\.json: the run lengths .* add up to 15 px"):
        read_pair(dataset.parts["all"][0])


def test_coco_names_a_picture_that_is_not_there(tmp_path):
    picture(tmp_path / "a.jpg")
    write(tmp_path / "result.json", coco(POLYGON))
    with pytest.raises(ValueError, match=r"result\.json names the picture b\.jpg"):
        read_layout(tmp_path)


# --- YOLO

YOLO_ROW = " ".join(f"{x / WIDTH} {y / HEIGHT}" for x, y in CORNERS)


YOLO_YAML = """
path: .
train: images/train
val: images/val
names:
  0: stain
  1: crack
"""


def yolo(folder, row, yaml=YOLO_YAML):
    for part in ("train", "val"):
        picture(folder / "images" / part / f"{part}_a.jpg")
        picture(folder / "images" / part / f"{part}_b.jpg")
        write(folder / "labels" / part / f"{part}_a.txt", f"{row}\n0 0.1 0.1 0.2 0.1 0.2 0.2\n")
    write(folder / "data.yaml", yaml)


def test_yolo(tmp_path):
    yolo(tmp_path, f"1 {YOLO_ROW}")
    dataset = read_layout(tmp_path)
    assert (dataset.layout, dataset.classes) == ("yolo", ("crack",))
    assert cracks(dataset.parts["train"]) == {"train_a.jpg": True, "train_b.jpg": False}
    assert cracks(dataset.parts["validation"]) == {"val_a.jpg": True, "val_b.jpg": False}


def test_yolo_as_an_exporter_with_folders_of_parts_writes_it(tmp_path):
    picture(tmp_path / "train" / "images" / "a.jpg")
    write(tmp_path / "train" / "labels" / "a.txt", f"0 {YOLO_ROW}\n")
    write(tmp_path / "data.yaml", "train: ../train/images\nval: ../train/images\nnames: [crack]\n")
    dataset = read_layout(tmp_path)
    assert dataset.layout == "yolo"
    assert cracks(dataset.parts["train"]) == {"a.jpg": True}


def test_yolo_with_a_list_of_pictures(tmp_path):
    yolo(tmp_path, f"1 {YOLO_ROW}", "train: train.txt\nval: images/val\nnames: [stain, crack]\n")
    write(tmp_path / "train.txt", "./images/train/train_a.jpg\n")
    assert cracks(read_layout(tmp_path).parts["train"]) == {"train_a.jpg": True}


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        ("1 0.5 0.5 0.2 0.2", r"train_a\.txt, line 1 is a box.*YOLO segmentation"),
        (f"2 {YOLO_ROW}", r"line 1: class 2 is not among the names of data\.yaml \(0 to 1\)"),
        ("1 0.1 0.1 0.2 0.2 0.3", "pairs of x and y between 0 and 1"),
        ("1 12 13 14 15 16 17", "pairs of x and y between 0 and 1"),
        ("crack 0.1 0.2", "expected a class number"),
        ("1 0.1 0.2", "no polygon"),
    ],
)
def test_yolo_mistakes_are_named(tmp_path, row, sentence):
    yolo(tmp_path, row)
    with pytest.raises(ValueError, match=sentence):
        read_layout(tmp_path)


def test_yolo_without_any_label_file(tmp_path):
    picture(tmp_path / "images" / "train" / "a.jpg")
    write(tmp_path / "data.yaml", "train: images/train\nval: images/train\nnames: [crack]\n")
    with pytest.raises(ValueError, match=r"None of the pictures .*labels/train/a\.txt"):
        read_layout(tmp_path)


# --- CVAT


def cvat(folder, shapes, *, name="a.jpg", labels=("crack", "stain")):
    picture(folder / "images" / name)
    tags = "".join(f"<label><name>{each}</name></label>" for each in labels)
    write(
        folder / "annotations.xml",
        f'<?xml version="1.0" encoding="utf-8"?>\n<annotations>\n<version>1.1</version>'
        f"<meta><job><labels>{tags}</labels></job></meta>"
        f'<image id="0" name="{name}" width="{WIDTH}" height="{HEIGHT}">{shapes}</image>'
        "</annotations>",
    )


CVAT_POINTS = ";".join(f"{x:.2f},{y:.2f}" for x, y in CORNERS)


@pytest.mark.parametrize(
    "shape",
    [
        f'<polygon label="crack" source="manual" occluded="0" points="{CVAT_POINTS}" z_order="0"/>',
        # 4 pixels, of which the first is none; the run of background at the end is left away
        '<mask label="crack" rle="1, 16, 1, 16, 1, 16" left="3" top="6" width="17" height="3"/>',
        '<mask label="crack" rle="0, 16, 1, 16, 1, 16" left="4" top="6" width="17" height="3"/>',
    ],
)
def test_cvat(tmp_path, shape):
    stain = '<box label="stain" xtl="0" ytl="0" xbr="3" ybr="3"/>'
    cvat(tmp_path, shape + stain)
    dataset = read_layout(tmp_path)
    assert (dataset.layout, dataset.classes) == ("cvat", ("crack",))
    assert cracks(dataset.parts["all"]) == {"a.jpg": True}


@pytest.mark.parametrize(
    ("attribute", "rows"),
    [("", [6, 7, 8]), ('<attribute name="width_px">1</attribute>', [7])],
)
def test_cvat_polylines_have_a_width(tmp_path, attribute, rows):
    line = f'<polyline label="crack" points="4.5,7.5;19.5,7.5">{attribute}</polyline>'
    cvat(tmp_path, line)
    _, truth = read_pair(read_layout(tmp_path).parts["all"][0])
    assert np.flatnonzero(truth[:, 10]).tolist() == rows
    assert {4, 19} <= set(np.flatnonzero(truth[7]).tolist())


@pytest.mark.parametrize(
    ("shape", "sentence"),
    [
        ('<box label="crack" xtl="0" ytl="0" xbr="3" ybr="3"/>', "draw cracks as polygons"),
        (f'<polygon label="hole" points="{CVAT_POINTS}"/>', "knows no class 'hole'"),
        ('<polygon label="crack" points="1,2;3,4"/>', "three or more points"),
        ('<polyline label="crack" points="1,2"/>', "fewer than two points"),
        ('<mask label="crack" rle="a" left="0" top="0" width="2" height="2"/>', "damaged"),
        ('<mask label="crack" rle="1" left="0" top="0" width="2"/>', "no number in height"),
        ("<polygon", "cannot be read as XML"),
    ],
)
def test_cvat_mistakes_are_named(tmp_path, shape, sentence):
    cvat(tmp_path, shape)
    with pytest.raises(ValueError, match=sentence) as error:
        read_layout(tmp_path)
    assert "annotations.xml" in str(error.value)


def test_cvat_without_its_pictures(tmp_path):
    cvat(tmp_path, "")
    (tmp_path / "images" / "a.jpg").unlink()
    with pytest.raises(ValueError, match=r"names the picture a\.jpg.*Save images"):
        read_layout(tmp_path)


def test_cvat_for_video_is_refused(tmp_path):
    write(tmp_path / "annotations.xml", '<annotations><track id="0" label="crack"/></annotations>')
    with pytest.raises(ValueError, match=r"CVAT for images 1\.1"):
        read_layout(tmp_path)


def test_xml_entities_are_refused(tmp_path):
    write(
        tmp_path / "annotations.xml", '<!DOCTYPE a [<!ENTITY x "y">]>\n<annotations></annotations>'
    )
    with pytest.raises(ValueError, match="declares XML entities"):
        read_layout(tmp_path)
