"""Estimates what JPEG compression rounded away.

A JPEG file holds the frequencies of blocks of 8 x 8 pixels as multiples of steps that the file
states (ITU-T T.81, annex A). Each lies within half a step of what the camera saw. Small ones
become 0: a thin dark line loses most of its high frequencies, and so looks wider and lighter than
it was. If the block to expect is known, more can be said than the file says: of all blocks that
are rounded to the same numbers, those near the expected block are the likely ones.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt
from PIL import Image
from scipy.fft import dctn, idctn
from scipy.special import ndtr

Array = npt.NDArray[np.float64]
Scalar = TypeVar("Scalar", bound=np.generic)

BLOCK_PX = 8
# ITU-R BT.601, as JFIF has it: the luma that is cut into blocks.
LUMA_OF_RGB = (0.299, 0.587, 0.114)
# A frequency that is 0 in all blocks tells nothing of its scatter but that it is well below a step.
HIDDEN_SHARE_OF_STEP = 1.0 / 6.0
LEAST_SD = 0.3
FARTHEST_SD = 6.0
# Steps of quality 93 and finer, which most cameras use: cracks of 0.7 to 9 px read at most 0.03 px
# too wide in such files; at quality 85 it is 0.08 px, at 60 up to 0.3 px.
FINE_STEPS_MEAN = 9.0


@dataclass(frozen=True, slots=True)
class JpegRounding:
    """The rounding of an upright picture's luma by JPEG.

    Attributes:
        steps: (8, 8) step of each frequency, down and across, in luma of 0..255 under the
            orthonormal cosine transform.
        first_px: column and row, 0..7, at which the first whole block begins.
    """

    steps: Array
    first_px: tuple[int, int]

    @property
    def is_fine(self) -> bool:
        """Whether so little is rounded that no width in the picture is changed by it."""
        return float(self.steps.mean()) < FINE_STEPS_MEAN


def rounding_of(image: Image.Image, orientation: int) -> JpegRounding | None:
    """As the file of an opened picture states it; None where it is no JPEG of luma and chroma.

    Args:
        orientation: EXIF's, by which the pixels are turned after decoding.
    """
    tables: dict[int, list[int]] = getattr(image, "quantization", None) or {}
    layers = getattr(image, "layer", None) or []
    if image.mode not in {"RGB", "L"} or not layers or layers[0][3] not in tables:
        return None
    if image.mode == "RGB" and image.info.get("adobe_transform", 1) == 0:
        return None  # red, green and blue themselves are in the blocks
    steps = np.array(tables[layers[0][3]], np.float64).reshape(BLOCK_PX, BLOCK_PX)
    return _turned(steps, image.width, image.height, orientation)


class RoundedBlocks:
    """Blocks of luma as decoded, and what they were before rounding as far as it can be expected.

    Each frequency is taken as normally distributed about the expected one, and known to lie in the
    interval that was rounded to what the file says; its mean there is what is likely. That is the
    E-step of Dempster, Laird and Rubin (J. R. Stat. Soc. B 39, 1977) for grouped data.
    """

    def __init__(
        self,
        luma: Array,
        plain: Array,
        beside: npt.NDArray[np.bool_],
        rounding: JpegRounding,
    ) -> None:
        """
        Args:
            luma: (blocks, 8, 8) as decoded, 0..255.
            plain: (blocks, 8, 8) how they should look without grain and without a crack.
            beside: (blocks,) those without a crack: they tell how strong the grain is.
        """
        steps = rounding.steps
        seen = dctn(luma, axes=(1, 2), norm="ortho")
        grain = seen - dctn(plain, axes=(1, 2), norm="ortho")
        chosen = grain[beside] if beside.any() else grain
        sd = np.sqrt((chosen**2).mean(axis=0) + (HIDDEN_SHARE_OF_STEP * steps) ** 2)
        self._sd = np.maximum(sd, LEAST_SD)
        # Rounded were the frequencies of luma less 128.
        offset = np.zeros_like(steps)
        offset[0, 0] = BLOCK_PX * 128.0
        nearest = np.rint((seen - offset) / steps) * steps + offset
        self._low, self._high = nearest - 0.5 * steps, nearest + 0.5 * steps

    def likely(self, expected: Array) -> Array:
        """(blocks, 8, 8) from how the blocks should look without grain, of the same shape."""
        wanted = dctn(expected, axes=(1, 2), norm="ortho")
        off = _mean_between((self._low - wanted) / self._sd, (self._high - wanted) / self._sd)
        return np.asarray(idctn(wanted + self._sd * off, axes=(1, 2), norm="ortho"))


def as_blocks(values: npt.NDArray[Scalar]) -> npt.NDArray[Scalar]:
    """(8 rows, 8 columns) numbers as (rows, columns, 8, 8)."""
    rows, columns = values.shape[0] // BLOCK_PX, values.shape[1] // BLOCK_PX
    return values.reshape(rows, BLOCK_PX, columns, BLOCK_PX).transpose(0, 2, 1, 3)


def from_blocks(blocks: npt.NDArray[Scalar]) -> npt.NDArray[Scalar]:
    """The way back from :func:`as_blocks`."""
    rows, columns = blocks.shape[:2]
    return blocks.transpose(0, 2, 1, 3).reshape(rows * BLOCK_PX, columns * BLOCK_PX)


def _turned(steps: Array, width: int, height: int, orientation: int) -> JpegRounding:
    """Blocks begin at the stored picture's top left, wherever EXIF turns that to."""
    right, below = width % BLOCK_PX, height % BLOCK_PX
    if orientation >= 5:  # rows become columns
        steps, right, below = steps.T, below, right
    # Which of the upright picture's sides was its left, and its top, as stored.
    from_right, from_below = orientation in (2, 3, 6, 7), orientation in (3, 4, 7, 8)
    return JpegRounding(steps, (right if from_right else 0, below if from_below else 0))


def _mean_between(low: Array, high: Array) -> Array:
    """Mean of a standard normal variable that lies between two limits."""
    # Mirrored so that the limits lie in the lower tail, where differences are exact.
    mirrored = low > 0
    low, high = np.where(mirrored, -high, low), np.where(mirrored, -low, high)
    density = (np.exp(-0.5 * low**2) - np.exp(-0.5 * high**2)) / np.sqrt(2.0 * np.pi)
    mean = density / np.maximum(ndtr(high) - ndtr(low), 1e-300)
    mean = np.where(high < -FARTHEST_SD, high, mean)
    return np.asarray(np.where(mirrored, -1.0, 1.0) * np.clip(mean, low, high))
