"""Wide cracks are added from the reduced copy, and nothing else is."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from inference.imaging.wide_cracks import LEAST_SIDE_PX, REDUCTION, add_wide_cracks, reduced_copy

SIDE, TILE = 800, 512
THIN, WIDE = np.s_[200:206], np.s_[500:560]
KNOWN_PX = 20


def knows_thin_ones(tiles: np.ndarray) -> np.ndarray:
    """Like a network that has only seen cracks up to 20 px: of wide ones it marks nothing."""
    square = np.ones((KNOWN_PX + 1, KNOWN_PX + 1), np.uint8)
    dark = (tiles[..., 0] < 150).astype(np.uint8)
    wide = np.stack([cv2.morphologyEx(each, cv2.MORPH_OPEN, square) for each in dark])
    return np.where((dark > 0) & (wide == 0), 0.9, 0.02).astype(np.float32)


def wall(*bands: slice, level: int = 40) -> np.ndarray:
    pixels = np.full((SIDE, SIDE, 3), 170, np.uint8)
    for band in bands:
        pixels[band, 80:-80] = level
    return pixels


def searched(pixels: np.ndarray, threshold: float = 0.5) -> tuple[np.ndarray, np.ndarray]:
    """Probability at full size alone, and with wide cracks added."""
    padded = cv2.copyMakeBorder(pixels, 0, 2 * TILE - SIDE, 0, 2 * TILE - SIDE, cv2.BORDER_REFLECT)
    alone = (knows_thin_ones(padded[None])[0, :SIDE, :SIDE] * 255).astype(np.uint8)
    reduced = reduced_copy(pixels)
    assert reduced is not None
    both = alone.copy()
    add_wide_cracks(both, reduced, knows_thin_ones, threshold, tile_px=TILE)
    return alone, both


def test_a_wide_crack_is_added_where_it_is():
    alone, both = searched(wall(WIDE))
    assert not (alone[520:540] > 127).any()
    marked = both > 127
    assert marked[WIDE, 100:-100].mean() > 0.97
    rows = np.flatnonzero(marked[:, SIDE // 2])
    assert abs(rows[0] - WIDE.start) <= 2 and abs(rows[-1] - (WIDE.stop - 1)) <= 2
    assert not marked[:480].any() and not marked[580:].any()


def test_thin_cracks_stay_as_the_full_size_sees_them():
    alone, both = searched(wall(THIN))
    assert (alone > 127).any()
    np.testing.assert_array_equal(both, alone)


def test_a_thin_crack_beside_a_wide_one_stays_thin():
    alone, both = searched(wall(THIN, WIDE))
    np.testing.assert_array_equal(both[:400], alone[:400])
    assert (both[WIDE, 100:-100] > 127).mean() > 0.97


def test_what_is_less_likely_than_the_threshold_adds_no_crack():
    alone, both = searched(wall(WIDE), threshold=0.95)
    assert not (both > 0.95 * 255).any()
    np.testing.assert_array_equal(both, alone)


def test_a_shadow_is_not_as_dark_as_a_crack_inside():
    """0.55 and 0.32 of the light beside them, which the sRGB values 130 and 100 stand for."""
    alone, both = searched(wall(WIDE, level=130))
    np.testing.assert_array_equal(both, alone)
    _, both = searched(wall(WIDE, level=100))
    assert (both[WIDE, 100:-100] > 127).mean() > 0.97


def test_a_shadow_does_not_hide_a_crack_elsewhere():
    pixels = wall(WIDE)
    pixels[100:160, 80:-80] = 130
    alone, both = searched(pixels)
    np.testing.assert_array_equal(both[:300], alone[:300])
    assert (both[WIDE, 100:-100] > 127).mean() > 0.97


@pytest.mark.parametrize("sides", [(LEAST_SIDE_PX * REDUCTION - 1, 4000), (128, 128)])
def test_of_a_small_picture_there_is_no_copy(sides):
    assert reduced_copy(np.zeros((*sides, 3), np.uint8)) is None


def test_the_copy_leaves_out_at_most_three_rows_and_columns():
    copy = reduced_copy(np.zeros((515, 1027, 3), np.uint8))
    assert copy is not None and copy.shape == (128, 256, 3)


def test_a_picture_without_dark_places_is_left_alone():
    alone, both = searched(wall())
    np.testing.assert_array_equal(both, alone)
