"""Changes by weather: wet patches, rust, soot, algae, efflorescence."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from inference.training.data.augmentation.fields import irregular_field, smooth_field
from inference.types import Mask, RgbImage

# Reflected light of a stain per channel, relative to clean concrete, at full strength.
STAINS: tuple[tuple[float, float, float], ...] = (
    (0.78, 0.55, 0.35),  # rust
    (0.42, 0.42, 0.44),  # soot, black crust
    (0.62, 0.72, 0.50),  # algae
    (0.72, 0.66, 0.56),  # dirt, tannin
)
EFFLORESCENCE = (232, 230, 224)  # lime, nearly white
PLACES_TRIED = 4  # for lime, which would hide a crack


def wet_patch(pixels: RgbImage, rng: np.random.Generator) -> RgbImage:
    """Darker, a little more saturated, here and there shining; a soft, irregular border.

    Water fills the pores, so less light is scattered back and dark tones sink more than bright
    ones: a power of the brightness. A crack in it stays darker than the wall beside it.
    """
    height, width = pixels.shape[:2]
    grain_px = float(rng.uniform(0.4, 1.0)) * max(height, width)
    field = irregular_field(height, width, grain_px, rng)
    if rng.random() < 0.5:
        field = field + _run_down(height, width, rng)
    edge = float(np.exp(rng.uniform(np.log(0.08), np.log(0.8))))
    level = float(np.quantile(field, rng.uniform(0.35, 0.85)))
    # Wettest in the middle, drying towards the rim.
    wet = np.clip((field - level) / edge + 0.5, 0, 1)
    wet = (wet * (0.65 + 0.35 * np.clip(field - level, 0, 1)))[..., None].astype(np.float32)
    light = pixels.astype(np.float32) / 255
    power = float(rng.uniform(1.25, 1.8))
    soaked = light**power * float(rng.uniform(0.75, 0.95))
    grey = soaked.mean(axis=2, keepdims=True)
    soaked = grey + (soaked - grey) * float(rng.uniform(1.05, 1.5))
    if rng.random() < 0.4:
        shine = irregular_field(height, width, float(rng.uniform(0.06, 0.2)) * width, rng)
        # The sky mirrored: added, but weak where the wall is dark, so that cracks stay dark.
        shine = np.clip(shine - float(rng.uniform(0.8, 1.6)), 0, 1)[..., None]
        soaked = soaked + shine * float(rng.uniform(0.1, 0.4)) * light
    mixed = light * (1 - wet) + np.clip(soaked, 0, 1) * wet
    return np.asarray(mixed * 255 + 0.5, np.uint8)


def stain(pixels: RgbImage, mask: Mask, rng: np.random.Generator) -> RgbImage:
    """A run or a blot of rust, soot, algae or dirt, or of white lime.

    Coloured stains only absorb light: a crack shows through them. Lime would hide it, so it comes
    where no crack is or not at all; were it only left out along the crack, the gap would give the
    crack away.
    """
    height, width = pixels.shape[:2]
    shape = _run if rng.random() < 0.6 else _blot
    strength = shape(height, width, rng) * float(rng.uniform(0.45, 1.0))
    if rng.random() < 0.25:
        for _ in range(PLACES_TRIED):
            if not strength[mask > 0].any():
                break
            strength = shape(height, width, rng) * float(rng.uniform(0.45, 1.0))
        else:
            return pixels
        lime = np.array(EFFLORESCENCE, np.float32) * float(rng.uniform(0.85, 1.0))
        cover = strength[..., None] * 0.8
        return np.asarray(pixels * (1 - cover) + lime * cover, np.uint8)
    colour = np.array(STAINS[int(rng.integers(len(STAINS)))], np.float32)
    colour = np.clip(colour + rng.uniform(-0.12, 0.12) + rng.uniform(-0.02, 0.02, 3), 0.2, 0.95)
    return np.asarray(pixels * (1 - strength[..., None] * (1 - colour)), np.uint8)


def _run(height: int, width: int, rng: np.random.Generator) -> npt.NDArray[np.float32]:
    """Streaks that begin at a line and fade as they run, 0 to 1. Down is any of four sides."""
    quarter = int(rng.integers(4))
    rows, columns = (height, width) if quarter % 2 == 0 else (width, height)
    streaks = np.zeros((rows, columns), np.float32)
    first = int(rng.uniform(-0.2, 0.6) * rows)
    for _ in range(int(rng.integers(1, 7))):
        half_px = float(np.exp(rng.uniform(np.log(1.5), np.log(0.07 * columns + 2))))
        length = float(rng.uniform(0.15, 0.9)) * rows
        start = first + float(rng.normal(0, 0.02)) * rows
        down = (np.arange(rows) - start) / length
        fade = np.where((down >= 0) & (down <= 1), (1 - np.clip(down, 0, 1)) ** 0.7, 0.0)
        wander = np.cumsum(rng.normal(0, 0.15, rows)) + float(rng.uniform(0, columns))
        across = (np.arange(columns)[None] - wander[:, None]) / (
            half_px * (1 + 0.6 * np.clip(down, 0, 1))[:, None]
        )
        streaks = np.maximum(streaks, (fade[:, None] * np.exp(-(across**2))).astype(np.float32))
    uneven = 0.75 + 0.25 * smooth_field(rows, columns, max(3.0, 0.04 * rows), rng)
    streaks = np.where(streaks < 0.02, 0, streaks) * np.clip(uneven, 0, 1.2)
    return np.ascontiguousarray(np.rot90(np.clip(streaks, 0, 1), quarter)).astype(np.float32)


def _blot(height: int, width: int, rng: np.random.Generator) -> npt.NDArray[np.float32]:
    """One irregular spot with a soft rim, 0 to 1."""
    field = irregular_field(height, width, float(rng.uniform(0.1, 0.3)) * width, rng)
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    centre_x, centre_y = rng.uniform(0, width), rng.uniform(0, height)
    reach = float(rng.uniform(0.08, 0.4)) * max(height, width)
    distance = np.hypot(x - centre_x, y - centre_y) / reach
    spot = np.clip((1.2 - distance + 0.35 * field) / float(rng.uniform(0.15, 0.8)), 0, 1)
    return np.asarray(spot, np.float32)


def _run_down(height: int, width: int, rng: np.random.Generator) -> npt.NDArray[np.float32]:
    """Water that runs: a field that hardly changes in one direction."""
    columns = smooth_field(2, width, float(rng.uniform(0.04, 0.2)) * width, rng)
    field = cv2.resize(columns, (width, height))
    if rng.random() < 0.5:
        rows = smooth_field(height, 2, float(rng.uniform(0.04, 0.2)) * height, rng)
        field = cv2.resize(rows, (width, height))
    return np.asarray(field, np.float32)
