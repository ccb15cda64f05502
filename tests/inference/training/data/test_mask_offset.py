"""Masks that lie beside their cracks are found, and moved back on reading."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from inference.training.data.datasets import Pair, read_pair
from inference.training.data.gather import gather
from inference.training.data.mask_offset import best_offset_px, hits_by_offset, moved_back
from inference.training.fit.recipe import recipe_of


def crack() -> np.ndarray:
    mask = np.zeros((40, 50), np.uint8)
    mask[18:20, 6:44] = 255
    mask[6:34, 30] = 255
    return mask


@pytest.mark.parametrize("offset_px", [(0, 0), (2, 2), (-3, 1), (4, -4)])
def test_an_offset_is_found_and_taken_back(offset_px):
    right, down = offset_px
    displaced = np.roll(crack(), (down, right), (0, 1))
    assert best_offset_px(hits_by_offset(crack() > 0, displaced > 0)) == offset_px
    assert np.array_equal(moved_back(displaced, offset_px), crack())


def test_what_comes_in_at_the_border_is_no_crack():
    full = np.full((10, 12), 255, np.uint8)
    moved = moved_back(full, (2, -3))
    assert moved[:3].max() == 0 and moved[:, -2:].max() == 0
    assert moved[3:, :-2].min() == 255


def test_nothing_marked_means_no_offset():
    nothing = np.zeros((20, 20), bool)
    assert best_offset_px(hits_by_offset(nothing, nothing)) == (0, 0)


def test_a_recipe_moves_the_masks_of_a_set_back(tmp_path):
    for folder in ("images", "masks"):
        (tmp_path / "segmentation" / "walls" / "train" / folder).mkdir(parents=True)
    train = tmp_path / "segmentation" / "walls" / "train"
    rng = np.random.default_rng(5)
    for number in range(5):
        pixels = rng.integers(90, 160, (40, 50, 3), dtype=np.uint8)
        pixels[crack() > 0] = 20 + number
        cv2.imwrite(str(train / "images" / f"{number}.png"), pixels)
        displaced = np.roll(crack(), (3, 1), (0, 1))
        cv2.imwrite(str(train / "masks" / f"{number}.png"), displaced)
    walls = {"weight": 1.0, "kind": "concrete", "mask_offset_px": [1, 3]}
    table = {"name": "t", "task": "segmentation", "family": "unet", "terms": "t"}
    recipe = recipe_of({**table, "sets": {"walls": walls}}, "test")
    data = gather(recipe, tmp_path, tmp_path / "rendered")
    pairs = [*data.training["walls"], *data.validation["walls"]]
    assert len(pairs) == 5
    for pair in pairs:
        assert np.array_equal(read_pair(pair)[1], crack())
    assert not np.array_equal(read_pair(Pair(pairs[0].image, pairs[0].mask))[1], crack())


@pytest.mark.parametrize("wrong", [[2], [1.5, 2], [1, 2, 3]])
def test_an_offset_is_two_whole_numbers(wrong):
    walls = {"weight": 1.0, "mask_offset_px": wrong}
    table = {"name": "t", "task": "segmentation", "family": "unet", "terms": "t"}
    with pytest.raises(ValueError, match="two whole numbers"):
        recipe_of({**table, "sets": {"walls": walls}}, "test")
