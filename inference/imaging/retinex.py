"""Multi-scale Retinex: evens out uneven light before a network sees a picture.

Input of the networks only. It changes intensity profiles, so widths are never
measured in its result (``inference.measure.width.widths`` reads the untouched pixels).

Method: Jobson, Rahman, Woodell, *A multiscale Retinex for bridging the gap between
color images and the human observation of scenes*, IEEE Trans. Image Processing 6(7),
1997. Its output, log R = log L - mean_k log(G_k * L), is written here as one gain per
pixel, exp(-mean_k log(G_k * L)), computed on the luminance of a reduced picture and
applied to all three channels, so that colours keep their ratios. The gain is smooth:
it is stored small and interpolated for each tile by absolute position, which makes the
result independent of how the picture is tiled.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from inference.types import RgbImage

# Long side of the reduced picture. The finest sigma covers 9 or more of these pixels, so
# nothing is lost by working this small.
REDUCED_LONG_SIDE_PX = 256

# Standard deviations as parts of the picture's mean side, sqrt(width * height).
# Jobson's 15, 80 and 250 px were chosen on pictures of about 512 px (1/34, 1/6, 1/2). The
# finest is coarser here, because a wide crack must not count as a shadow; the coarsest is
# finer, because 1/2 leaves more than half of a gradient across the picture standing.
SIGMAS_RELATIVE = (1 / 24, 1 / 10, 1 / 4)

# Evenly lit concrete ends up at this sRGB value: middle of the range, so that neither
# stains nor efflorescence clip.
TARGET_LEVEL = 140.0

# Deep shadow is mostly noise: no more than this gain. Glare has lost its detail.
GAIN_LIMITS = (0.4, 4.0)


@dataclass(frozen=True, slots=True)
class Illumination:
    """The light that falls on a picture, as the gain that evens it out.

    Attributes:
        gain: (h, w) float32, on a grid that covers the whole picture.
        image_size_px: (width, height) of the picture that it belongs to.
    """

    gain: npt.NDArray[np.float32]
    image_size_px: tuple[int, int]

    def even_out(self, tile_pixels: RgbImage, x0: int = 0, y0: int = 0) -> RgbImage:
        """The tile as if the light were even.

        Args:
            tile_pixels: (h, w, 3) uint8 RGB, cut from the picture at (x0, y0).
            x0, y0: the tile's top-left pixel in the picture.

        Returns:
            (h, w, 3) uint8 RGB. A pixel's value depends on its position in the picture
            only, not on the tile.

        Raises:
            ValueError: if the tile reaches beyond the picture.
        """
        tile_height, tile_width = tile_pixels.shape[:2]
        width, height = self.image_size_px
        if x0 < 0 or y0 < 0 or x0 + tile_width > width or y0 + tile_height > height:
            raise ValueError(
                f"The tile {tile_width}x{tile_height} at ({x0}, {y0}) reaches beyond the "
                f"picture of {width}x{height} px; cut the tile to the picture first."
            )
        gain = self._gain_of(x0, y0, tile_width, tile_height)
        return np.asarray(
            cv2.multiply(tile_pixels, cv2.merge([gain, gain, gain]), dtype=cv2.CV_8U),
            dtype=np.uint8,
        )

    def _gain_of(
        self, x0: int, y0: int, tile_width: int, tile_height: int
    ) -> npt.NDArray[np.float32]:
        """Bilinear interpolation of the gain at every pixel of a tile, (h, w) float32.

        Written out in NumPy: cv2's own resampling rounds coordinates relative to the
        piece it is given, so two tilings would differ by a grey level here and there.
        """
        grid_height, grid_width = self.gain.shape
        width, height = self.image_size_px
        left, right, along_x = _grid_positions(x0, tile_width, width, grid_width)
        top, bottom, along_y = _grid_positions(y0, tile_height, height, grid_height)
        rows = self.gain[top[0] : bottom[-1] + 1]
        columns = rows[:, left] * (1 - along_x) + rows[:, right] * along_x
        upper, lower = columns[top - top[0]], columns[bottom - top[0]]
        weight = along_y[:, None]
        return np.asarray(upper + (lower - upper) * weight, dtype=np.float32)


def estimate_illumination(pixels: RgbImage) -> Illumination:
    """Estimate the light from a reduced copy of the whole picture.

    Args:
        pixels: (H, W, 3) uint8 RGB of any size from 1x1.
    """
    height, width = pixels.shape[:2]
    reduction = min(1.0, REDUCED_LONG_SIDE_PX / max(height, width))
    size = (max(1, round(width * reduction)), max(1, round(height * reduction)))
    reduced = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA) if reduction < 1 else pixels
    # One level up, so that black has a logarithm.
    luminance = cv2.cvtColor(reduced, cv2.COLOR_RGB2GRAY).astype(np.float32) + 1.0
    mean_side_px = float(np.sqrt(size[0] * size[1]))
    log_illumination = np.zeros_like(luminance)
    for sigma in SIGMAS_RELATIVE:
        blurred = cv2.GaussianBlur(
            luminance, (0, 0), sigma * mean_side_px, borderType=cv2.BORDER_REFLECT_101
        )
        log_illumination += np.log(np.maximum(blurred, 1.0)) / len(SIGMAS_RELATIVE)
    gain = TARGET_LEVEL / np.exp(log_illumination)
    return Illumination(
        gain=np.clip(gain, *GAIN_LIMITS).astype(np.float32), image_size_px=(width, height)
    )


def even_out_picture(pixels: RgbImage) -> RgbImage:
    """The whole picture as if the light were even: what training and evaluation feed."""
    return estimate_illumination(pixels).even_out(pixels)


def _grid_positions(
    start: int, count: int, picture_size: int, grid_size: int
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp], npt.NDArray[np.float32]]:
    """Grid neighbours before and after each of ``count`` pixels, and the part between them."""
    centres = (np.arange(start, start + count) + 0.5) * (grid_size / picture_size) - 0.5
    centres = np.clip(centres, 0, grid_size - 1)
    before = np.floor(centres).astype(np.intp)
    after = np.minimum(before + 1, grid_size - 1)
    return before, after, (centres - before).astype(np.float32)
