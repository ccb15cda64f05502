"""Mosaics of labelled pictures at their own size, as large photos for evaluating a screen.

The sets at hand hold pictures of a quarter of a megapixel; a photo has twelve, mostly clean wall
with a crack here and there. A mosaic is such a photo: a grid of squares, most of them from
pictures without cracks, some from pictures with. Pictures smaller than a square share it, larger
ones are cut, turned and mirrored at will, none is enlarged or shrunk.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from skimage.morphology import skeletonize

from inference.training.data.datasets import Pair, read_pair
from inference.training.data.patches import mirrored_to
from inference.types import Mask, RgbImage

WIDTH_PX, HEIGHT_PX = 4000, 3000
SQUARE_PX = 512
CRACKED_SHARE = 0.15  # of the squares


@dataclass(frozen=True, slots=True)
class Mosaic:
    """A large picture with the truth about it.

    Attributes:
        pixels: (H, W, 3) uint8 RGB.
        mask: (H, W) uint8, 0 or 255.
        line: (H, W) the mask's centreline.
    """

    pixels: RgbImage
    mask: Mask
    line: npt.NDArray[np.bool_]


def lay_mosaic(
    cracked: Sequence[Pair],
    clean: Sequence[Pair],
    rng: np.random.Generator,
    *,
    size_px: tuple[int, int] = (WIDTH_PX, HEIGHT_PX),
) -> Mosaic:
    """One mosaic of randomly drawn pictures.

    Args:
        cracked: pictures that may have cracks.
        clean: pictures that have none.
        size_px: width and height.

    Raises:
        ValueError: if either kind is missing.
    """
    for pairs, what in ((cracked, "with cracks"), (clean, "without cracks")):
        if not pairs:
            raise ValueError(f"A mosaic needs pictures {what}, and there are none.")
    width, height = size_px
    rows, columns = -(-height // SQUARE_PX), -(-width // SQUARE_PX)
    pixels = np.empty((rows * SQUARE_PX, columns * SQUARE_PX, 3), np.uint8)
    mask = np.empty((rows * SQUARE_PX, columns * SQUARE_PX), np.uint8)
    with_cracks = np.zeros(rows * columns, bool)
    with_cracks[: max(1, round(CRACKED_SHARE * rows * columns))] = True
    rng.shuffle(with_cracks)
    for number, has_crack in enumerate(with_cracks):
        y, x = (place * SQUARE_PX for place in divmod(number, columns))
        window = np.s_[y : y + SQUARE_PX, x : x + SQUARE_PX]
        pixels[window], mask[window] = _square(cracked if has_crack else clean, rng)
    mask = mask[:height, :width]
    return Mosaic(pixels[:height, :width], mask, np.asarray(skeletonize(mask > 0), np.bool_))


def _square(pairs: Sequence[Pair], rng: np.random.Generator) -> tuple[RgbImage, Mask]:
    """One picture's cut, or four pictures where the first one drawn is small."""
    first, first_mask = _drawn(pairs, rng)
    if 2 * max(first_mask.shape) > SQUARE_PX:
        return _cut(first, first_mask, SQUARE_PX, rng)
    half = SQUARE_PX // 2
    pixels = np.empty((SQUARE_PX, SQUARE_PX, 3), np.uint8)
    mask = np.empty((SQUARE_PX, SQUARE_PX), np.uint8)
    for y in (0, half):
        for x in (0, half):
            window = np.s_[y : y + half, x : x + half]
            pixels[window], mask[window] = _cut(first, first_mask, half, rng)
            first, first_mask = _drawn(pairs, rng)
    return pixels, mask


def _drawn(pairs: Sequence[Pair], rng: np.random.Generator) -> tuple[RgbImage, Mask]:
    """A random picture in one of its eight turns and mirrorings."""
    pixels, mask = read_pair(pairs[int(rng.integers(len(pairs)))])
    quarter, mirrored = int(rng.integers(4)), bool(rng.integers(2))
    pixels, mask = np.rot90(pixels, quarter), np.rot90(mask, quarter)
    return (pixels[:, ::-1], mask[:, ::-1]) if mirrored else (pixels, mask)


def _cut(
    pixels: RgbImage, mask: Mask, side_px: int, rng: np.random.Generator
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8]]:
    y, x = (int(rng.integers(max(1, side - side_px + 1))) for side in mask.shape)
    window = np.s_[y : y + side_px, x : x + side_px]
    return mirrored_to(pixels[window], side_px), mirrored_to(mask[window], side_px)
