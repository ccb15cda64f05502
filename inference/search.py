"""Searches a photo for cracks: the network runs tile by tile, at two sizes of the picture."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from inference.imaging.retinex import Illumination
from inference.imaging.tiles import Tile, predict_probability
from inference.imaging.wide_cracks import add_wide_cracks, reduced_copy
from inference.runtime import SegmentationModel
from inference.types import RgbImage


def search(
    pixels: RgbImage,
    model: SegmentationModel,
    light: Illumination | None,
    *,
    tiles: Sequence[Tile] | None = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> npt.NDArray[np.uint8]:
    """Crack probability of every pixel.

    Args:
        pixels: (H, W, 3) uint8 sRGB, upright; only read.
        light: of this picture, evened out before the network looks; None leaves it uneven.
        tiles, on_progress: as for :func:`inference.imaging.tiles.predict_probability`; wide cracks
            are looked for in the whole picture.

    Returns:
        (H, W) uint8, probability * 255.
    """
    found = predict_probability(
        pixels,
        model.predict,
        even_out=None if light is None else light.even_out,
        tile_px=model.tile_px,
        tiles=tiles,
        on_progress=on_progress,
    )
    reduced = reduced_copy(pixels)
    if reduced is not None:
        size = (reduced.shape[1], reduced.shape[0])
        add_wide_cracks(
            found,
            reduced,
            model.predict,
            model.info.threshold,
            even_out=None if light is None else replace(light, image_size_px=size).even_out,
            tile_px=model.tile_px,
        )
    return found
