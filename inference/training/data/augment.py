"""Makes one training sample: applies the changes in the order in which a photo meets them.

Weather soils the wall, light falls on it, multi-scale Retinex evens the whole picture as in the
product, the crop is cut; then distractors, the lens, the sensor, the file.
"""

from __future__ import annotations

import cv2
import numpy as np

from inference.imaging.retinex import even_out_picture
from inference.training.data.augmentation.camera import (
    add_noise,
    blur,
    change_colour,
    change_light,
    compress,
)
from inference.training.data.augmentation.distractors import (
    cut_groove,
    hang_cable,
    put_up_sign,
    spray_graffiti,
)
from inference.training.data.augmentation.geometry import crop_scaled, turn
from inference.training.data.augmentation.light import DARKEST_MEAN, cast_shadow, dusk, noon
from inference.training.data.augmentation.soiling import stain, wet_patch
from inference.training.fit.recipe import Augmentation
from inference.types import Mask, RgbImage


def augment(
    pixels: RgbImage,
    mask: Mask,
    crop_px: int,
    settings: Augmentation,
    rng: np.random.Generator,
) -> tuple[RgbImage, Mask]:
    """One training sample.

    Args:
        pixels: (H, W, 3) uint8 RGB, a whole picture.
        mask: (H, W) uint8, 0 or 255.

    Returns:
        (crop, crop, 3) uint8 and (crop, crop) uint8, 0 or 255.
    """
    pixels = _on_the_wall(pixels, mask, settings, rng)
    if rng.random() < settings.retinex:
        pixels = even_out_picture(pixels)
    pixels, mask = crop_scaled(pixels, mask, crop_px, settings, rng)
    pixels, mask = turn(pixels, mask, rng)
    pixels = _distracted(pixels, mask, settings, rng)
    pixels = _photographed(pixels, settings, rng)
    return np.ascontiguousarray(pixels), np.ascontiguousarray(mask)


def _on_the_wall(
    pixels: RgbImage, mask: Mask, settings: Augmentation, rng: np.random.Generator
) -> RgbImage:
    if rng.random() < settings.stain:
        pixels = stain(pixels, mask, rng)
    if rng.random() < settings.wet:
        pixels = wet_patch(pixels, rng)
    if rng.random() < settings.shadow:
        pixels = cast_shadow(pixels, rng)
    time_of_day = rng.random()
    if time_of_day < settings.noon:
        return noon(pixels, rng)
    if time_of_day < settings.noon + settings.dusk:
        return dusk(pixels, rng)
    return pixels


def _distracted(
    pixels: RgbImage, mask: Mask, settings: Augmentation, rng: np.random.Generator
) -> RgbImage:
    if rng.random() < settings.groove:
        pixels = cut_groove(pixels, mask, rng)
    if rng.random() < settings.graffiti:
        pixels = spray_graffiti(pixels, mask, rng)
    if rng.random() < settings.sign:
        pixels = put_up_sign(pixels, mask, rng)
    if rng.random() < settings.cable:
        pixels = hang_cable(pixels, mask, rng)
    return pixels


def _photographed(pixels: RgbImage, settings: Augmentation, rng: np.random.Generator) -> RgbImage:
    if rng.random() < settings.light and pixels.mean() > DARKEST_MEAN:
        pixels = change_light(pixels, rng)
    if rng.random() < settings.colour:
        pixels = change_colour(pixels, rng)
    if rng.random() < settings.channel_order:
        pixels = pixels[..., rng.permutation(3)]
    if rng.random() < settings.grey:
        pixels = np.repeat(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)[..., None], 3, axis=2)
    if rng.random() < settings.blur:
        pixels = blur(pixels, rng)
    if rng.random() < settings.noise:
        pixels = add_noise(pixels, rng)
    if rng.random() < settings.jpeg:
        pixels = compress(pixels, rng)
    return pixels
