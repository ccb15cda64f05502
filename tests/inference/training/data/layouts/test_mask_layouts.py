"""Layouts with a mask file for every picture, each on a tiny folder of exactly that layout."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from PIL import Image
from scipy.io import savemat

from inference.training.data.datasets import read_pair, source_of
from inference.training.data.layouts import read_layout
from tests.inference.training.data.layouts.made_up import CRACK, mask, picture


def names(dataset):
    return {part: [e.image.name for e in entries] for part, entries in dataset.parts.items()}


def assert_cracks(dataset):
    """Every picture of the data set has the made-up crack and nothing else."""
    for entries in dataset.parts.values():
        for pair in entries:
            pixels, truth = read_pair(pair)
            assert pixels.shape[:2] == truth.shape
            assert np.array_equal(truth == 255, CRACK)
            assert set(np.unique(truth)) == {0, 255}


def test_our_folders(tmp_path):
    for part in ("train", "val", "test"):
        picture(tmp_path / part / "images" / "a.jpg")
        mask(tmp_path / part / "masks" / "a.png")
    dataset = read_layout(tmp_path)
    assert (dataset.layout, dataset.task) == ("folders", "segmentation")
    assert list(dataset.parts) == ["train", "validation", "test"]
    assert_cracks(dataset)


def test_our_folders_without_a_split(tmp_path):
    picture(tmp_path / "images" / "a.jpg")
    mask(tmp_path / "masks" / "a.png")
    assert names(read_layout(tmp_path)) == {"all": ["a.jpg"]}


def test_deepcrack(tmp_path):
    for part, stems in {"train": ["11289-1", "11111"], "test": ["11125-4"]}.items():
        for stem in stems:
            picture(tmp_path / f"{part}_img" / f"{stem}.jpg")
            mask(tmp_path / f"{part}_lab" / f"{stem}.png")
    dataset = read_layout(tmp_path)
    assert dataset.layout == "deepcrack"
    assert names(dataset) == {"train": ["11111.jpg", "11289-1.jpg"], "test": ["11125-4.jpg"]}
    assert source_of("11289-1", dataset.source_pattern) == "11289"
    assert_cracks(dataset)


def test_crack500_photographs_in_folders_that_hold_themselves(tmp_path):
    for part in ("train", "val", "test"):
        inside = tmp_path / f"{part}data" / f"{part}data"
        picture(inside / "20160222_081011.jpg")
        mask(inside / "20160222_081011_mask.png")
    dataset = read_layout(tmp_path)
    assert dataset.layout == "crack500"
    assert list(dataset.parts) == ["train", "validation", "test"]
    assert_cracks(dataset)


def test_crack500_crops_by_their_lists(tmp_path):
    inside = tmp_path / "traincrop"
    for stem in ("20160222_081011_1_361", "20160222_081011_641_361", "20160222_090000_1_1"):
        picture(inside / f"{stem}.jpg")
        mask(inside / f"{stem}.png")
    lines = [f"traincrop/{stem}.jpg traincrop/{stem}.png" for stem in ("20160222_081011_1_361",)]
    (tmp_path / "train.txt").write_text("\n".join(lines), encoding="utf-8")
    dataset = read_layout(tmp_path)
    assert names(dataset) == {"train": ["20160222_081011_1_361.jpg"]}
    assert source_of("20160222_081011_1_361", dataset.source_pattern) == "20160222_081011"
    assert_cracks(dataset)
    (tmp_path / "train.txt").unlink()
    assert len(read_layout(tmp_path).parts["train"]) == 3


def test_crack500_names_what_a_list_lacks(tmp_path):
    picture(tmp_path / "traincrop" / "a.jpg")
    line = "traincrop/a.jpg traincrop/a.png"
    (tmp_path / "train.txt").write_text(line, encoding="utf-8")
    with pytest.raises(ValueError, match=r"train\.txt, line 1 names traincrop/a\.png"):
        read_layout(tmp_path)


def test_cfd_reads_matlab_and_leaves_unlabelled_pictures_away(tmp_path):
    for stem in ("001", "002", "119"):
        picture(tmp_path / "image" / f"{stem}.jpg")
    (tmp_path / "groundTruth").mkdir()
    for stem, crack_id in (("001", 2), ("002", 3)):
        truth = {
            "Segmentation": np.where(CRACK, crack_id, 1).astype(np.uint16),
            "Boundaries": np.zeros(CRACK.shape, np.uint8),
        }
        savemat(tmp_path / "groundTruth" / f"{stem}.mat", {"groundTruth": truth})
    dataset = read_layout(tmp_path)
    assert dataset.layout == "cfd"
    assert names(dataset) == {"all": ["001.jpg", "002.jpg"]}
    assert_cracks(dataset)


def test_a_damaged_matlab_file_is_named(tmp_path):
    picture(tmp_path / "image" / "001.jpg")
    (tmp_path / "groundTruth").mkdir()
    (tmp_path / "groundTruth" / "001.mat").write_bytes(b"nothing of that kind")
    dataset = read_layout(tmp_path)
    with pytest.raises(ValueError, match=r"001\.mat cannot be read as a MATLAB file"):
        read_pair(dataset.parts["all"][0])


def coloured(crack_colour, other_colour):
    """(H, W, 3) BGR: the crack, and spalling in the lowest rows."""
    values = np.zeros((*CRACK.shape, 3), np.uint8)
    values[CRACK] = crack_colour[::-1]
    values[12:] = other_colour[::-1]
    return values


def test_s2ds_colours(tmp_path):
    for part in ("train", "val", "test"):
        picture(tmp_path / part / "100.png")
        mask(tmp_path / part / "100_lab.png", coloured((255, 255, 255), (255, 0, 0)))
    dataset = read_layout(tmp_path)
    assert dataset.layout == "s2ds"
    assert names(dataset) == {"train": ["100.png"], "validation": ["100.png"], "test": ["100.png"]}
    assert_cracks(dataset)
    spalling = read_layout(tmp_path, classes=["Spalling"])
    assert spalling.classes == ("spalling",)
    assert np.array_equal(
        np.flatnonzero(read_pair(spalling.parts["train"][0])[1].any(1)), range(12, 16)
    )


def test_s2ds_refuses_a_colour_of_no_class(tmp_path):
    picture(tmp_path / "train" / "100.png")
    mask(tmp_path / "train" / "100_lab.png", coloured((255, 255, 255), (120, 130, 140)))
    with pytest.raises(ValueError, match=r"100_lab\.png holds the colour \(120, 130, 140\)"):
        read_pair(read_layout(tmp_path).parts["train"][0])


def test_s2ds_knows_no_other_class(tmp_path):
    picture(tmp_path / "train" / "100.png")
    mask(tmp_path / "train" / "100_lab.png", coloured((255, 255, 255), (255, 0, 0)))
    with pytest.raises(ValueError, match=r"no class 'graffiti'.* control point"):
        read_layout(tmp_path, classes=["graffiti"])


def voc(folder, stems=("a", "b", "c")):
    for stem in stems:
        picture(folder / "JPEGImages" / f"{stem}.jpg")
    lists = folder / "ImageSets" / "Segmentation"
    lists.mkdir(parents=True)
    (lists / "train.txt").write_text("a\nb\n", encoding="utf-8")
    (lists / "val.txt").write_text("c\n", encoding="utf-8")
    (lists / "trainval.txt").write_text("a\nb\nc\n", encoding="utf-8")


def indexed(path, ids):
    """A palette PNG, as labelme and the VOC tools write."""
    path.parent.mkdir(parents=True, exist_ok=True)
    image = Image.fromarray(ids.astype(np.uint8), mode="P")
    image.putpalette([0, 0, 0, 128, 0, 0, 0, 128, 0] + [0] * (3 * 253))
    image.save(path)


def test_pascal_voc_with_a_map_of_colours(tmp_path):
    voc(tmp_path)
    for stem in "abc":
        mask(tmp_path / "SegmentationClass" / f"{stem}.png", coloured((128, 0, 0), (0, 128, 0)))
    (tmp_path / "labelmap.txt").write_text(
        "# label:color_rgb:parts:actions\nbackground:0,0,0::\nConcrete crack:128,0,0::\n"
        "stain:0,128,0::\n",
        encoding="utf-8",
    )
    dataset = read_layout(tmp_path)
    assert dataset.layout == "pascal_voc"
    assert dataset.classes == ("Concrete crack",)
    assert names(dataset) == {"train": ["a.jpg", "b.jpg"], "validation": ["c.jpg"]}
    assert_cracks(dataset)


def test_pascal_voc_with_indexed_masks(tmp_path):
    voc(tmp_path)
    ids = np.where(CRACK, 2, 0)
    ids[0] = 255  # not labelled
    ids[15] = 1
    for stem in "abc":
        indexed(tmp_path / "SegmentationClass" / f"{stem}.png", ids)
    (tmp_path / "class_names.txt").write_text("_background_\nstain\ncrack\n", encoding="utf-8")
    assert_cracks(read_layout(tmp_path))


def test_pascal_voc_without_names_takes_numbers(tmp_path):
    voc(tmp_path)
    for stem in "abc":
        indexed(tmp_path / "SegmentationClass" / f"{stem}.png", np.where(CRACK, 3, 0))
    with pytest.raises(ValueError, match=r"a\.png holds the class id 3, but only 0, 1 are known"):
        read_pair(read_layout(tmp_path).parts["train"][0])
    assert_cracks(read_layout(tmp_path, classes=["3"]))
    with pytest.raises(ValueError, match="neither labelmap"):
        read_layout(tmp_path, classes=["crack"])


def test_pascal_voc_takes_a_grey_mask_of_black_and_white(tmp_path):
    voc(tmp_path)
    for stem in "abc":
        mask(tmp_path / "SegmentationClass" / f"{stem}.png")
    assert_cracks(read_layout(tmp_path))


def test_pascal_voc_refuses_boxes(tmp_path):
    picture(tmp_path / "JPEGImages" / "a.jpg")
    (tmp_path / "Annotations").mkdir()
    (tmp_path / "Annotations" / "a.xml").write_text("<annotation/>", encoding="utf-8")
    with pytest.raises(ValueError, match=r"boxes .* export segmentation masks"):
        read_layout(tmp_path)


def test_pascal_voc_names_a_mask_that_is_listed_but_not_there(tmp_path):
    voc(tmp_path)
    mask(tmp_path / "SegmentationClass" / "a.png")
    with pytest.raises(
        ValueError, match=r"train\.txt names b, which is not in .*SegmentationClass"
    ):
        read_layout(tmp_path)


def test_lossy_masks_count_only_what_is_more_white_than_black(tmp_path):
    picture(tmp_path / "images" / "a.png", size=(240, 160))
    (tmp_path / "masks").mkdir()
    large = np.kron(CRACK, np.ones((10, 10))) > 0
    noisy = cv2.GaussianBlur(np.where(large, 255.0, 0.0), (0, 0), 1.5)
    cv2.imwrite(str(tmp_path / "masks" / "a.jpg"), noisy, [cv2.IMWRITE_JPEG_QUALITY, 40])
    _, truth = read_pair(read_layout(tmp_path).parts["all"][0])
    assert np.mean((truth > 0) != large) < 0.01
