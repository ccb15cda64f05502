"""Tables of sizes, and a synthetic network whose answer depends on its surroundings."""

import cv2
import numpy as np
import pytest

from inference.imaging.tiles import LATTICE_PX, Tile, plan_tiles, predict_probability, stitch


@pytest.mark.parametrize(
    ("width", "height", "count"),
    [
        (512, 512, 1),
        (100, 60, 1),
        (513, 512, 2),
        (960, 960, 4),
        (961, 960, 6),
        (4000, 3000, 63),
    ],
)
def test_the_plan_has_as_few_tiles_as_the_overlap_allows(width, height, count):
    assert len(plan_tiles(width, height, 512, 64)) == count


@pytest.mark.parametrize("shift_px", [0, 1, 100, 447, 448, 5000])
@pytest.mark.parametrize(("width", "height"), [(4000, 3000), (1500, 512), (700, 300), (513, 2049)])
def test_tiles_cover_the_picture_and_overlap(width, height, shift_px):
    tiles = plan_tiles(width, height, 512, 64, shift_px=shift_px)
    covered = np.zeros((height, width), np.uint8)
    for tile in tiles:
        assert tile.x0 % LATTICE_PX == 0 and tile.y0 % LATTICE_PX == 0
        assert tile.x1 == min(tile.x0 + 512, width) and tile.y1 == min(tile.y0 + 512, height)
        covered[tile.y0 : tile.y1, tile.x0 : tile.x1] += 1
    assert covered.min() >= 1
    for starts in ({t.x0 for t in tiles}, {t.y0 for t in tiles}):
        assert np.diff(sorted(starts), prepend=-1).max() <= 448
    assert tiles == sorted(tiles, key=lambda t: (t.y0, t.x0))


def test_senseless_plans_are_refused():
    with pytest.raises(ValueError, match="less than half a tile"):
        plan_tiles(100, 100, 64, 32)
    with pytest.raises(ValueError, match="no multiple"):
        plan_tiles(100, 100, 100, 32)
    with pytest.raises(ValueError, match="no tiles"):
        plan_tiles(0, 100)


def cracked(height: int, width: int) -> np.ndarray:
    """A grey wall with dark wandering lines."""
    rng = np.random.default_rng(3)
    picture = np.full((height, width, 3), 170, np.uint8)
    for _ in range(12):
        steps = np.cumsum(rng.normal(0, 9, (60, 2)) + rng.normal(0, 12, 2), axis=0)
        points = (steps + rng.uniform(0, (width, height))).astype(np.int32)
        cv2.polylines(picture, [points], False, (60, 60, 60), int(rng.integers(1, 5)))
    noise = rng.normal(0, 6, (height, width, 1))
    return np.clip(picture + noise, 0, 255).astype(np.uint8)


def local_network(batch: np.ndarray) -> np.ndarray:
    """Dark against its surroundings; zero padding spoils the tile's edges, as in a real one."""
    out = []
    for tile in batch:
        grey = tile[..., 0].astype(np.float32)
        around = cv2.blur(grey, (31, 31), borderType=cv2.BORDER_CONSTANT)
        out.append(1 / (1 + np.exp(-((around - grey) - 20) / 5)))
    return np.stack(out).astype(np.float32)


def test_shifting_the_grid_hardly_changes_the_cracks():
    picture = cracked(900, 1300)
    base = predict_probability(picture, local_network, tile_px=256, overlap_px=64) > 127
    assert base.sum() > 3000
    near_base = cv2.dilate(base.astype(np.uint8), np.ones((3, 3))) > 0
    for shift_px in (37, 96, 150):
        shifted = (
            predict_probability(
                picture, local_network, tile_px=256, overlap_px=64, shift_px=shift_px
            )
            > 127
        )
        near_shifted = cv2.dilate(shifted.astype(np.uint8), np.ones((3, 3))) > 0
        beyond = (shifted & ~near_base).sum() + (base & ~near_shifted).sum()
        assert beyond <= 0.005 * base.sum()


def test_feathering_hides_a_tile_that_answers_brighter():
    tiles = plan_tiles(448, 256, 256, 64)
    answers = [(tile, np.full((256, 256), 0.2 + 0.6 * (tile.x0 > 0))) for tile in tiles]
    stitched = stitch(answers, 448, 256, 64).astype(int)
    assert stitched[0, 0] == 51 and stitched[0, -1] == 204
    assert np.abs(np.diff(stitched, axis=1)).max() <= 7


@pytest.mark.parametrize("shape", [(1, 1), (40, 900), (200, 256), (255, 257)])
def test_an_identity_network_gives_the_picture_back(shape):
    rng = np.random.default_rng(1)
    picture = rng.integers(0, 256, (*shape, 3), dtype=np.uint8)
    seen: list[tuple[int, ...]] = []

    def identity(batch: np.ndarray) -> np.ndarray:
        seen.append(batch.shape)
        return batch[..., 1].astype(np.float32) / 255

    stitched = predict_probability(picture, identity, tile_px=256, overlap_px=32, batch_size=3)
    assert np.array_equal(stitched, picture[..., 1])
    assert all(shape[1:] == (256, 256, 3) and shape[0] <= 3 for shape in seen)


def test_each_tile_is_evened_out_at_its_own_place_and_progress_is_told():
    picture = np.zeros((300, 400, 3), np.uint8)
    places, progress = [], []

    def even_out(cut: np.ndarray, x0: int, y0: int) -> np.ndarray:
        places.append(Tile(x0, y0, x0 + cut.shape[1], y0 + cut.shape[0]))
        return np.full_like(cut, 255)

    stitched = predict_probability(
        picture,
        lambda batch: batch[..., 0].astype(np.float32) / 255,
        even_out=even_out,
        tile_px=256,
        overlap_px=32,
        on_progress=lambda done, total: progress.append((done, total)),
    )
    assert places == plan_tiles(400, 300, 256, 32)
    assert stitched.min() == 255
    assert progress == [(4, 4)]


def test_tiles_that_are_left_away_leave_zero_and_the_others_as_they_were():
    picture = np.random.default_rng(2).integers(0, 256, (700, 600, 3), dtype=np.uint8)
    plan = plan_tiles(600, 700, 256, 32)
    some = [tile for tile in plan if tile.y0 > 0 and tile.x0 == 0]
    progress = []
    stitched = predict_probability(
        picture,
        lambda batch: batch[..., 1].astype(np.float32) / 255,
        tile_px=256,
        overlap_px=32,
        tiles=some,
        on_progress=lambda done, total: progress.append((done, total)),
    )
    covered = np.zeros(stitched.shape, bool)
    for tile in some:
        covered[tile.y0 : tile.y1, tile.x0 : tile.x1] = True
    assert 0 < len(some) < len(plan) and not covered.all()
    assert not stitched[~covered].any()
    assert np.array_equal(stitched[covered], picture[..., 1][covered])
    assert progress[-1] == (len(some), len(some))


def test_without_tiles_there_is_nothing():
    picture = np.full((600, 700, 3), 90, np.uint8)
    assert not predict_probability(picture, local_network, tiles=[]).any()
