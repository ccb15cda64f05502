"""Finds cracks wider than the network has learnt, in a copy of the picture a quarter as large.

A network learns from pictures in which cracks are 2 to 20 pixels wide. Of one that is 60 pixels
wide, a gaping crack or a photo from very near, it marks the edges or nothing: in its view that is a
dark area. In the reduced copy the same crack has a usual width. What is wide there is added to what
was found at full size; what is thin there is left to the full size, which sees it better.

Knows nothing about the network, like :mod:`inference.imaging.tiles`.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from inference.imaging.linear_light import linear_luminance
from inference.imaging.quality import LIMITS
from inference.imaging.tiles import EvenOut, PredictBatch, predict_probability
from inference.types import Mask, RgbImage

REDUCTION = 4
# Least width in the reduced copy, so 28 px in the picture. Chosen on validation pictures: with 5
# thin cracks of rissbilder_walls get fat, with 9 half of the gain on concrete_wall_photos is lost.
LEAST_WIDTH_PX = 7
# The shortest side that a photo must have: a smaller copy shows too little around a crack. With
# copies of 64 px F1 of the test pictures of deepcrack_256 falls by 0.004.
LEAST_SIDE_PX = LIMITS.short_side_px
# So wide a crack shows its dark inside: the light in it over the light beside it. 26 pieces on
# cracks of the training pictures of concrete_wall_photos have 0.29 at most; renderings of shadows
# of branches and bars, which the sky still lights, have 0.59 and more.
LIGHT_INSIDE = 0.45
# The concrete beside it, in the reduced copy: from, to.
BESIDE_PX = (2, 7)


def reduced_copy(pixels: RgbImage) -> RgbImage | None:
    """The copy to look for wide cracks in, or None where the picture is too small for one."""
    height, width = (side // REDUCTION for side in pixels.shape[:2])
    if min(height, width) < LEAST_SIDE_PX:
        return None
    whole = pixels[: height * REDUCTION, : width * REDUCTION]
    return np.asarray(cv2.resize(whole, (width, height), interpolation=cv2.INTER_AREA), np.uint8)


def add_wide_cracks(
    probability_u8: npt.NDArray[np.uint8],
    reduced: RgbImage,
    predict_batch: PredictBatch,
    threshold: float,
    *,
    even_out: EvenOut | None = None,
    tile_px: int,
) -> None:
    """Raise the probability where the reduced copy shows a wide crack.

    Args:
        probability_u8: (H, W) crack probability times 255 at full size; changed in place.
        reduced: from :func:`reduced_copy`.
        predict_batch, even_out, tile_px: as for
            :func:`inference.imaging.tiles.predict_probability`, of the reduced copy.
        threshold: probability from which a pixel counts as crack.
    """
    seen = predict_probability(reduced, predict_batch, even_out=even_out, tile_px=tile_px)
    level = int(np.ceil(threshold * 255.0))
    wide = _opened(np.asarray(seen >= level, np.uint8))
    count, pieces, boxes, _ = cv2.connectedComponentsWithStats(wide, connectivity=8)
    # Piece by piece: an enlarged map of the whole would be another copy of the picture.
    for number in range(1, count):
        left, top, across, down, _ = boxes[number]
        y0, x0 = max(0, top - BESIDE_PX[1]), max(0, left - BESIDE_PX[1])
        window = np.s_[y0 : top + down + BESIDE_PX[1], x0 : left + across + BESIDE_PX[1]]
        piece = np.asarray(pieces[window] == number, np.uint8)
        if not _is_dark_inside(reduced[window], piece, seen[window] < level):
            continue
        # Beside it the probability falls off as it was seen, so that the edge is smooth.
        shown = np.where(piece > 0, seen[window], np.minimum(seen[window], level - 1))
        shown[_grown(piece, 1) == 0] = 0
        enlarged = cv2.resize(
            shown.astype(np.uint8), None, fx=REDUCTION, fy=REDUCTION,
            interpolation=cv2.INTER_LINEAR,
        )  # fmt: skip
        y, x = y0 * REDUCTION, x0 * REDUCTION
        there = probability_u8[y : y + enlarged.shape[0], x : x + enlarged.shape[1]]
        np.maximum(there, enlarged, out=there)


def _is_dark_inside(pixels: RgbImage, piece: Mask, background: npt.NDArray[np.bool_]) -> bool:
    """Whether a piece is as dark against the concrete beside it as only a crack is."""
    near, far = BESIDE_PX
    beside = (_grown(piece, far) > 0) & (_grown(piece, near) == 0) & background
    inside = cv2.erode(piece, np.ones((3, 3), np.uint8)) > 0
    if not beside.any() or not inside.any():
        return False  # all of it is dark: that is no crack in a wall
    light = linear_luminance(pixels)
    return bool(np.median(light[inside]) < LIGHT_INSIDE * np.median(light[beside]))


def _grown(mask: Mask, by_px: int) -> Mask:
    side = 2 * by_px + 1
    return np.asarray(cv2.dilate(mask, np.ones((side, side), np.uint8)), np.uint8)


def _opened(mask: Mask) -> Mask:
    """The part of a mask of 0 and 1 into which a disc of the least width fits."""
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (LEAST_WIDTH_PX, LEAST_WIDTH_PX))
    return np.asarray(cv2.morphologyEx(mask, cv2.MORPH_OPEN, disc), np.uint8)
