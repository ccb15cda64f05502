"""Patches cut by masks: labels, what is left out, and sentences for bad input."""

import numpy as np
import pytest

from inference.training.data.patches import (
    CRACK,
    NO_CRACK,
    UNDECIDED,
    cell_labels,
    check_classes,
    cut_patches,
    fit_to_patch,
    label_of,
    mirrored_to,
)


def mask_with(count: int, side: int = 128) -> np.ndarray:
    mask = np.zeros((side, side), np.uint8)
    mask.reshape(-1)[:count] = 255
    return mask


def test_enough_crack_is_a_crack_and_a_touch_is_undecided():
    assert label_of(mask_with(0)) == NO_CRACK
    assert label_of(mask_with(1)) == label_of(mask_with(47)) == UNDECIDED
    assert label_of(mask_with(48)) == CRACK


def test_cells_are_labelled_one_by_one():
    mask = np.zeros((64, 96), np.uint8)
    mask[40:42, 0:40] = 255  # all along one cell, and 16 pixels of its neighbour
    mask[0, 95] = 255
    assert cell_labels(mask, 32).tolist() == [[NO_CRACK, NO_CRACK, UNDECIDED], [CRACK, CRACK, 0]]


def test_patches_lie_side_by_side_and_the_undecided_are_left_out():
    pixels = np.arange(256 * 300 * 3, dtype=np.uint32).astype(np.uint8).reshape(256, 300, 3)
    mask = np.zeros((256, 300), np.uint8)
    mask[10, :128] = 255
    mask[200, 130] = 255
    patches = list(cut_patches(pixels, mask, 128))
    assert [patch.label for patch in patches] == [CRACK, NO_CRACK, NO_CRACK]
    assert np.array_equal(patches[1].pixels, pixels[:128, 128:256])
    assert np.array_equal(patches[2].pixels, pixels[128:256, :128])


def test_a_picture_smaller_than_a_patch_is_refused_in_words():
    with pytest.raises(ValueError, match="100x90 px holds no patch of 128 px: ask for smaller"):
        list(cut_patches(np.zeros((90, 100, 3), np.uint8), np.zeros((90, 100), np.uint8), 128))


def test_whole_pictures_become_patches():
    tiny = np.full((16, 16, 3), 90, np.uint8)
    assert fit_to_patch(tiny, 128).shape == (128, 128, 3)
    assert fit_to_patch(np.zeros((227, 300, 3), np.uint8), 128).shape == (128, 128, 3)
    patch = np.random.default_rng(0).integers(0, 256, (128, 128, 3), dtype=np.uint8)
    assert fit_to_patch(patch, 128) is patch
    mirrored = mirrored_to(patch, 256)
    assert mirrored.shape == (256, 256, 3)
    assert np.array_equal(mirrored[:, 128:], mirrored[:, :128][:, ::-1])
    assert mirrored_to(patch, 100) is patch


def test_one_class_or_none_is_refused_in_words():
    check_classes(["crack", "no_crack"], "here")
    with pytest.raises(ValueError, match="no labelled pictures in some/folder"):
        check_classes([], "some/folder")
    with pytest.raises(ValueError, match="of the class 'crack': a classifier needs"):
        check_classes(["crack", "crack"], "some/folder")
