"""Large photographs become pieces that fit together and keep their truth; small ones stay."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from inference.training.data import large_pictures
from inference.training.data.datasets import Pair, read_pair
from inference.training.data.gather import TrainingData
from inference.training.data.large_pictures import PIECE_PX, cut_large


def photo(folder, name, size, crack_x=None):
    """A ramp of brightness, so that every place is known by its value, and an upright crack."""
    height, width = size
    pixels = np.zeros((height, width, 3), np.uint8)
    pixels[..., 0] = np.arange(width) // 8 % 256
    pixels[..., 1] = (np.arange(height) // 8 % 256)[:, None]
    mask = np.zeros(size, np.uint8)
    if crack_x is not None:
        mask[:, crack_x] = 255
    image, truth = folder / f"{name}.png", folder / f"{name}.mask.png"
    cv2.imwrite(str(image), pixels[..., ::-1])
    cv2.imwrite(str(truth), mask)
    return Pair(image, truth, site="pier")


@pytest.fixture
def data(tmp_path):
    large = photo(tmp_path, "large one", (1500, 2000), crack_x=30)
    small = photo(tmp_path, "small", (300, 400), crack_x=5)
    clean = photo(tmp_path, "clean", (1500, 2000))
    return TrainingData({"wall": (large, small)}, {"wall": (clean,)}, ())


def test_pieces_hold_the_crack_and_their_part_of_the_picture(data, tmp_path):
    lines = []
    cut = cut_large(data, tmp_path / "pieces", lines.append)
    *pieces, small = cut.training["wall"]
    assert small == data.training["wall"][1]
    assert all(piece.site == "pier" for piece in pieces)
    cracked = 0
    for piece in pieces:
        pixels, mask = read_pair(piece)
        assert mask.shape == (PIECE_PX, PIECE_PX)
        y, x = map(int, piece.stem.split("_")[-2:])
        assert pixels[100, 100, 0] == (x + 100) // 8
        assert pixels[100, 100, 1] == (y + 100) // 8
        np.testing.assert_array_equal(np.flatnonzero(mask.any(0)), [30 - x] if x == 0 else [])
        cracked += bool(mask.any())
    assert cracked >= 2
    assert len(pieces) - cracked >= 1
    assert len(cut.validation["wall"]) == 2  # of a photo without cracks, a few
    assert "2 large pictures were cut" in lines[0]


def test_pieces_are_cut_once(data, tmp_path, monkeypatch):
    first = cut_large(data, tmp_path / "pieces", print)
    monkeypatch.setattr(large_pictures, "_cut", lambda *_: pytest.fail("cut again"))
    assert cut_large(data, tmp_path / "pieces", print) == first


def test_nothing_is_written_for_small_pictures(data, tmp_path):
    small = TrainingData({"wall": data.training["wall"][1:]}, {"wall": ()}, ())
    assert cut_large(small, tmp_path / "pieces", pytest.fail) == small
    assert not (tmp_path / "pieces").exists()
