"""The mask that the shipped network makes of a strip, instead of the true one."""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np
import numpy.typing as npt

from inference.imaging.retinex import estimate_illumination
from inference.runtime import SegmentationModel
from inference.runtime.registry import load_model
from inference.search import search
from tests.benchmarks.width.strips import Strip


def find_mask(strip: Strip) -> npt.NDArray[np.bool_]:
    """(H, W) bool; strips smaller than a tile are mirrored at their edges, as photos are."""
    model = _model()
    high, wide = strip.pixels.shape[:2]
    down, right = max(0, model.tile_px - high), max(0, model.tile_px - wide)
    padded = cv2.copyMakeBorder(strip.pixels, 0, down, 0, right, cv2.BORDER_REFLECT_101)
    pixels = np.asarray(padded, np.uint8)
    found = search(pixels, model, estimate_illumination(pixels))
    return np.asarray(found[:high, :wide] > 255 * model.info.threshold, bool)


@cache
def _model() -> SegmentationModel:
    return load_model(None, threads=1)
