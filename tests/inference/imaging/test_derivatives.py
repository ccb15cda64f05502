"""Thumbnails and viewer tiles: upright pixels in, small clean files out."""

import numpy as np
import pytest
from PIL import Image

from inference.imaging.derivatives import write_thumbnail, write_viewer_tiles


def gradient(height: int, width: int) -> np.ndarray:
    """Red grows to the right, green downwards: every place has its own colour."""
    red = np.broadcast_to(np.linspace(0, 255, width), (height, width))
    green = np.broadcast_to(np.linspace(0, 255, height)[:, None], (height, width))
    return np.stack([red, green, np.full((height, width), 60.0)], axis=2).astype(np.uint8)


@pytest.mark.parametrize("name", ["small.webp", "small.jpg"])
@pytest.mark.parametrize(
    ("shape", "size"),
    [((1500, 2000), (480, 360)), ((100, 50), (50, 100)), ((1, 1), (1, 1)), ((2, 9000), (480, 1))],
)
def test_the_thumbnail_has_the_right_size_and_no_metadata(name, shape, size, tmp_path):
    write_thumbnail(gradient(*shape), tmp_path / name)
    with Image.open(tmp_path / name) as image:
        assert image.format == ("WEBP" if name.endswith("webp") else "JPEG")
        assert image.size == size
        assert not image.getexif() and "icc_profile" not in image.info


@pytest.mark.parametrize(
    ("shape", "max_zoom", "deepest"),
    [
        ((1, 1), 0, 1),
        ((256, 256), 0, 1),
        ((256, 257), 1, 2),
        ((512, 300), 1, 4),
        ((1025, 700), 3, 15),
    ],
)
def test_the_pyramid_is_complete_and_every_tile_full(shape, max_zoom, deepest, tmp_path):
    assert write_viewer_tiles(gradient(*shape), tmp_path) == max_zoom
    assert sorted(int(p.name) for p in tmp_path.iterdir()) == list(range(max_zoom + 1))
    assert [str(p.relative_to(tmp_path)) for p in (tmp_path / "0").rglob("*.jpg")] == ["0/0/0.jpg"]
    assert len(list((tmp_path / str(max_zoom)).rglob("*.jpg"))) == deepest
    for path in tmp_path.rglob("*.jpg"):
        with Image.open(path) as tile:
            assert tile.size == (256, 256) and not tile.getexif()


def test_each_level_lies_where_leaflet_expects_it(tmp_path):
    picture = gradient(701, 1001)
    max_zoom = write_viewer_tiles(picture, tmp_path)
    for zoom in range(max_zoom + 1):
        factor = 2 ** (max_zoom - zoom)
        for x, y in ((40, 60), (500, 350), (990, 690)):
            tile_x, tile_y = x // factor // 256, y // factor // 256
            tile = np.asarray(Image.open(tmp_path / f"{zoom}/{tile_x}/{tile_y}.jpg"))
            shown = tile[y // factor % 256, x // factor % 256].astype(int)
            expected = picture[y, x].astype(int)
            assert np.abs(shown - expected)[:2].max() <= 6 + factor


def test_the_empty_part_of_an_edge_tile_is_the_viewers_frame(tmp_path):
    write_viewer_tiles(gradient(100, 100), tmp_path)
    tile = np.asarray(Image.open(tmp_path / "0/0/0.jpg"))
    assert np.abs(tile[200:, 200:].astype(int) - (0x22, 0x28, 0x2A)).max() <= 2


def test_a_folder_that_cannot_be_written_is_an_os_error(tmp_path):
    (tmp_path / "0").write_text("in the way")
    with pytest.raises(OSError):
        write_viewer_tiles(gradient(10, 10), tmp_path)
