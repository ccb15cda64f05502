"""The shipped network finds cracks wider than those that it has learnt from."""

from __future__ import annotations

import dataclasses

import cv2
import numpy as np
import pytest

from inference.imaging.retinex import estimate_illumination
from inference.imaging.tiles import predict_probability
from inference.runtime.registry import load_model
from inference.search import search
from inference.types import ModelInfo
from tests.benchmarks.width.specs import specs_of
from tests.benchmarks.width.strips import draw_strip


@pytest.fixture(scope="module")
def model():
    return load_model("trace-edge", threads=2)


def photos(count: int, width_px: float):
    """Pictures of one crack, mirrored at their edges to 640 px, and its mask."""
    for spec in specs_of(4, count, "tuning"):
        plain = {"blur_px": 1.0, "floor": 0.1, "filled": 0.0, "spalls": 0, "tilt_deg": 0.0}
        strip = draw_strip(dataclasses.replace(spec, width_px=width_px, **plain))
        edge = 640 - len(strip.mask)
        pixels = cv2.copyMakeBorder(strip.pixels, 0, edge, 0, edge, cv2.BORDER_REFLECT_101)
        mask = cv2.copyMakeBorder(
            strip.mask.astype(np.uint8), 0, edge, 0, edge, cv2.BORDER_REFLECT_101
        )
        yield pixels, mask > 0


def test_gaping_cracks_are_found(model):
    before, after, beside = [], [], []
    level = model.info.threshold * 255
    for pixels, mask in photos(6, 80.0):
        even_out = estimate_illumination(pixels).even_out
        alone = predict_probability(pixels, model.predict, even_out=even_out, tile_px=model.tile_px)
        both = search(pixels, model, estimate_illumination(pixels)) >= level
        before.append((alone >= level)[mask].mean())
        after.append(both[mask].mean())
        beside.append((both & ~mask).sum() / mask.sum())
    assert np.mean(after) > np.mean(before) + 0.3
    assert np.mean(beside) < 0.1


class Watches:
    """A network that finds nothing and keeps what it was shown."""

    tile_px = 512
    info = ModelInfo("watches", "0" * 64, "none", 0.5, "")

    def __init__(self):
        self.shown = []

    def predict(self, tiles):
        self.shown.extend(tiles)
        return np.zeros(tiles.shape[:3], np.float32)


def test_the_light_is_evened_out_at_both_sizes():
    sides = (600, 2048)
    shade = np.linspace(200, 60, sides[1])[None, :, None]
    pixels = np.broadcast_to(shade, (*sides, 3)).astype(np.uint8)
    plain, evened = Watches(), Watches()
    search(pixels, plain, None)
    search(pixels, evened, estimate_illumination(pixels))
    assert len(plain.shown) == len(evened.shown) > 5
    *_, last = plain.shown  # the reduced copy is looked at last, in one tile
    assert np.ptp(last[64].mean(axis=1)) > 100
    for tile in evened.shown:
        assert np.ptp(tile[64].mean(axis=1)) < 50


def test_the_picture_is_only_read(model):
    pixels, _ = next(photos(1, 40.0))
    pixels.flags.writeable = False
    search(pixels, model, None)
