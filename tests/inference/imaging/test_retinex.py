"""The light is evened out, the crack stays, and the tiling leaves no trace."""

import numpy as np
import pytest

from inference.imaging.retinex import estimate_illumination, even_out_picture
from inference.imaging.tiles import plan_tiles


def wall(height: int, width: int, light: np.ndarray | float = 1.0) -> np.ndarray:
    rng = np.random.default_rng(7)
    level = 170 + rng.normal(0, 6, (height, width))
    level[:, width // 2 : width // 2 + 3] = 70
    lit = np.clip(level * light, 0, 255)
    return np.repeat(lit[..., None], 3, axis=2).astype(np.uint8)


def test_a_light_gradient_is_taken_away_and_the_crack_is_kept():
    light = np.linspace(0.25, 1.3, 600)[:, None]
    picture = wall(600, 800, light)
    evened = even_out_picture(picture)
    bands_before = [picture[y : y + 60, :350].mean() for y in (0, 270, 540)]
    bands_after = [evened[y : y + 60, :350].mean() for y in (0, 270, 540)]
    assert max(bands_before) / min(bands_before) > 3
    assert max(bands_after) / min(bands_after) < 1.5
    crack, beside = evened[:, 401].mean(), evened[:, 350:390].mean()
    assert crack / beside < 0.55


def test_a_tile_is_the_same_whatever_the_tiling():
    picture = wall(700, 1111, np.linspace(1.4, 0.3, 1111)[None, :])
    illumination = estimate_illumination(picture)
    whole = illumination.even_out(picture)
    for tile in plan_tiles(1111, 700, 256, 32, shift_px=91):
        window = np.s_[tile.y0 : tile.y1, tile.x0 : tile.x1]
        piece = illumination.even_out(picture[window], tile.x0, tile.y0)
        assert np.array_equal(piece, whole[window])


def test_colours_keep_their_ratios():
    picture = np.empty((200, 300, 3), np.uint8)
    picture[:] = (120, 80, 40)
    evened = even_out_picture(picture).astype(float)
    assert evened[..., 0].mean() / evened[..., 2].mean() == pytest.approx(3.0, rel=0.03)


@pytest.mark.parametrize("shape", [(1, 1), (1, 900), (900, 1), (3, 5), (2000, 30)])
def test_odd_sizes_come_back_in_their_own_size(shape):
    picture = np.full((*shape, 3), 128, np.uint8)
    assert even_out_picture(picture).shape == (*shape, 3)


def test_black_stays_black_and_the_input_is_untouched():
    picture = np.zeros((50, 60, 3), np.uint8)
    assert not even_out_picture(picture).any()
    grey = wall(100, 100)
    before = grey.copy()
    even_out_picture(grey)
    assert np.array_equal(grey, before)


def test_a_tile_beyond_the_picture_is_refused_with_the_remedy():
    illumination = estimate_illumination(wall(100, 100))
    with pytest.raises(ValueError, match="cut the tile to the picture"):
        illumination.even_out(np.zeros((64, 64, 3), np.uint8), 60, 0)
