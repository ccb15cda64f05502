"""Screening: which tiles are in doubt, and that nothing near a crack is ever skipped."""

from __future__ import annotations

import numpy as np
import pytest

from inference.imaging.screening import Screening, screen_picture
from inference.imaging.tiles import plan_tiles

PATCH_PX = 128


def dark_share(patches: np.ndarray) -> np.ndarray:
    """A stand-in for the network that can be reckoned by hand: share of black pixels x 100."""
    return np.minimum(1, 100 * (patches[..., 0] < 50).mean(axis=(1, 2))).astype(np.float32)


def grid(values: list[list[float]]) -> Screening:
    return Screening(np.array(values, np.float32), PATCH_PX)


def test_every_patch_is_looked_at_in_its_place():
    pixels = np.full((300, 500, 3), 200, np.uint8)
    pixels[10:20, 140:150] = 0  # row 0, column 1
    pixels[290:300, 490:500] = 0  # last row and column, which reach beyond the picture
    found = screen_picture(pixels, dark_share, PATCH_PX)
    assert found.probability.shape == (3, 4)
    assert set(zip(*np.nonzero(found.probability > 0), strict=True)) == {(0, 1), (2, 3)}


@pytest.mark.parametrize("shape", [(1, 1), (5, 700), (128, 128), (129, 127)])
def test_pictures_of_any_size(shape):
    found = screen_picture(np.full((*shape, 3), 200, np.uint8), dark_share, PATCH_PX)
    assert found.probability.shape == (-(-shape[0] // PATCH_PX), -(-shape[1] // PATCH_PX))
    assert not found.probability.any()


def test_patches_are_evened_where_they_lie():
    seen = []

    def even_out(cut, x0, y0):
        seen.append((x0, y0, cut.shape[:2]))
        return np.zeros_like(cut)

    pixels = np.full((200, 300, 3), 200, np.uint8)
    found = screen_picture(pixels, dark_share, PATCH_PX, even_out=even_out)
    assert (found.probability == 1).all()
    assert seen[:3] == [(0, 0, (128, 128)), (128, 0, (128, 128)), (256, 0, (128, 44))]


def test_a_strong_patch_counts_alone_and_a_weak_one_in_company():
    weak, strong = 0.3, 0.7
    found = grid([[0, 0, 0, 0, weak], [0, weak, 0, 0, 0], [0, 0, weak, 0, 0], [0, 0, 0, 0, strong]])
    suspicious = found.suspicious(0.5)
    # The two weak ones touch at a corner; the one at the top right is alone.
    assert suspicious.tolist() == [
        [False, False, False, False, False],
        [False, True, False, False, False],
        [False, False, True, False, False],
        [False, False, False, False, True],
    ]


def test_a_weak_patch_counts_beside_a_strong_one():
    assert grid([[0.3, 0.7, 0.0]]).suspicious(0.5).tolist() == [[True, True, False]]
    assert not grid([[0.1, 0.45, 0.0]]).suspicious(0.5).any()


def test_only_tiles_that_touch_a_suspicious_patch_are_needed():
    plan = plan_tiles(2048, 1024)
    nothing = np.zeros((8, 16), np.float32)
    assert Screening(nothing, PATCH_PX).needed(plan, 0.5) == []
    for row, column in [(0, 0), (3, 7), (7, 15)]:
        probability = nothing.copy()
        probability[row, column] = 0.9
        needed = Screening(probability, PATCH_PX).needed(plan, 0.5)
        x0, y0 = column * PATCH_PX, row * PATCH_PX
        touching = [
            tile
            for tile in plan
            if tile.x0 < x0 + PATCH_PX and x0 < tile.x1 and tile.y0 < y0 + PATCH_PX and y0 < tile.y1
        ]
        assert needed == touching and 0 < len(needed) < len(plan)
