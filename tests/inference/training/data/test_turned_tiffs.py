"""Turned, uncompressed TIFFs as training data: pictures and masks as they stand upright."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from inference.training.data.masks import NOT_BLACK, MaskValues, read_mask
from inference.training.data.pictures import read_upright, upright_size


def turned(path: Path, stored: np.ndarray, orientation: int) -> Path:
    exif = Image.Exif()
    exif[0x0112] = orientation
    Image.fromarray(stored).save(path, exif=exif)
    return path


@pytest.mark.parametrize("orientation", [6, 8])
def test_a_grey_picture(tmp_path: Path, orientation: int) -> None:
    stored = (np.arange(40 * 60) % 251).astype(np.uint8).reshape(40, 60)
    path = turned(tmp_path / "grey.tif", stored, orientation)

    picture = read_upright(path)
    upright = np.rot90(stored, -1 if orientation == 6 else 1)
    np.testing.assert_array_equal(picture.pixels, np.repeat(upright[..., None], 3, axis=2))
    assert upright_size(path) == (40, 60)


@pytest.mark.parametrize(
    ("values", "crack"),
    [
        (NOT_BLACK, 255),
        (MaskValues(ids=(3,), known_ids=(0, 3)), 3),
        (MaskValues(colours=((255, 255, 255),), known_colours=((0, 0, 0),)), 255),
    ],
    ids=["grey", "class ids", "colours"],
)
def test_a_mask(tmp_path: Path, values: MaskValues, crack: int) -> None:
    stored = np.zeros((40, 60), np.uint8)
    stored[5:9, 3:50] = crack
    if values.colours:
        stored = np.repeat(stored[..., None], 3, axis=2)
    path = turned(tmp_path / "mask.tif", stored, 6)

    wanted = np.rot90(stored if stored.ndim == 2 else stored[..., 0], -1) == crack
    np.testing.assert_array_equal(read_mask(path, values) == 255, wanted)


def test_an_empty_mask_is_told(tmp_path: Path) -> None:
    path = tmp_path / "mask.png"
    path.write_bytes(b"")
    with pytest.raises(ValueError, match=r"mask\.png"):
        read_mask(path)
