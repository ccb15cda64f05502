"""Folders of pictures and masks: pairing, splitting, refusing what does not fit."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image, ImageOps

from inference.training.data.datasets import (
    Pair,
    pair_by_stem,
    read_pair,
    source_of,
    split_by_source,
)
from inference.training.data.outlines import Outlines, Polygon, draw
from inference.training.data.pictures import read_picture, upright_size
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


def wall(height: int = 40, width: int = 60) -> np.ndarray:
    """(H, W, 3) RGB: a smooth gradient, red above blue."""
    ramp = np.linspace(30, 220, width)[None].repeat(height, axis=0)
    red, blue = ramp.copy(), ramp.copy()
    red[: height // 2] += 30
    blue[height // 2 :] += 30
    return np.stack([red, ramp, blue], axis=2).round().astype(np.uint8)


def differs(pixels: np.ndarray, expected: np.ndarray) -> float:
    assert pixels.dtype == np.uint8
    assert pixels.shape == expected.shape
    return float(np.abs(pixels.astype(float) - expected).mean())


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".bmp", ".tif", ".webp"])
def test_everyday_files(tmp_path, suffix):
    Image.fromarray(wall()).save(tmp_path / f"a{suffix}")
    assert differs(read_picture(tmp_path / f"a{suffix}"), wall()) < 3
    assert upright_size(tmp_path / f"a{suffix}") == (60, 40)


@pytest.mark.parametrize("suffix", [".jpg", ".tif"])
def test_cmyk(tmp_path, suffix):
    Image.fromarray(wall()).convert("CMYK").save(tmp_path / f"a{suffix}")
    assert differs(read_picture(tmp_path / f"a{suffix}"), wall()) < 3


def test_grey_palette_and_alpha(tmp_path):
    grey = wall()[..., 1]
    Image.fromarray(grey).save(tmp_path / "grey.png")
    assert differs(read_picture(tmp_path / "grey.png"), np.stack([grey] * 3, axis=2)) == 0
    Image.fromarray(wall()).quantize(64).save(tmp_path / "palette.png")
    assert differs(read_picture(tmp_path / "palette.png"), wall()) < 12
    see_through = np.dstack([wall(), np.full((40, 60), 255, np.uint8)])
    see_through[:10, :, 3] = 0
    Image.fromarray(see_through).save(tmp_path / "alpha.png")
    expected = wall()
    expected[:10] = 255  # over white
    assert differs(read_picture(tmp_path / "alpha.png"), expected) == 0


@pytest.mark.parametrize("bits", [10, 12, 14, 16])
@pytest.mark.parametrize("kind", ["grey.png", "colour.png", "colour.tif", "alpha.png"])
def test_16_bits_by_their_true_range(tmp_path, bits, kind):
    full = (1 << bits) - 1
    levels = (wall().astype(np.float64) * full / 255).round().astype(np.uint16)
    expected = wall()
    levels[0, 0] = full  # something white, or the range could not be told
    expected[0, 0] = 255
    if kind == "grey.png":
        levels = levels[..., 1]
        expected = np.stack([expected[..., 1]] * 3, axis=2)
    elif kind == "alpha.png":
        levels = np.dstack([levels, np.full((40, 60), 65535, np.uint16)])
    stored = levels if levels.ndim == 2 else levels[..., [2, 1, 0, 3][: levels.shape[2]]]
    cv2.imwrite(str(tmp_path / kind), stored)
    assert differs(read_picture(tmp_path / kind), expected) < 0.6


def test_16_bits_by_what_a_tiff_says(tmp_path):
    levels = (wall()[..., 1].astype(np.uint16)) * 4  # 10 of 12 bits: a dark picture
    Image.fromarray(levels).save(tmp_path / "a.tif", tiffinfo={281: 4095})
    expected = np.stack([wall()[..., 1] / 4] * 3, axis=2)
    assert differs(read_picture(tmp_path / "a.tif"), expected) < 0.6


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("suffix", [".jpg", ".png", ".tif"])
def test_pictures_come_upright(tmp_path, orientation, suffix):
    exif = Image.Exif()
    exif[274] = orientation
    path = tmp_path / f"a{suffix}"
    Image.fromarray(wall()).save(path, exif=exif)
    with Image.open(path) as stored:
        expected = np.asarray(ImageOps.exif_transpose(stored).convert("RGB"))
    assert differs(read_picture(path), expected) == 0
    assert upright_size(path) == expected.shape[1::-1]


def test_a_mask_of_the_picture_before_its_turn_is_explained(tmp_path):
    exif = Image.Exif()
    exif[274] = 6
    Image.fromarray(wall()).save(tmp_path / "a.jpg", exif=exif)
    cv2.imwrite(str(tmp_path / "m.png"), np.zeros((40, 60), np.uint8))
    with pytest.raises(ValueError, match=r"m\.png is 60x40.*upright as its EXIF says. Save"):
        read_pair(Pair(tmp_path / "a.jpg", tmp_path / "m.png"))
    cv2.imwrite(str(tmp_path / "m.png"), np.zeros((60, 40), np.uint8))
    assert read_pair(Pair(tmp_path / "a.jpg", tmp_path / "m.png"))[1].shape == (60, 40)


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".tif"])
def test_half_a_file_is_refused(tmp_path, suffix):
    path = tmp_path / f"a{suffix}"
    noise = np.random.default_rng(0).integers(0, 255, (90, 90, 3), dtype=np.uint8)
    Image.fromarray(noise).save(path)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(ValueError, match=r"a\.... cannot be read as a picture; remove it"):
        read_picture(path)


def test_floating_point_pictures_are_refused_in_words(tmp_path):
    Image.fromarray(wall()[..., 0].astype(np.float32)).save(tmp_path / "a.tif")
    with pytest.raises(ValueError, match=r"a\.tif .*floating point"):
        read_picture(tmp_path / "a.tif")


def test_a_hairline_polygon_has_no_gaps():
    thin = Polygon(((2.0, 2.0), (50.0, 30.0), (50.3, 30.4), (2.3, 2.5)))
    mask = draw(Outlines(Path("a.json"), (60, 40), (thin,)))
    assert cv2.connectedComponents(mask)[0] == 2  # background and one crack
    assert mask[:, 3:50].any(axis=0).all()


def test_a_polygon_covers_the_pixels_whose_centres_it_holds():
    rng = np.random.default_rng(1)
    for _ in range(20):
        points = rng.uniform(-10, 70, (7, 2))
        mask = draw(Outlines(Path("a.json"), (60, 40), (Polygon(tuple(map(tuple, points))),)))
        centres = np.stack(np.meshgrid(np.arange(60) + 0.5, np.arange(40) + 0.5), axis=2)
        # the crossing number of each centre, edge by edge
        inside = np.zeros((40, 60), np.bool_)
        for (x0, y0), (x1, y1) in zip(points, np.roll(points, -1, axis=0), strict=True):
            crosses = (y0 > centres[..., 1]) != (y1 > centres[..., 1])
            at = x0 + (centres[..., 1] - y0) / (y1 - y0) * (x1 - x0)
            inside ^= crosses & (at <= centres[..., 0])
        assert np.array_equal(mask > 0, inside)


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
