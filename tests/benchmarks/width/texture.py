"""Bare concrete to draw cracks on: crops of real crack-free walls, or grown from noise."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

Light = npt.NDArray[np.float32]  # (H, W), linear light relative to its median
WALLS = "segmentation/noncrack_walls"
TRIES = 12


@cache
def load_walls(data: Path | None) -> tuple[Light, ...]:
    """Crack-free walls in linear light, halved so that they are sharp; none without the data."""
    folder = None if data is None else data / WALLS
    if folder is None or not folder.is_dir():
        return ()
    walls = []
    for path in sorted(folder.glob("*/images/*.jpg")):
        grey = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
        if grey is None or min(grey.shape) < 300:
            continue
        linear = to_linear(grey.astype(np.float32) / 255.0)
        walls.append(cv2.resize(linear, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA))
    return tuple(walls)


def concrete(
    rng: np.random.Generator,
    size_px: int,
    squeeze: npt.NDArray[np.float64],
    walls: tuple[Light, ...],
) -> Light:
    """A square of concrete of median 1, seen foreshortened by ``squeeze``, (2, 2) px to px."""
    if walls and rng.random() < 0.7:
        wall = _even_crop(rng, walls)
    else:
        wall = _grown(rng, 256)
    inverse = np.linalg.inv(squeeze)
    middle = np.array([size_px, size_px]) / 2
    moved = np.hstack([inverse, (np.array(wall.shape[::-1]) / 2 - inverse @ middle)[:, None]])
    seen = cv2.warpAffine(
        wall, moved, (size_px, size_px),
        flags=cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP, borderMode=cv2.BORDER_REFLECT_101,
    )  # fmt: skip
    return np.clip(seen / np.median(seen), 0.05, 2.5).astype(np.float32)


def _even_crop(rng: np.random.Generator, walls: tuple[Light, ...]) -> Light:
    """The most even of some crops: a joint or an edge of formwork is not what is measured on."""
    best, least = walls[0], np.inf
    for _ in range(TRIES):
        wall = walls[rng.integers(len(walls))]
        side = min(200, *wall.shape)
        y, x = (rng.integers(0, length - side + 1) for length in wall.shape)
        crop = wall[y : y + side, x : x + side] / np.median(wall[y : y + side, x : x + side])
        coarse = float(cv2.resize(crop, (8, 8), interpolation=cv2.INTER_AREA).std())
        if coarse < least:
            best, least = crop, coarse
    turned = np.rot90(best, rng.integers(4))
    return np.ascontiguousarray(turned[:, ::-1] if rng.random() < 0.5 else turned)


def _grown(rng: np.random.Generator, side_px: int) -> Light:
    """Mottling, sand and pores from filtered noise."""
    light = np.ones((side_px, side_px), np.float32)
    for sigma_px, share in ((0.7, 0.05), (2.0, 0.03), (8.0, 0.02), (40.0, 0.04)):
        noise = rng.normal(size=light.shape).astype(np.float32)
        noise = cv2.GaussianBlur(noise, (0, 0), sigma_px, borderType=cv2.BORDER_REFLECT_101)
        light *= 1.0 + rng.uniform(0.3, 1.0) * share * noise / noise.std()
    for _ in range(rng.poisson(6)):
        x, y = (int(v) for v in rng.integers(0, side_px, 2))
        cv2.circle(
            light, (x, y), int(rng.integers(1, 4)), float(rng.uniform(0.3, 0.8)), -1, cv2.LINE_AA
        )
    return light


def to_linear(srgb: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """IEC 61966-2-1, values 0..1."""
    return np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4).astype(
        np.float32
    )


def to_srgb(linear: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """IEC 61966-2-1, values 0..1."""
    held = np.clip(linear, 0.0, 1.0)
    return np.where(held <= 0.0031308, 12.92 * held, 1.055 * held ** (1 / 2.4) - 0.055).astype(
        np.float32
    )
