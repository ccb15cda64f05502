"""Augmented samples: the size asked for, masks that still lie on their cracks, repeatable."""

from __future__ import annotations

import numpy as np
import pytest

from inference.training.augment import augment, crop_scaled, cut_groove, put_up_sign, turn
from inference.training.recipe import Augmentation
from tests.inference.training.walls import draw_wall

ALWAYS = Augmentation(
    retinex=1, shadow=1, rotate=1, light=1, colour=1, channel_order=1, grey=1, blur=1, noise=1,
    jpeg=1, groove=1, sign=1,
)  # fmt: skip
NEVER = Augmentation(
    retinex=0, shadow=0, rotate=0, light=0, colour=0, channel_order=0, grey=0, blur=0, noise=0,
    jpeg=0, groove=0, sign=0,
)  # fmt: skip


@pytest.mark.parametrize("changes", [ALWAYS, NEVER], ids=["everything", "nothing"])
@pytest.mark.parametrize("side", [48, 96, 300])
def test_any_picture_gives_a_crop_of_the_size_asked_for(changes, side):
    for seed in range(5):
        pixels, mask = draw_wall(seed, side, cracked=True)
        crop, truth = augment(pixels, mask, 64, changes, np.random.default_rng(seed))
        assert crop.shape == (64, 64, 3)
        assert crop.dtype == np.uint8
        assert truth.shape == (64, 64)
        assert set(np.unique(truth)) <= {0, 255}


def test_the_same_seed_gives_the_same_sample():
    pixels, mask = draw_wall(1, 96, cracked=True)
    first, second = (augment(pixels, mask, 64, ALWAYS, np.random.default_rng(9)) for _ in range(2))
    np.testing.assert_array_equal(first[0], second[0])
    np.testing.assert_array_equal(first[1], second[1])


def test_the_mask_moves_with_the_crack():
    pixels, mask = draw_wall(2, 200, cracked=True)
    pixels[mask > 0] = 0  # the crack is black and nothing else is
    pixels[mask == 0] = 200
    rng = np.random.default_rng(3)
    settings = Augmentation(scale_range=(0.7, 2.0), rotate=1.0)
    for _ in range(20):
        crop, truth = turn(*crop_scaled(pixels, mask, 96, settings, rng), rng)
        if truth.any():
            assert crop[truth > 0].mean() < 80
        assert crop[truth == 0].mean() > 180


def test_shrinking_keeps_thin_cracks():
    pixels = np.full((400, 400, 3), 180, np.uint8)
    mask = np.zeros((400, 400), np.uint8)
    mask[200:202] = 255
    settings = Augmentation(scale_range=(0.5, 0.5), rotate=0.0)
    rows = []
    for seed in range(8):
        _, truth = crop_scaled(pixels, mask, 64, settings, np.random.default_rng(seed))
        rows.append(truth.any(axis=0).all())
    assert sum(rows) >= 5  # a crop may also miss the line


def test_a_groove_darkens_but_never_becomes_truth():
    pixels, mask = draw_wall(4, 96, cracked=False)
    changed = cut_groove(pixels, mask, np.random.default_rng(0))
    assert changed.astype(int).sum() < pixels.astype(int).sum()
    assert not mask.any()


def test_a_groove_spares_the_crack():
    pixels, mask = draw_wall(5, 96, cracked=True)
    for seed in range(10):
        changed = cut_groove(pixels, mask, np.random.default_rng(seed))
        np.testing.assert_array_equal(changed[mask > 0], pixels[mask > 0])


def test_a_sign_stands_beside_the_crack():
    pixels, mask = draw_wall(6, 96, cracked=True)
    changed = [put_up_sign(pixels, mask, np.random.default_rng(seed)) for seed in range(10)]
    assert any((each != pixels).any() for each in changed)
    for each in changed:
        np.testing.assert_array_equal(each[mask > 0], pixels[mask > 0])
