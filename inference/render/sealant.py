"""An elastic joint: a straight band of sealant between two parts of a building."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from inference.render.noise import noise_field, smoothstep, standardised

# Linear reflectance of polysulfide, polyurethane and silicone as they are sold, and aged.
COLOURS = ((0.03, 0.03, 0.03), (0.16, 0.16, 0.15), (0.34, 0.33, 0.31), (0.55, 0.53, 0.48))

Front = tuple[npt.NDArray[np.float32], npt.NDArray[np.float32], npt.NDArray[np.float32]]


def lay_sealant(shape: tuple[int, int], rng: np.random.Generator) -> Front:
    """A band across the picture of ``shape`` (H, W), upright, level or slanted.

    Returns:
        (H, W) opacity, (H, W, 3) linear colour, (H, W) shadow factor on the face beside it.
    """
    height, width = shape
    size = max(shape)
    angle = float(rng.choice([0.0, math.pi / 2], p=[0.65, 0.35])) + float(rng.normal(0, 0.04))
    x = np.arange(width, dtype=np.float32)[None, :] - width / 2
    y = np.arange(height, dtype=np.float32)[:, None] - height / 2
    across = (x * math.cos(angle) + y * math.sin(angle)).astype(np.float32)
    across -= np.float32(rng.uniform(-0.35, 0.35) * min(shape))
    half_px = size * float(np.exp(rng.uniform(np.log(0.006), np.log(0.035))))
    smear = standardised(noise_field(rng, shape, 1.0, [(6, 0.3), (25, 0.7), (120, 1.0)]))
    ragged = np.abs(across) + np.float32(0.06 * half_px) * smear
    opacity = 1 - smoothstep(ragged, half_px - 0.7, half_px + 0.7)
    # Tooled hollow: one flank looks at the light, the other away from it.
    hollow = across / np.float32(half_px)
    light = 1 + np.float32(rng.uniform(-0.25, 0.25)) * np.clip(hollow, -1, 1)
    dust = np.exp(np.float32(0.08) * smear)
    # Where it comes off the flank, a dark line remains.
    loose = np.exp(-(((ragged - half_px) / np.float32(max(0.8, 0.12 * half_px))) ** 2))
    along_noise = smoothstep(smear, -0.5, 1.2)
    shadow = 1 - np.float32(rng.uniform(0.0, 0.55)) * loose * along_noise
    colour = np.asarray(COLOURS[rng.integers(len(COLOURS))], np.float32)
    seen = (light * dust * shadow)[:, :, None] * colour
    return opacity, seen.astype(np.float32), shadow.astype(np.float32)
