"""Pastes in things that a network must not take for cracks: joints, cables, signs, graffiti.

Nothing here touches a labelled crack pixel, and the truth stays as it was.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from inference.types import Mask, RgbImage

# Number of places to try for a cable, which may not cross a crack.
PLACES_TRIED = 6


def cut_groove(pixels: RgbImage, mask: Mask, rng: np.random.Generator) -> RgbImage:
    """A dead straight joint, edge or cable across the picture, sometimes with one bend.

    It is no crack. Left away where it would cover much of a labelled crack.
    """
    size = mask.shape[0]
    angle = float(rng.integers(2)) * np.pi / 2 + float(rng.normal(0, 0.15))
    middle = rng.uniform(0.1, 0.9, 2) * size
    reach = np.array([np.cos(angle), np.sin(angle)]) * 2 * size
    corners = [middle - reach, middle + reach]
    if rng.random() < 0.3:
        turned = angle + float(rng.uniform(0.4, 1.6))
        corners[1] = middle
        corners.append(middle + np.array([np.cos(turned), np.sin(turned)]) * 2 * size)
    width_px = int(np.exp(rng.uniform(np.log(1.5), np.log(9))))
    line = np.zeros_like(mask)
    points = np.stack(corners).round().astype(np.int32)
    cv2.polylines(line, [points], False, (255,), width_px, cv2.LINE_AA)
    if np.count_nonzero(line & mask) > 0.15 * float(np.count_nonzero(mask)):
        return pixels
    soft = cv2.GaussianBlur(line, (0, 0), float(rng.uniform(0.4, 1.5))).astype(np.float32) / 255
    soft[mask > 0] = 0
    gain = 1 - soft * float(rng.uniform(0.2, 0.75))
    return np.asarray(pixels * gain[..., None], dtype=np.uint8)


def put_up_sign(pixels: RgbImage, mask: Mask, rng: np.random.Generator) -> RgbImage:
    """A plate with a rim and writing, or writing alone, where no crack is."""
    size = mask.shape[0]
    half = rng.uniform(0.06, 0.3, 2) * size
    centre = rng.uniform(0, 1, 2) * size
    x0, y0, x1, y1 = np.clip([*(centre - half), *(centre + half)], 0, size).astype(int).tolist()
    if mask[y0:y1, x0:x1].any():
        return pixels
    sign = pixels.copy()
    plate, ink = (tuple(map(int, rng.integers(0, 256, 3))) for _ in range(2))
    stroke_px = int(rng.integers(1, 6))
    shape = int(rng.integers(3))
    if shape == 1:
        cv2.rectangle(sign, (x0, y0), (x1, y1), plate, -1)
        cv2.rectangle(sign, (x0, y0), (x1, y1), ink, stroke_px)
    elif shape == 2:
        middle, axes = ((x0 + x1) // 2, (y0 + y1) // 2), ((x1 - x0) // 2, (y1 - y0) // 2)
        cv2.ellipse(sign, middle, axes, 0.0, 0.0, 360.0, plate, -1, cv2.LINE_AA)
        cv2.ellipse(sign, middle, axes, 0.0, 0.0, 360.0, ink, stroke_px, cv2.LINE_AA)
    text = "".join(chr(int(c)) for c in rng.integers(33, 127, int(rng.integers(1, 7))))
    height = float(rng.uniform(0.5, 3.0))
    cv2.putText(
        sign,
        text,
        (x0, (y0 + y1) // 2),
        int(rng.integers(0, 8)),
        height,
        ink,
        stroke_px,
        cv2.LINE_AA,
    )
    sign[mask > 0] = pixels[mask > 0]
    opacity = float(rng.uniform(0.4, 1.0))
    return np.asarray(cv2.addWeighted(sign, opacity, pixels, 1 - opacity, 0), dtype=np.uint8)


def hang_cable(pixels: RgbImage, mask: Mask, rng: np.random.Generator) -> RgbImage:
    """A cable or thin pipe: round, so bright along its middle, with its shadow beside it.

    Where it would cross a labelled crack another place is tried, then it is left away.
    """
    size = mask.shape[0]
    width_px = float(np.exp(rng.uniform(np.log(1.6), np.log(10))))
    towards = rng.uniform(0, 2 * np.pi)
    gap_px = width_px * float(rng.uniform(0.4, 1.6))
    offset = np.array([np.cos(towards), np.sin(towards)]) * gap_px
    rim_px = float(rng.uniform(0.5, 0.3 * width_px + 0.6))
    for _ in range(PLACES_TRIED):
        course = _sagging(size, rng)
        body = _stroke(mask.shape, course, width_px)
        shadow = _softened(_stroke(mask.shape, course + offset, width_px), rim_px)
        if not _covers(np.maximum(body, shadow), mask):
            break
    else:
        return pixels
    ridge = _stroke(mask.shape, course - offset / gap_px * width_px * 0.2, width_px * 0.35)
    ridge = _softened(ridge, 0.2 * width_px + 0.4)
    tone = float(rng.choice([25.0, 45.0, 90.0, 150.0, 215.0])) + rng.normal(0, 6, 3)
    round_tone = tone * (0.75 + 0.45 * ridge[..., None])
    dark = pixels * (1 - shadow[..., None] * float(rng.uniform(0.15, 0.5)))
    hung = dark * (1 - body[..., None]) + round_tone * body[..., None]
    return np.asarray(np.clip(hung, 0, 255), np.uint8)


def spray_graffiti(pixels: RgbImage, mask: Mask, rng: np.random.Generator) -> RgbImage:
    """Lines of paint from a can or a brush, in one or two colours, beside the cracks."""
    size = mask.shape[0]
    painted = pixels.astype(np.float32)
    centre = rng.uniform(0.1, 0.9, 2) * size
    reach = float(rng.uniform(0.15, 0.5)) * size
    width_px = float(np.exp(rng.uniform(np.log(2.0), np.log(0.06 * size + 3))))
    colours = rng.integers(0, 256, (int(rng.integers(1, 3)), 3)).astype(np.float32)
    soft_px = width_px * float(rng.choice([0.08, 0.3]))  # brush, can
    for _ in range(int(rng.integers(1, 5))):
        course = _scribble(centre, reach, rng)
        stroke = _softened(_stroke(mask.shape, course, width_px), soft_px + 0.4)
        if _covers(stroke, mask):
            continue
        cover = (stroke * float(rng.uniform(0.6, 1.0)))[..., None]
        # Paint is thin: the wall's own light and dark shows through a little.
        wall = pixels.mean(axis=2, keepdims=True) / max(float(pixels.mean()), 1.0)
        colour = colours[int(rng.integers(len(colours)))] * (0.8 + 0.2 * wall)
        painted = painted * (1 - cover) + colour * cover
    return np.asarray(np.clip(painted, 0, 255), np.uint8)


def _stroke(
    shape: tuple[int, ...], course: npt.NDArray[np.floating], width_px: float
) -> npt.NDArray[np.float32]:
    """(H, W) float32 from 0 to 1: a line of that width along the course, its rim antialiased."""
    line = np.zeros(shape[:2], np.uint8)
    points = (course * 16).round().astype(np.int32)  # sixteenths of a pixel
    cv2.polylines(line, [points], False, (255,), max(1, round(width_px)), cv2.LINE_AA, shift=4)
    return np.asarray(line / np.float32(255), np.float32)


def _softened(stroke: npt.NDArray[np.float32], rim_px: float) -> npt.NDArray[np.float32]:
    return np.asarray(cv2.GaussianBlur(stroke, (0, 0), rim_px), np.float32)


def _covers(stroke: npt.NDArray[np.floating], mask: Mask) -> bool:
    return bool((stroke[mask > 0] > 0.02).any())


def _sagging(size: int, rng: np.random.Generator) -> npt.NDArray[np.floating]:
    """(40, 2) points from edge to edge, hanging through a little."""
    angle = float(rng.uniform(0, 2 * np.pi))
    along = np.array([np.cos(angle), np.sin(angle)])
    across = np.array([-along[1], along[0]])
    middle = rng.uniform(0.1, 0.9, 2) * size
    t = np.linspace(-1, 1, 40)[:, None]
    sag = float(rng.normal(0, 0.12)) * size
    return np.asarray(middle + along * t * 1.2 * size + across * sag * (1 - t**2))


def _scribble(
    centre: npt.NDArray[np.floating], reach: float, rng: np.random.Generator
) -> npt.NDArray[np.floating]:
    """(N, 2) points of a smooth curve through a few random places around ``centre``."""
    places = centre + rng.normal(0, 0.7 * reach, (int(rng.integers(4, 9)), 2))
    t = np.linspace(0, len(places) - 1, 24 * len(places))
    axes = (np.interp(t, np.arange(len(places)), places[:, axis]) for axis in (0, 1))
    course = np.stack(list(axes), axis=1).astype(np.float32)
    smooth = cv2.GaussianBlur(course, (1, 61), 0, sigmaY=11, borderType=cv2.BORDER_REPLICATE)
    return np.asarray(smooth, np.float32)
