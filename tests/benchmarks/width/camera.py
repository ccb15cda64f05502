"""A simulated camera: optics, pixels, colour filter, noise, demosaicing, sRGB, JPEG."""

from __future__ import annotations

import cv2
import numpy as np
from scipy.fft import irfft2, rfft2
from scipy.special import j1

from tests.benchmarks.width.specs import StripSpec
from tests.benchmarks.width.texture import Light, to_srgb

# Response of the colour filters to grey concrete before the white balance, and its tint.
FILTERS_RGB = np.array([0.55, 1.0, 0.65], np.float32)
CLIP = 65535


def through_optics(light: Light, spec: StripSpec, finer: int) -> Light:
    """Blurs a picture drawn ``finer`` times too large and integrates it over square pixels."""
    rows, columns = light.shape
    fy = (np.fft.fftfreq(rows)[:, None] * finer).astype(np.float32)
    fx = (np.fft.rfftfreq(columns)[None, :] * finer).astype(np.float32)
    frequency = np.sqrt(fx * fx + fy * fy)  # cycles a pixel
    fine = np.linspace(0.0, 0.75 * finer, 4000)
    if spec.disc:
        x = np.maximum(2.0 * np.pi * 2.0 * spec.blur_px * fine, 1e-9)
        table = 2.0 * j1(x) / x
    else:
        table = np.exp(-2.0 * (np.pi * spec.blur_px * fine) ** 2)
    transfer = np.interp(frequency, fine, table).astype(np.float32)
    blurred = irfft2(rfft2(light) * transfer, s=light.shape)
    shape = (rows // finer, finer, columns // finer, finer)
    return blurred.reshape(shape).mean(axis=(1, 3)).astype(np.float32)


def photograph(rng: np.random.Generator, light: Light, spec: StripSpec) -> bytes:
    """The JPEG file that a camera would have saved; ``light`` is linear, 1 = white."""
    tint = 1.0 + rng.uniform(-0.06, 0.06, 3).astype(np.float32)
    rgb = light[:, :, None] * tint
    response = rgb * FILTERS_RGB
    mosaic = response[:, :, 1].copy()
    mosaic[0::2, 0::2] = response[0::2, 0::2, 0]
    mosaic[1::2, 1::2] = response[1::2, 1::2, 2]
    sigma = spec.noise * np.sqrt(np.maximum(mosaic, 0.0) + 0.02)
    mosaic = mosaic + sigma * rng.normal(size=mosaic.shape).astype(np.float32)
    raw = np.clip(np.round(mosaic * 0.8 * CLIP + 600), 0, CLIP).astype(np.uint16)
    # OpenCV names the pattern by its second row and column: this one is red at the top left.
    kind = cv2.COLOR_BayerBG2RGB_EA if spec.edge_aware else cv2.COLOR_BayerBG2RGB
    back = (cv2.demosaicing(raw, kind).astype(np.float32) - 600) / (0.8 * CLIP)
    srgb = np.round(to_srgb(back / FILTERS_RGB) * 255).astype(np.uint8)
    done, data = cv2.imencode(".jpg", srgb[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, spec.jpeg])
    if not done:
        raise RuntimeError("OpenCV could not write a JPEG.")
    return data.tobytes()
