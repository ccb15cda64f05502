"""Folders of pictures and masks: pairing, splitting, refusing what does not fit."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from inference.training.datasets import Pair, pair_by_stem, read_pair, source_of, split_by_source
from tests.inference.training.walls import write_walls


def test_pairs_by_stem_whatever_the_suffix(tmp_path):
    write_walls(tmp_path, "train", 2, cracked=True)
    pairs = pair_by_stem(tmp_path / "train" / "images", tmp_path / "train" / "masks")
    assert [(pair.image.name, pair.mask.name) for pair in pairs] == [
        ("wall_00.jpg", "wall_00.png"),
        ("wall_01.jpg", "wall_01.png"),
    ]


def test_a_picture_without_mask_is_named(tmp_path):
    write_walls(tmp_path, "train", 2, cracked=True)
    (tmp_path / "train" / "masks" / "wall_01.png").unlink()
    with pytest.raises(ValueError, match=r"1 pictures .* first is wall_01\.jpg"):
        pair_by_stem(tmp_path / "train" / "images", tmp_path / "train" / "masks")


def test_missing_and_empty_folders_are_named(tmp_path):
    with pytest.raises(ValueError, match="no folder"):
        pair_by_stem(tmp_path / "images", tmp_path / "masks")
    (tmp_path / "images").mkdir()
    (tmp_path / "masks").mkdir()
    with pytest.raises(ValueError, match="no pictures in"):
        pair_by_stem(tmp_path / "images", tmp_path / "masks")


def test_mask_becomes_0_and_255(tmp_path):
    image, mask = tmp_path / "a.png", tmp_path / "m.png"
    cv2.imwrite(str(image), np.full((4, 6, 3), (10, 20, 30), np.uint8))
    cv2.imwrite(str(mask), np.array([[0, 1, 2, 255, 0, 0]] * 4, np.uint8))
    pixels, truth = read_pair(Pair(image, mask))
    assert pixels[0, 0].tolist() == [30, 20, 10]  # RGB, though OpenCV writes BGR
    assert truth[0].tolist() == [0, 255, 255, 255, 0, 0]


def test_mask_of_another_size_is_refused(tmp_path):
    image, mask = tmp_path / "a.png", tmp_path / "m.png"
    cv2.imwrite(str(image), np.zeros((4, 6, 3), np.uint8))
    cv2.imwrite(str(mask), np.zeros((4, 5), np.uint8))
    with pytest.raises(ValueError, match=r"m\.png is 5x4 px, but its picture .*a\.png is 6x4"):
        read_pair(Pair(image, mask))


def test_a_text_file_called_jpg_is_refused(tmp_path):
    image, mask = tmp_path / "a.jpg", tmp_path / "a.png"
    image.write_text("hello")
    cv2.imwrite(str(mask), np.zeros((4, 5), np.uint8))
    with pytest.raises(ValueError, match="cannot be read as a picture"):
        read_pair(Pair(image, mask))


@pytest.mark.parametrize(
    ("stem", "pattern", "source"),
    [
        ("11122-4", r"^(.+?)(?:-\d+)?$", "11122"),
        ("11125", r"^(.+?)(?:-\d+)?$", "11125"),
        ("IMG25-7", r"^(.+?)(?:-\d+)?$", "IMG25"),
        ("wall_18_17", r"^wall_\d+", "wall_18"),
        ("riss_9S6A2789_79_2844", r"^riss_[^_]+", "riss_9S6A2789"),
        ("x04_937956_20231015_0006_Z_5_z", r"_(\d{4})_Z", "0006"),
        ("other", r"^wall_\d+", "other"),
    ],
)
def test_source_photograph_of_a_stem(stem, pattern, source):
    assert source_of(stem, pattern) == source


def test_no_source_is_on_both_sides_of_the_split():
    pairs = [
        Pair(Path(f"wall_{source}_{piece}.jpg"), Path("m.png"))
        for source in range(10)
        for piece in range(4)
    ]
    split = split_by_source(pairs, r"^wall_\d+", 0.2, seed=1)
    sources = [
        {source_of(pair.stem, r"^wall_\d+") for pair in part}
        for part in (split.training, split.validation)
    ]
    assert not sources[0] & sources[1]
    assert len(split.training) + len(split.validation) == 40
    assert len(split.validation) == 8


def test_the_split_repeats_and_few_sources_hold_nothing_back():
    pairs = [Pair(Path(f"{name}.jpg"), Path("m.png")) for name in "abcdefgh"]
    assert split_by_source(pairs, ".*", 0.25, 5) == split_by_source(pairs[::-1], ".*", 0.25, 5)
    assert split_by_source(pairs[:3], ".*", 0.25, 5).validation == ()
