"""Random fields, from which everything without an outline on concrete is made.

A field is built from coarse to fine: each octave doubles the resolution of the sum so far and
adds white noise of its own amplitude, so that a full spectrum costs little more than its finest
octave (a Laplacian-pyramid synthesis, after Burt & Adelson 1983).
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt
from scipy.special import ndtri

Field = npt.NDArray[np.float32]  # (H, W)
Spectrum = Sequence[tuple[float, float]]  # (wavelength in mm, amplitude), wavelengths ascending


def resized(field: Field, shape: tuple[int, int], *, smooth: bool = False) -> Field:
    """A field at another size (H, W), between its values linear or ``smooth`` (cubic)."""
    how = cv2.INTER_CUBIC if smooth else cv2.INTER_LINEAR
    larger = cv2.resize(field, (shape[1], shape[0]), interpolation=how)
    return np.asarray(larger, np.float32)


def noise_field(
    rng: np.random.Generator,
    shape: tuple[int, int],
    gsd_mm_per_px: float,
    spectrum: Spectrum,
    *,
    stretch: tuple[float, float] = (1.0, 1.0),
) -> Field:
    """A zero-mean field with the given amplitude per octave of wavelength.

    Args:
        shape: (H, W) of the result.
        spectrum: amplitudes at some wavelengths, interpolated over the logarithm between them
            and 0 outside.
        stretch: (x, y) factors by which features are longer along an axis, >= 1.
    """
    height = max(4, round(shape[0] / stretch[1]))
    width = max(4, round(shape[1] / stretch[0]))
    octaves = max(1, int(np.ceil(np.log2(max(height, width)))))
    total: Field | None = None
    for octave in range(octaves, -1, -1):
        wavelength_mm = 2.0 * 2**octave * gsd_mm_per_px
        amplitude = _amplitude(spectrum, wavelength_mm)
        size = (max(3, -(-height // 2**octave)), max(3, -(-width // 2**octave)))
        if octave == 0:
            size = (height, width)
        if total is not None:
            total = resized(total, size, smooth=True)
        if amplitude > 0:
            fresh = rng.standard_normal(size, dtype=np.float32)
            fresh *= np.float32(amplitude)
            total = fresh if total is None else np.add(total, fresh, out=total)
        elif total is not None and octave > 0 and not _finer_exists(spectrum, wavelength_mm):
            break
    if total is None:
        return np.zeros(shape, np.float32)
    if total.shape != shape:
        total = resized(total, shape, smooth=True)
    return total


def _amplitude(spectrum: Spectrum, wavelength_mm: float) -> float:
    wavelengths = np.log([w for w, _ in spectrum])
    amplitudes = [a for _, a in spectrum]
    # Half an octave beyond its ends a spectrum still counts: octaves rarely fall on its points.
    where = np.log(wavelength_mm)
    if where < wavelengths[0] - 0.35 or where > wavelengths[-1] + 0.35:
        return 0.0
    return float(np.interp(where, wavelengths, amplitudes))


def _finer_exists(spectrum: Spectrum, wavelength_mm: float) -> bool:
    return any(w < wavelength_mm and a > 0 for w, a in spectrum)


def standardised(field: Field) -> Field:
    """The field shifted and scaled to mean 0 and standard deviation 1, in place."""
    field -= field.mean()
    spread = float(field.std())
    if spread > 0:
        field /= np.float32(spread)
    return field


def smoothstep(field: Field, low: float, high: float) -> Field:
    """0 below ``low``, 1 above ``high``, a smooth ramp between."""
    t = np.clip((field - np.float32(low)) / np.float32(high - low), 0, 1)
    return t * t * (3 - 2 * t)


def cells(
    rng: np.random.Generator, shape: tuple[int, int], spacing_px: float
) -> tuple[Field, Field]:
    """Stones: a random value per cell and the distance (px) to the nearest cell centre.

    Cell centres are random; cells are their Voronoi regions (Worley 1996).
    """
    height, width = shape
    count = max(4, int(height * width / max(spacing_px, 1.5) ** 2))
    seeds = np.full(shape, 255, np.uint8)
    seeds.reshape(-1)[rng.integers(0, height * width, count)] = 0
    distance, labels = cv2.distanceTransformWithLabels(
        seeds, cv2.DIST_L2, cv2.DIST_MASK_5, labelType=cv2.DIST_LABEL_PIXEL
    )
    values = rng.standard_normal(int(labels.max()) + 1, dtype=np.float32)
    return values[labels], distance.astype(np.float32, copy=False)


def line_noise(
    seed: int, positions: npt.NDArray[np.float64], wavelength: float, *, corners: float = 0.0
) -> npt.NDArray[np.float64]:
    """One-dimensional noise of unit variance at ``positions``, negative ones included.

    The values between two knots depend on nothing else, so a line that is made longer keeps the
    noise that it had: this is what lets a crack grow. ``corners`` 0 is smooth, 1 nearly stepped.
    """
    where = positions / wavelength
    low = np.floor(where)
    sharpness = 1.0 + 6.0 * corners
    t = np.clip((where - low - 0.5) * sharpness + 0.5, 0, 1)
    blend = t * t * (3 - 2 * t)
    index = low.astype(np.int64)
    before, after = _knot(seed, index), _knot(seed, index + 1)
    # Blending two independent values loses variance in the middle: restore it.
    return (before * (1 - blend) + after * blend) / np.sqrt((1 - blend) ** 2 + blend**2)


def _knot(seed: int, index: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """A standard normal number for each index: SplitMix64 (Steele et al. 2014) as a hash."""
    with np.errstate(over="ignore"):
        z = index.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(seed % 2**63)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z = z ^ (z >> np.uint64(31))
    uniform = ((z >> np.uint64(11)).astype(np.float64) + 0.5) / 2.0**53
    return ndtri(uniform)
