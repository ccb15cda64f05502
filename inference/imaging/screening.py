"""Screening: a quick network finds the tiles that may hold a crack; only those are searched.

A patch classifier looks at the whole picture in squares side by side and says of each how likely
it holds a crack. Tiles that touch no suspicious patch need no segmentation. What is lost must be
next to nothing, so a patch is suspicious by hysteresis: strongly suspicious ones count alone,
weakly suspicious ones if one of their eight neighbours is suspicious too, because a crack seldom
ends within a patch and noise seldom has company.

Knows nothing about the network, like :mod:`inference.imaging.tiles`: it gets a function from
patches to probabilities.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from inference.imaging.tiles import EvenOut, Tile
from inference.types import RgbImage

PredictCrack = Callable[[npt.NDArray[np.uint8]], npt.NDArray[np.float32]]

# Weakly suspicious patches need this part of the odds of a strongly suspicious one.
WEAK_SHARE_OF_ODDS = 0.25

PATCHES_AT_ONCE = 64


@dataclass(frozen=True, slots=True)
class Screening:
    """The crack probability of each patch in a picture's grid.

    Attributes:
        probability: (rows, columns) float32, of the patches side by side from the top-left corner.
        patch_px: side of a patch; those at the right and lower border reach beyond the picture.
    """

    probability: npt.NDArray[np.float32]
    patch_px: int

    def suspicious(self, threshold: float) -> npt.NDArray[np.bool_]:
        """(rows, columns): patches that may hold a crack, by hysteresis.

        Args:
            threshold: probability from which a patch counts alone, between 0 and 1.
        """
        strong = self.probability >= threshold
        odds = WEAK_SHARE_OF_ODDS * threshold / max(1 - threshold, 1e-9)
        weak = self.probability >= odds / (1 + odds)
        count, parts = cv2.connectedComponents(weak.astype(np.uint8), connectivity=8)
        # A group of weak patches counts if it has a strong one or a second weak one.
        sizes = np.bincount(parts.ravel(), minlength=count)
        with_strong = np.zeros(count, bool)
        with_strong[np.unique(parts[strong])] = True
        kept = (with_strong | (sizes >= 2)) & (np.arange(count) > 0)
        return np.asarray(kept[parts], np.bool_)

    def needed(self, plan: Sequence[Tile], threshold: float) -> list[Tile]:
        """The tiles of a plan that touch a suspicious patch, in its order."""
        suspicious = self.suspicious(threshold)
        side = self.patch_px
        return [
            tile
            for tile in plan
            if suspicious[
                tile.y0 // side : -(-tile.y1 // side), tile.x0 // side : -(-tile.x1 // side)
            ].any()
        ]


def screen_picture(
    pixels: RgbImage,
    predict_crack: PredictCrack,
    patch_px: int,
    *,
    even_out: EvenOut | None = None,
) -> Screening:
    """Look at a whole picture, patch by patch.

    Args:
        pixels: (H, W, 3) uint8 RGB of any size.
        predict_crack: (N, patch_px, patch_px, 3) uint8 RGB -> (N,) float32 probability of crack,
            N <= ``PATCHES_AT_ONCE``.
        even_out: called with each patch's pixels and its x0, y0 before prediction, for example
            ``Illumination.even_out_roughly``.
    """
    height, width = pixels.shape[:2]
    rows, columns = -(-height // patch_px), -(-width // patch_px)
    probability = np.empty(rows * columns, np.float32)
    for first in range(0, len(probability), PATCHES_AT_ONCE):
        numbers = range(first, min(first + PATCHES_AT_ONCE, len(probability)))
        batch = np.empty((len(numbers), patch_px, patch_px, 3), np.uint8)
        for place, number in enumerate(numbers):
            y0, x0 = number // columns * patch_px, number % columns * patch_px
            batch[place] = _cut(pixels, x0, y0, patch_px, even_out)
        probability[first : first + len(numbers)] = predict_crack(batch)
    return Screening(probability.reshape(rows, columns), patch_px)


def _cut(
    pixels: RgbImage, x0: int, y0: int, patch_px: int, even_out: EvenOut | None
) -> npt.NDArray[np.uint8]:
    cut = pixels[y0 : y0 + patch_px, x0 : x0 + patch_px]
    if even_out is not None:
        cut = even_out(cut, x0, y0)
    below, right = patch_px - cut.shape[0], patch_px - cut.shape[1]
    if below or right:
        cut = np.asarray(
            cv2.copyMakeBorder(cut, 0, below, 0, right, cv2.BORDER_REFLECT_101), np.uint8
        )
    return cut
