"""Augmented samples: the size asked for, masks that still lie on their cracks, repeatable."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest

from inference.training.data.augment import augment
from inference.training.data.augmentation.distractors import (
    cut_groove,
    hang_cable,
    put_up_sign,
    spray_graffiti,
)
from inference.training.data.augmentation.geometry import crop_scaled, turn
from inference.training.data.augmentation.light import cast_shadow, dusk, noon
from inference.training.data.augmentation.soiling import EFFLORESCENCE, stain, wet_patch
from inference.training.fit.recipe import Augmentation
from tests.inference.training.walls import draw_wall

CHANGES = [each.name for each in fields(Augmentation) if each.name != "scale_range"]
NEVER = replace(Augmentation(), **dict.fromkeys(CHANGES, 0.0))
ALWAYS = replace(Augmentation(), **dict.fromkeys(CHANGES, 1.0) | {"noon": 0.5, "dusk": 0.5})


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


@pytest.mark.parametrize("change", CHANGES)
def test_every_change_changes_something_and_the_same_seed_the_same(change):
    pixels, mask = draw_wall(1, 96, cracked=False)
    pixels = pixels // np.array([1, 2, 3], np.uint8)  # a colour, or grey would change nothing
    only = replace(NEVER, **{change: 1.0})
    seeds = range(8)
    without = [augment(pixels, mask, 64, NEVER, np.random.default_rng(s))[0] for s in seeds]
    first, second = (
        [augment(pixels, mask, 64, only, np.random.default_rng(s))[0] for s in seeds]
        for _ in range(2)
    )
    for one, other in zip(first, second, strict=True):
        np.testing.assert_array_equal(one, other)
    assert any((one != plain).any() for one, plain in zip(first, without, strict=True))


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


@pytest.mark.parametrize("distract", [cut_groove, put_up_sign, hang_cable, spray_graffiti])
def test_distractors_never_cover_a_labelled_crack(distract):
    pixels, mask = draw_wall(5, 128, cracked=True)
    changed = [distract(pixels, mask, np.random.default_rng(seed)) for seed in range(15)]
    assert any((each != pixels).any() for each in changed)
    for each in changed:
        difference = np.abs(each.astype(int) - pixels)[mask > 0]
        assert difference.max() <= 6  # the faint rim of a stroke that passes by


@pytest.mark.parametrize("change", [cast_shadow, noon, dusk, wet_patch, stain])
def test_a_crack_stays_darker_than_the_wall_beside_it(change):
    """Light, water and stains fall on the crack as on the wall."""
    for seed in range(15):
        pixels, mask = draw_wall(seed, 128, cracked=True)
        rng = np.random.default_rng(seed)
        changed = (change(pixels, mask, rng) if change is stain else change(pixels, rng)).mean(2)
        # In columns, so that a shadow over half the picture does not decide it.
        for column in np.array_split(np.arange(128), 4):
            inside, crack = changed[:, column], mask[:, column] > 0
            near = np.roll(crack, 6, 0) | np.roll(crack, -6, 0)
            if crack.sum() > 30:
                assert inside[crack].mean() < inside[near & ~crack].mean()


def test_water_darkens_and_lime_brightens():
    pixels, mask = draw_wall(7, 128, cracked=False)
    assert np.mean([wet_patch(pixels, np.random.default_rng(s)).mean() for s in range(8)]) < (
        pixels.mean()
    )
    limed = [stain(pixels, mask, np.random.default_rng(s)) for s in range(30)]
    assert any(each.mean() > pixels.mean() + 0.2 for each in limed)
    assert max(each.max() for each in limed) <= max(*EFFLORESCENCE, int(pixels.max()))


def test_dusk_is_dark_and_noon_has_bright_and_shade():
    pixels, _ = draw_wall(8, 128, cracked=False)
    for seed in range(8):
        assert dusk(pixels, np.random.default_rng(seed)).mean() < 1.05 * pixels.mean()
        sunny = noon(pixels, np.random.default_rng(seed))
        assert sunny.max() > pixels.max() - 5
        assert sunny.std() > pixels.std()
