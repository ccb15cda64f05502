"""Sprayed names: letters with body, outline, soft edges and drips."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from inference.render.noise import noise_field, smoothstep, standardised

Linear = npt.NDArray[np.float32]
Layer = npt.NDArray[np.uint8]

LETTERS = "AEKMNORSTUWXZ0123456789"
FONTS = (cv2.FONT_HERSHEY_TRIPLEX, cv2.FONT_HERSHEY_DUPLEX, cv2.FONT_HERSHEY_SCRIPT_COMPLEX)


def spray_name(
    face: Linear,
    rng: np.random.Generator,
    inks: tuple[tuple[float, float, float], ...],
    gsd_mm_per_px: float,
) -> None:
    """Spray a name on the face (linear reflectance), in place."""
    size = min(face.shape[:2])
    body: Layer = np.zeros(face.shape[:2], np.uint8)
    breadth = max(2, round(size * float(rng.uniform(0.02, 0.07))))
    _write(body, rng, size, breadth)
    outline = np.asarray(cv2.dilate(body, _disc(max(2, breadth // 4))), np.uint8)
    first, second = rng.choice(len(inks), 2, replace=False)
    coats: list[tuple[Layer, tuple[float, float, float], float]] = []
    if rng.random() < 0.6:
        coats.append((outline, inks[second], 0.0))
    coats.append((body, inks[first], float(rng.uniform(0.0, 0.5))))
    texture = standardised(
        noise_field(rng, face.shape[:2], gsd_mm_per_px, [(0.8, 0.8), (2.5, 1.0), (8, 0.6)])
    )
    for layer, ink, drips in coats:
        if rng.random() < drips:
            _drip(layer, rng, breadth)
        soft = np.asarray(cv2.GaussianBlur(layer, (0, 0), 0.06 * breadth + 0.7), np.float32) / 255
        worn = 1 - float(rng.uniform(0.0, 0.3)) * smoothstep(texture, 0.3, 1.6)
        amount = (soft * worn)[:, :, None]
        face += (amount * (np.asarray(ink, np.float32) - face)).astype(np.float32)


def _write(layer: Layer, rng: np.random.Generator, size: int, breadth: int) -> None:
    """A few large letters on a slanted line, drawn thick and then turned and sheared."""
    height, width = layer.shape
    text = "".join(rng.choice(list(LETTERS), int(rng.integers(2, 5))))
    font = FONTS[rng.integers(len(FONTS))]
    scale = size * float(rng.uniform(0.008, 0.018))
    (long, tall), _ = cv2.getTextSize(text, font, scale, breadth)
    at = (round((width - long) / 2), round((height + tall) / 2))
    cv2.putText(layer, text, at, font, scale, 255, breadth, cv2.LINE_AA)
    rotation = cv2.getRotationMatrix2D((width / 2, height / 2), float(rng.normal(0, 12)), 1.0)
    turn: npt.NDArray[np.float64] = np.array(rotation, np.float64)
    turn[:, 2] += rng.uniform(-0.25, 0.25, 2) * (width, height)
    turn[0, 1] += float(rng.uniform(-0.3, 0.3))
    layer[:] = cv2.warpAffine(layer, turn, (width, height))


def _drip(layer: Layer, rng: np.random.Generator, breadth: int) -> None:
    """Paint that ran down from the lower edges."""
    ys, xs = np.nonzero(layer)
    if not len(xs):
        return
    for pick in rng.integers(0, len(xs), int(rng.integers(1, 6))):
        x, y = int(xs[pick]), int(ys[pick])
        length = int(breadth * float(rng.uniform(1.0, 6.0)))
        thick = max(1, breadth // 6)
        cv2.line(layer, (x, y), (x, y + length), 255, thick, cv2.LINE_AA)
        cv2.circle(layer, (x, y + length), max(1, round(thick * 0.8)), 255, -1, cv2.LINE_AA)


def _disc(radius: int) -> Layer:
    span = np.arange(-radius, radius + 1)
    return (np.hypot(span[:, None], span[None, :]) <= radius).astype(np.uint8)
