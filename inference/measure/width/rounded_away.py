"""The darkness of a crack that JPEG has rounded away, on average over its stations.

A crack comes out of a JPEG wider and lighter than it went in, at quality 75 by up to two tenths of
a pixel, all along in the same sense: no average over runs takes that away. From a first fit it is
known roughly how the crack should look. What the file's rounding must have done to that
(:mod:`inference.imaging.jpeg_rounding`), in blocks that lie to the crack and to the grain as these
do, is added to all its profiles before they are fitted again.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from inference.imaging.jpeg_rounding import (
    BLOCK_PX,
    LUMA_OF_RGB,
    JpegRounding,
    RoundedBlocks,
    as_blocks,
    from_blocks,
)
from inference.imaging.linear_light import linear_of_srgb, srgb_of_linear
from inference.measure.line import centreline
from inference.measure.line.centreline import Points
from inference.types import RgbImage

Array = npt.NDArray[np.float64]

# Number of pieces of the crack to look at, and of stations in each. More pieces do not change the
# mean, and the time does not grow with the length of the crack.
PIECES, PIECE_STATIONS = 3, 64
# The crack is expected within so much beside its edges; what lies beyond stays as it is.
BESIDE_PX = 10.0
# The concrete's own light is what is seen so far from the crack's edges, and is as smooth.
CLEAR_PX, SMOOTH_PX, SMOOTH_OF_WIDTH = 3.5, 6.0, 0.7


@dataclass(frozen=True, slots=True)
class ExpectedCrack:
    """The expected profile across a crack.

    Attributes:
        distance_px: from its middle, (samples,) from 0 outwards, finely spaced; pixels.
        dark: (samples,) relative to the concrete there.
    """

    distance_px: Array
    dark: Array


class RoundedCrack:
    """Pieces of one crack in a JPEG, ready to be asked more than once."""

    def __init__(
        self,
        pixels: RgbImage,
        rounding: JpegRounding,
        stations: Points,
        seen: npt.NDArray[np.bool_],
        offsets_px: Array,
        width_px: float,
        reduction: int,
    ) -> None:
        """
        Args:
            pixels: (H, W, 3) uint8 sRGB, upright, as decoded.
            stations: (N, 2) evenly spaced along the crack. seen: (N,) those that are measured.
            offsets_px: (samples,) of the profiles. width_px: of the crack, roughly. Both in pixels
                of the picture.
            reduction: pixels of the picture per pixel of the profiles.
        """
        self._samples = len(offsets_px)
        line = centreline.resample(stations, 1.0)
        across = centreline.normals(stations)
        self._pieces: list[_Piece] = []
        for numbers in _pieces(seen):
            whole_px = _whole_blocks(pixels, rounding, stations[numbers], width_px)
            if whole_px is None:
                continue
            left, top, right, bottom = whole_px
            chosen, corner_px = numbers[seen[numbers]], np.array([left, top])
            at = stations[chosen][:, None] + across[chosen][:, None] * offsets_px[:, None]
            luma = pixels[top:bottom, left:right].astype(np.float64) @ np.array(LUMA_OF_RGB)
            places = ((at - corner_px + 0.5) / reduction - 0.5).astype(np.float32)
            self._pieces.append(
                _Piece(luma, rounding, line - corner_px, width_px, places, reduction)
            )

    def darkness(self, expected: ExpectedCrack) -> Array:
        """What to add to the darkness of every profile, (samples,); zeros where none is known."""
        if not self._pieces:
            return np.zeros(self._samples)
        found = np.concatenate([piece.darkness(expected) for piece in self._pieces])
        return np.asarray(found.mean(axis=0))


def _pieces(seen: npt.NDArray[np.bool_]) -> list[npt.NDArray[np.intp]]:
    """Stretches of stations that are mostly measured, evenly along the crack."""
    numbers = np.arange(len(seen))
    pieces = np.array_split(numbers, max(1, round(len(seen) / PIECE_STATIONS)))
    useful = [piece for piece in pieces if seen[piece].mean() > 0.5] or [
        piece for piece in pieces if seen[piece].any()
    ]
    if len(useful) <= PIECES:
        return useful
    return [useful[round(at)] for at in np.linspace(0, len(useful) - 1, PIECES)]


def _whole_blocks(
    pixels: RgbImage, rounding: JpegRounding, stations: Points, width_px: float
) -> tuple[int, int, int, int] | None:
    """Left, top, right and bottom of the blocks around some stations; None where none is whole."""
    first, size = np.array(rounding.first_px), np.array(pixels.shape[1::-1])
    reach_px = 0.5 * width_px + BESIDE_PX
    low = np.floor((stations.min(axis=0) - reach_px - first) / BLOCK_PX).astype(np.intp)
    high = np.ceil((stations.max(axis=0) + reach_px - first) / BLOCK_PX).astype(np.intp)
    low, high = np.maximum(low, 0), np.minimum(high, (size - first) // BLOCK_PX)
    if (high <= low).any():
        return None
    (left, top), (right, bottom) = first + low * BLOCK_PX, first + high * BLOCK_PX
    return int(left), int(top), int(right), int(bottom)


class _Piece:
    """A piece of the crack: the blocks that it touches, and where its profiles look."""

    def __init__(
        self,
        luma: Array,
        rounding: JpegRounding,
        line: Points,
        width_px: float,
        places: npt.NDArray[np.float32],
        reduction: int,
    ) -> None:
        """
        Args:
            luma: (h, w) of whole blocks, 0..255, as decoded. line: (N, 2) the crack in them.
            places: (stations, samples, 2) x and y in ``luma`` after ``reduction``.
        """
        distance, offset = _offsets_from(line, luma.shape)
        crack = distance < 0.5 * width_px + CLEAR_PX
        near = distance < 0.5 * width_px + BESIDE_PX
        smooth = _smooth_beside(luma, ~crack, max(SMOOTH_PX, SMOOTH_OF_WIDTH * width_px))
        self._touched = np.asarray(as_blocks(near).any(axis=(2, 3)), bool)
        seen, plain = as_blocks(luma)[self._touched], as_blocks(smooth)[self._touched]
        beside = np.asarray(~as_blocks(crack)[self._touched].any(axis=(1, 2)), bool)
        self._blocks = RoundedBlocks(seen, plain, beside, rounding)
        self._light, self._level = linear_of_srgb(seen / 255.0), linear_of_srgb(plain / 255.0)
        # Beyond the reach no crack is expected.
        self._offset_px = as_blocks(np.where(near, np.abs(offset), np.inf))[self._touched]
        self._places, self._reduction = places, reduction

    def darkness(self, expected: ExpectedCrack) -> npt.NDArray[np.float32]:
        """(stations, samples) what rounding took of it, relative to the concrete's light."""
        dark = np.interp(self._offset_px, expected.distance_px, expected.dark, right=0.0)
        likely = self._blocks.likely(255.0 * srgb_of_linear(self._level * (1.0 - dark)))
        restored = linear_of_srgb(np.clip(likely / 255.0, 0.0, 1.0))
        taken = np.zeros((*self._touched.shape, BLOCK_PX, BLOCK_PX), np.float32)
        taken[self._touched] = (self._light - restored) / np.maximum(self._level, 1e-3)
        return _sampled(from_blocks(taken), self._places, self._reduction)


def _offsets_from(line: Points, shape: tuple[int, ...]) -> tuple[Array, Array]:
    """Distance from a line and signed offset along its normal, of every pixel of a picture."""
    height, width = shape
    column, row = np.rint(line).astype(np.intp).T
    here = np.flatnonzero((column >= 0) & (column < width) & (row >= 0) & (row < height))
    free = np.ones((height, width), np.uint8)
    number = np.zeros((height, width), np.intp)
    free[row[here], column[here]] = 0
    number[row[here], column[here]] = here
    _, label = cv2.distanceTransformWithLabels(
        free, cv2.DIST_L2, cv2.DIST_MASK_5, labelType=cv2.DIST_LABEL_PIXEL
    )
    of_label = np.zeros(int(label.max()) + 1, np.intp)
    on_line = free == 0
    of_label[label[on_line]] = number[on_line]
    nearest = of_label[label]
    across = centreline.normals(line)
    x = np.arange(width)[None, :] - line[:, 0][nearest]
    y = np.arange(height)[:, None] - line[:, 1][nearest]
    return np.hypot(x, y), x * across[:, 0][nearest] + y * across[:, 1][nearest]


def _smooth_beside(luma: Array, beside: npt.NDArray[np.bool_], sigma_px: float) -> Array:
    """Gaussian mean of the luma of those pixels alone; what none is near to stays as it is."""
    weight = cv2.GaussianBlur(beside.astype(np.float32), (0, 0), sigma_px)
    total = cv2.GaussianBlur((luma * beside).astype(np.float32), (0, 0), sigma_px)
    return np.where(weight > 1e-3, total / np.maximum(weight, 1e-3), luma)


def _sampled(
    image: npt.NDArray[np.float32], places: npt.NDArray[np.float32], reduction: int
) -> npt.NDArray[np.float32]:
    """Values of an image at places of it after reduction, as the profiles are sampled."""
    if reduction > 1:
        size = (image.shape[1] // reduction, image.shape[0] // reduction)
        whole = image[: size[1] * reduction, : size[0] * reduction]
        image = np.asarray(cv2.resize(whole, size, interpolation=cv2.INTER_AREA), np.float32)
    x, y = (np.ascontiguousarray(places[:, :, axis]) for axis in (0, 1))
    sampled = cv2.remap(image, x, y, cv2.INTER_LANCZOS4, borderMode=cv2.BORDER_CONSTANT)
    return np.asarray(sampled, np.float32)
