"""Things that are no cracks but may look like one: cables, pipes, graffiti, chalk, labels.

Marks are painted on the face and cracks run through them; cables and pipes lie in front of it
and hide what is behind them.
"""

from __future__ import annotations

import math

import cv2
import numpy as np
import numpy.typing as npt

from inference.render.lettering import spray_name
from inference.render.noise import noise_field, smoothstep, standardised
from inference.render.sealant import lay_sealant
from inference.render.specs import ObjectSpec

Linear = npt.NDArray[np.float32]
MARK_KINDS = ("graffiti", "chalk", "label", "name")
FRONT_KINDS = ("cable", "pipe", "border", "sealant")

INKS = (
    (0.02, 0.02, 0.02), (0.60, 0.03, 0.03), (0.02, 0.05, 0.45), (0.80, 0.80, 0.78),
    (0.03, 0.30, 0.06), (0.75, 0.55, 0.02), (0.50, 0.05, 0.30), (0.04, 0.25, 0.40),
)  # fmt: skip
LABELS = ("0.2", "0.3 mm", "R4", "A12", "B 7", "W=0.25", "P3", "17", "2024", "E-2")
CHALKS = ((0.85, 0.84, 0.82), (0.65, 0.09, 0.06), (0.08, 0.14, 0.55), (0.75, 0.50, 0.05))


def paint_mark(face: Linear, mark: ObjectSpec, gsd_mm_per_px: float) -> None:
    """Paint a mark on the face (linear reflectance), in place."""
    rng = np.random.default_rng((mark.seed, 7))
    if mark.kind == "name":
        spray_name(face, rng, INKS, gsd_mm_per_px)
        return
    layer: npt.NDArray[np.uint8] = np.zeros(face.shape[:2], np.uint8)
    size = min(face.shape[:2])
    if mark.kind == "label":
        colour = CHALKS[rng.integers(len(CHALKS))]
        _write(layer, rng, size)
        wear = 0.35
    elif mark.kind == "chalk":
        colour = CHALKS[rng.integers(len(CHALKS))]
        for _ in range(int(rng.integers(1, 4))):
            _stroke(layer, rng, size * rng.uniform(0.1, 0.5), max(1, int(size * 0.004)), 0.25)
        wear = 0.75
    else:
        colour = INKS[rng.integers(len(INKS))]
        breadth = max(2, int(size * float(rng.uniform(0.006, 0.03))))
        for _ in range(int(rng.integers(1, 5))):
            _stroke(layer, rng, size * rng.uniform(0.2, 0.9), breadth, 1.2)
        wear = float(rng.uniform(0.05, 0.3))
    soft = np.asarray(cv2.GaussianBlur(layer, (0, 0), 0.8), np.float32) / 255
    shape = (face.shape[0], face.shape[1])
    spectrum = [(0.8, 0.8), (2.5, 1.0), (8, 0.7)]
    texture = standardised(noise_field(rng, shape, gsd_mm_per_px, spectrum))
    amount = soft * np.clip(0.92 - wear * smoothstep(texture, -0.5, 1.2), 0, 1)
    face += amount[:, :, None] * (np.asarray(colour, np.float32) - face)


def _stroke(
    layer: npt.NDArray[np.uint8],
    rng: np.random.Generator,
    length: float,
    breadth: int,
    curl: float,
) -> None:
    height, width = layer.shape
    count = 40
    heading = rng.uniform(0, 2 * math.pi) + np.cumsum(rng.normal(0, curl / 3, count))
    heading = cv2.GaussianBlur(heading[None, :], (0, 0), 3)[0]
    step = length / count
    xs = rng.uniform(0.05, 0.95) * width + np.cumsum(step * np.cos(heading))
    ys = rng.uniform(0.05, 0.95) * height + np.cumsum(step * np.sin(heading))
    points = np.round(np.stack([xs, ys], 1) * 16).astype(np.int32)
    cv2.polylines(layer, [points], False, 255, breadth, lineType=cv2.LINE_AA, shift=4)


def _write(layer: npt.NDArray[np.uint8], rng: np.random.Generator, size: int) -> None:
    text = str(rng.choice(LABELS))
    height, width = layer.shape
    scale = size * float(rng.uniform(0.0012, 0.003))
    place = (int(rng.uniform(0.05, 0.75) * width), int(rng.uniform(0.1, 0.95) * height))
    cv2.putText(layer, text, place, cv2.FONT_HERSHEY_SIMPLEX, scale, 255,
                max(1, round(scale * float(rng.uniform(1.2, 2.5)))), cv2.LINE_AA)  # fmt: skip


Front = tuple[npt.NDArray[np.float32], npt.NDArray[np.float32], npt.NDArray[np.float32]]


def place_in_front(shape: tuple[int, int], item: ObjectSpec) -> Front:
    """A cable, pipe, border or sealed joint in the picture of ``shape`` (H, W).

    Returns:
        (H, W) opacity, (H, W, 3) linear colour with its own shading, (H, W) shadow factor that
        it casts on the face behind it.
    """
    rng = np.random.default_rng((item.seed, 8))
    if item.kind == "border":
        return _border(shape, rng)
    if item.kind == "sealant":
        return lay_sealant(shape, rng)
    height, width = shape
    size = max(shape)
    pipe = item.kind == "pipe"
    radius = size * float(rng.uniform(0.012, 0.04) if pipe else rng.uniform(0.002, 0.009))
    radius = max(1.2, radius)
    upright = bool(rng.random() < 0.7)
    along_px, across_px = (height, width) if upright else (width, height)
    along = np.arange(along_px, dtype=np.float32)
    at = float(rng.uniform(0.05, 0.95)) * across_px
    lean = 0.0 if pipe else float(rng.normal(0, 0.08))
    sag = 0.0 if pipe else float(rng.normal(0, 0.03)) * across_px
    phase = along / along_px
    centre = at + lean * (along - along_px / 2) + sag * np.sin(math.pi * phase * rng.uniform(1, 3))
    offset = np.arange(across_px, dtype=np.float32)[None, :] - centre[:, None].astype(np.float32)
    u = offset / np.float32(radius)
    opacity = np.clip((1 - np.abs(u)) * np.float32(radius) + 0.5, 0, 1)
    normal = np.sqrt(np.clip(1 - u * u, 0, 1))
    light = np.clip(0.35 + 0.65 * normal + 0.25 * u * rng.choice([-1.0, 1.0]), 0.05, None)
    gloss = np.float32(0.25 if pipe else 0.12) * np.exp(-(((u - 0.35) / 0.18) ** 2))
    dark = float(rng.uniform(0.02, 0.12) if rng.random() < 0.6 else rng.uniform(0.25, 0.6))
    cast = np.exp(rng.normal(0, 0.06, 3)).astype(np.float32)
    colour = (np.float32(dark) * light + gloss)[:, :, None] * cast
    for clip_at in np.arange(rng.uniform(0, 0.3), 1.0, rng.uniform(0.2, 0.5)) * along_px:
        low, high = int(clip_at), int(clip_at + max(3, 1.6 * radius))
        opacity[low:high] = np.maximum(opacity[low:high], np.abs(u[low:high]) < 1.35)
        colour[low:high] *= np.float32(0.7)
    side = np.float32(rng.choice([-1.0, 1.0]) * rng.uniform(0.4, 1.6))
    blurred = np.clip(1.6 - np.abs(u - side) / 1.1, 0, 1)
    shadow = 1 - np.float32(rng.uniform(0.25, 0.6)) * blurred
    if not upright:
        return opacity.T.copy(), colour.transpose(1, 0, 2).copy(), shadow.T.copy()
    return opacity, colour.astype(np.float32), shadow


def _border(shape: tuple[int, int], rng: np.random.Generator) -> Front:
    """Beyond a straight line another surface, sky or darkness; a dirty edge along it."""
    height, width = shape
    angle = float(rng.choice([0, 90, 180, 270])) + float(rng.normal(0, 6))
    x = np.arange(width, dtype=np.float32)[None, :] - width / 2
    y = np.arange(height, dtype=np.float32)[:, None] - height / 2
    cos, sin = math.cos(math.radians(angle)), math.sin(math.radians(angle))
    reach = (abs(cos) * width + abs(sin) * height) / 2
    beyond = (x * cos + y * sin - reach * float(rng.uniform(0.5, 0.92))).astype(np.float32)
    texture = standardised(noise_field(rng, shape, 1.0, [(3, 0.4), (30, 0.8), (300, 1.0)]))
    tone = float(np.exp(rng.uniform(np.log(0.02), np.log(0.7))))
    cast = np.exp(rng.normal(0, 0.12, 3)).astype(np.float32)
    brightness = np.float32(tone) * np.exp(np.float32(rng.uniform(0.02, 0.25)) * texture)
    ragged = beyond + np.float32(rng.uniform(0, 1.0)) * texture
    opacity = smoothstep(ragged, -0.7, 0.7)
    dirt = np.exp(-np.abs(beyond) / np.float32(rng.uniform(1.5, 12)))
    shadow = 1 - np.float32(rng.uniform(0, 0.6)) * dirt
    return opacity, brightness[:, :, None] * cast, shadow.astype(np.float32)
