"""The tiles that calibrate int8: training pictures, cut as in the product."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import cv2
import numpy as np

from inference.imaging.retinex import even_out_picture
from inference.training.data.datasets import Pair, read_picture
from inference.training.fit.recipe import Recipe
from inference.types import RgbImage


def calibration_tiles(
    recipe: Recipe, training: Mapping[str, Sequence[Pair]], tile_px: int
) -> list[RgbImage]:
    """Random pictures of the recipe's sets by their weight, evened, cut or reflected to tiles."""
    rng = np.random.default_rng(recipe.seed)
    names = [each.name for each in recipe.sets if training[each.name]]
    weights = np.array([each.weight for each in recipe.sets if each.name in names])
    tiles = []
    for _ in range(recipe.quantisation.calibration_tiles):
        pairs = training[names[int(rng.choice(len(names), p=weights / weights.sum()))]]
        picture = read_picture(pairs[int(rng.integers(len(pairs)))].image)
        tiles.append(_tile(even_out_picture(picture), tile_px, rng))
    return tiles


def _tile(pixels: RgbImage, tile_px: int, rng: np.random.Generator) -> RgbImage:
    height, width = pixels.shape[:2]
    y0 = int(rng.integers(max(1, height - tile_px + 1)))
    x0 = int(rng.integers(max(1, width - tile_px + 1)))
    cut = pixels[y0 : y0 + tile_px, x0 : x0 + tile_px]
    below, right = tile_px - cut.shape[0], tile_px - cut.shape[1]
    return np.asarray(
        cv2.copyMakeBorder(cut, 0, below, 0, right, cv2.BORDER_REFLECT_101), dtype=np.uint8
    )
