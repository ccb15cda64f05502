"""Layouts with a class for every picture, each on a tiny folder of exactly that layout."""

from __future__ import annotations

import pytest

from inference.training.data.datasets import source_of
from inference.training.data.layouts import read_layout
from tests.inference.training.data.layouts.made_up import picture


def labels(dataset):
    return {
        part: [(entry.image.name, entry.label) for entry in entries]
        for part, entries in dataset.parts.items()
    }


def test_our_class_folders(tmp_path):
    for part in ("train", "test"):
        for kind in ("crack", "no_crack", "Cable Duct"):
            picture(tmp_path / part / kind / f"{kind[:2]}.jpg")
    dataset = read_layout(tmp_path)
    assert (dataset.layout, dataset.task) == ("folders", "classification")
    assert dataset.classes == ("no_crack", "crack", "cable_duct")
    assert labels(dataset)["train"] == [
        ("Ca.jpg", "cable_duct"),
        ("cr.jpg", "crack"),
        ("no.jpg", "no_crack"),
    ]


def test_our_class_folders_merged_into_two(tmp_path):
    for kind in ("hairline", "open", "joint"):
        picture(tmp_path / "train" / kind / "a.jpg")
    dataset = read_layout(tmp_path, classes=["hairline", "Open"])
    assert dataset.classes == ("no_crack", "crack")
    assert [label for _, label in labels(dataset)["train"]] == ["crack", "no_crack", "crack"]
    with pytest.raises(ValueError, match=r"no class 'gap'.*hairline, joint, open"):
        read_layout(tmp_path, classes=["gap"])


def test_our_class_folders_without_a_split(tmp_path):
    picture(tmp_path / "crack" / "a.jpg")
    picture(tmp_path / "joint" / "a.jpg")
    assert labels(read_layout(tmp_path)) == {"all": [("a.jpg", "crack"), ("a.jpg", "joint")]}


def test_one_class_is_not_enough(tmp_path):
    picture(tmp_path / "train" / "crack" / "a.jpg")
    picture(tmp_path / "test" / "crack" / "b.jpg")
    picture(tmp_path / "test" / "no_crack" / "b.jpg")
    with pytest.raises(ValueError, match=r"one class only \(crack, part train\)"):
        read_layout(tmp_path)


def test_an_empty_class_folder_is_named(tmp_path):
    picture(tmp_path / "train" / "crack" / "a.jpg")
    (tmp_path / "train" / "no_crack").mkdir()
    with pytest.raises(ValueError, match=r"no pictures in .*no_crack"):
        read_layout(tmp_path)


def test_sdnet2018(tmp_path):
    for inside, stem in {
        "D/CD": "7001-115",
        "D/UD": "7001-1",
        "P/CP": "001-10",
        "P/UP": "002-4",
        "W/CW": "7069-4",
        "W/UW": "7070-9",
    }.items():
        picture(tmp_path / inside / f"{stem}.jpg")
    dataset = read_layout(tmp_path)
    assert dataset.layout == "sdnet2018"
    assert dict(labels(dataset)["all"]) == {
        "7001-115.jpg": "crack",
        "7001-1.jpg": "no_crack",
        "001-10.jpg": "crack",
        "002-4.jpg": "no_crack",
        "7069-4.jpg": "crack",
        "7070-9.jpg": "no_crack",
    }
    assert source_of("7001-115", dataset.source_pattern) == "7001"


def test_sdnet2018_with_whole_words(tmp_path):
    picture(tmp_path / "Decks" / "Cracked" / "7001-2.jpg")
    picture(tmp_path / "Decks" / "Non-cracked" / "7001-3.jpg")
    dataset = read_layout(tmp_path)
    assert dataset.layout == "sdnet2018"
    assert [label for _, label in labels(dataset)["all"]] == ["crack", "no_crack"]


def test_ccic(tmp_path):
    picture(tmp_path / "Positive" / "00001.jpg")
    picture(tmp_path / "Negative" / "00001.jpg")
    dataset = read_layout(tmp_path)
    assert dataset.layout == "ccic"
    assert [label for _, label in labels(dataset)["all"]] == ["no_crack", "crack"]


def codebrim(folder, *, balanced=False):
    for part in ("train", "val", "test"):
        picture(folder / part / "background" / "image_0000001_crop_0000001.png")
        for number in (1, 2):
            picture(folder / part / "defects" / f"image_0000005_crop_000000{number}.png")
    if balanced:
        picture(folder / "train" / "defects" / "image_0000005_crop_0000001_-_1.png")
    (folder / "metadata").mkdir()
    (folder / "metadata" / "background.xml").write_text(
        metadata({"image_0000001_crop_0000001.png": "100000"}), encoding="utf-8"
    )
    crops = {"image_0000005_crop_0000001.png": "010010", "image_0000005_crop_0000002.png": "001000"}
    (folder / "metadata" / "defects.xml").write_text(metadata(crops), encoding="utf-8")


def metadata(crops):
    kinds = ["Background", "Crack", "Spallation", "Efflorescence", "ExposedBars", "CorrosionStain"]
    rows = "".join(
        f'<Defect name="{name}">'
        + "".join(f"<{kind}>{bit}</{kind}>" for kind, bit in zip(kinds, bits, strict=True))
        + "</Defect>"
        for name, bits in crops.items()
    )
    return f"<?xml version='1.0' encoding='utf-8'?><Annotation>{rows}</Annotation>"


def test_codebrim(tmp_path):
    codebrim(tmp_path)
    dataset = read_layout(tmp_path)
    assert dataset.layout == "codebrim"
    assert list(dataset.parts) == ["train", "validation", "test"]
    assert labels(dataset)["train"] == [
        ("image_0000001_crop_0000001.png", "no_crack"),
        ("image_0000005_crop_0000001.png", "crack"),
        ("image_0000005_crop_0000002.png", "no_crack"),
    ]
    assert source_of("image_0000005_crop_0000002", dataset.source_pattern) == "image_0000005"
    other = read_layout(tmp_path, classes=["Spallation", "ExposedBars"])
    assert [label for _, label in labels(other)["test"]] == ["no_crack", "crack", "crack"]


def test_codebrim_balanced_in_the_folder_of_its_archive(tmp_path):
    codebrim(tmp_path / "classification_dataset_balanced", balanced=True)
    dataset = read_layout(tmp_path)
    assert dataset.layout == "codebrim"
    assert ("image_0000005_crop_0000001_-_1.png", "crack") in labels(dataset)["train"]


def test_codebrim_names_a_crop_without_metadata(tmp_path):
    codebrim(tmp_path)
    picture(tmp_path / "val" / "defects" / "image_0000009_crop_0000001.png")
    with pytest.raises(
        ValueError, match=r"image_0000009_crop_0000001\.png is not in .*defects\.xml"
    ):
        read_layout(tmp_path)
