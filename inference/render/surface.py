"""The face of new concrete: its tone, grain, texture and relief.

Everything is kept as the logarithm of linear reflectance, so that layers add up, plus a height
field in pixels whose shading waits until the direction of the light is known.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from inference.render.noise import Field, cells, noise_field, smoothstep, standardised
from inference.render.specs import SurfaceSpec

TINT_REDUCTION = 4  # colour needs less resolution than brightness (as in JPEG)

# Linear reflectance (R, G, B) of dry concretes: 18 % to 45 % grey, slightly warm or cool.
TONES: dict[str, tuple[float, float, float]] = {
    "grey": (0.300, 0.300, 0.290),
    "cool": (0.245, 0.275, 0.280),
    "warm": (0.400, 0.345, 0.280),
    "light": (0.520, 0.510, 0.490),
    "dark": (0.115, 0.115, 0.110),
    "wet": (0.075, 0.080, 0.075),
    "painted": (0.550, 0.550, 0.520),
}
PAINTS = (
    (0.75, 0.74, 0.70), (0.60, 0.56, 0.42), (0.10, 0.16, 0.55), (0.28, 0.42, 0.40),
    (0.45, 0.52, 0.58), (0.55, 0.34, 0.26), (0.36, 0.40, 0.30),
)  # fmt: skip


@dataclass(slots=True)
class Canvas:
    """A face in the making; the layers draw into it.

    Attributes:
        log_albedo: (H, W) added to the logarithm of reflectance.
        height: (H, W) relief in pixels, up towards the camera.
        tint: (h, w, 3) colour cast, logarithm, at 1/``TINT_REDUCTION`` of the size.
        gsd_mm_per_px: scale.
        origin_px: where (0, 0) mm lies.
    """

    log_albedo: Field
    height: Field
    tint: npt.NDArray[np.float32]
    tone: tuple[float, float, float]
    gsd_mm_per_px: float
    origin_px: float

    @classmethod
    def blank(
        cls,
        shape: tuple[int, int],
        gsd_mm_per_px: float,
        origin_px: float,
        tone: tuple[float, float, float],
    ) -> Canvas:
        """An even face of ``shape`` (H, W)."""
        small = (-(-shape[0] // TINT_REDUCTION), -(-shape[1] // TINT_REDUCTION), 3)
        return cls(
            np.zeros(shape, np.float32),
            np.zeros(shape, np.float32),
            np.zeros(small, np.float32),
            tone,
            gsd_mm_per_px,
            origin_px,
        )

    @property
    def shape(self) -> tuple[int, int]:
        """(H, W)."""
        height, width = self.log_albedo.shape
        return height, width

    def add_tint(self, amount: Field, colour: tuple[float, float, float]) -> None:
        """Push the colour where ``amount`` (H, W) is, towards ``colour`` (log R, G, B)."""
        size = (self.tint.shape[1], self.tint.shape[0])
        reduced = cv2.resize(amount, size, interpolation=cv2.INTER_AREA)
        self.tint += reduced[:, :, None] * np.asarray(colour, np.float32)

    def px(self, mm: float) -> float:
        """A length in pixels."""
        return mm / self.gsd_mm_per_px

    def reflectance(self) -> npt.NDArray[np.float32]:
        """(H, W, 3) linear reflectance."""
        size = (self.shape[1], self.shape[0])
        larger = cv2.resize(self.tint, size, interpolation=cv2.INTER_LINEAR)
        linear: npt.NDArray[np.float32] = np.asarray(larger, np.float32)
        linear += self.log_albedo[:, :, None]
        np.exp(linear, out=linear)
        linear *= np.asarray(self.tone, np.float32)
        return np.minimum(linear, np.float32(0.95), out=linear)


def lay_concrete(canvas: Canvas, spec: SurfaceSpec) -> None:
    """Mottling, grain and the relief of the finish."""
    rng = np.random.default_rng((spec.seed, 1))
    _mottle(canvas, spec, rng)
    _grain(canvas, spec, rng)
    _FINISHES[spec.finish](canvas, spec, rng)


def tone_of(spec: SurfaceSpec) -> tuple[float, float, float]:
    """The linear reflectance of this face, varied a little by its seed."""
    rng = np.random.default_rng((spec.seed, 0))
    base = PAINTS[rng.integers(len(PAINTS))] if spec.concrete == "painted" else TONES[spec.concrete]
    factor = float(np.exp(rng.normal(0, 0.12)))
    cast = np.exp(rng.normal(0, 0.014, 3))
    red, green, blue = (float(b * factor * c) for b, c in zip(base, cast, strict=True))
    return red, green, blue


def _mottle(canvas: Canvas, spec: SurfaceSpec, rng: np.random.Generator) -> None:
    gsd = canvas.gsd_mm_per_px
    stretch = {"vertical": (1.0, 1.8), "horizontal": (1.8, 1.0), "none": (1.0, 1.0)}[spec.boards]
    clouds = noise_field(
        rng, canvas.shape, gsd, [(3, 0.1), (20, 0.35), (120, 0.8), (700, 1.0)], stretch=stretch
    )
    standardised(clouds)
    canvas.log_albedo += np.float32(0.02 + 0.13 * spec.mottling) * clouds
    # Laitance: paler skin with ragged borders, where the cement paste rose.
    ragged = standardised(
        noise_field(rng, canvas.shape, gsd, [(2, 0.25), (10, 0.4), (60, 0.7), (400, 1.0)])
    )
    skin = smoothstep(ragged, 0.2, 1.0)
    canvas.log_albedo += np.float32(rng.uniform(-0.1, 0.16) * spec.mottling) * skin
    warm = rng.normal(0, 0.010)
    canvas.add_tint(clouds, (warm, 0.0, -warm))
    canvas.add_tint(skin, (0.5 * warm, 0.2 * warm, -0.8 * warm))


def _grain(canvas: Canvas, spec: SurfaceSpec, rng: np.random.Generator) -> None:
    """Sand and cement: fine, crisp, and coarser in some places than in others."""
    gsd = canvas.gsd_mm_per_px
    grain = noise_field(rng, canvas.shape, gsd, [(0.2, 0.8), (0.8, 1.0), (2.5, 0.7), (8, 0.3)])
    standardised(grain)
    patchy = standardised(noise_field(rng, canvas.shape, gsd, [(20, 0.5), (100, 0.8), (500, 1.0)]))
    coarse = np.exp(np.float32(0.35) * patchy)
    # Below a pixel the grains average out.
    strength = np.float32((0.04 + 0.17 * spec.grain) / (1 + 0.2 * gsd))
    # Dark grains are darker than light ones are light: skewed like the real thing.
    canvas.log_albedo += strength * coarse * (grain - np.float32(0.15) * (grain * grain - 1))
    canvas.height += np.float32(0.15 + 0.30 * spec.grain) * coarse * grain
    for wavelength_mm, share in ((1.2, 1.0), (3.5, 0.8)):
        _specks(canvas, rng, patchy, max(wavelength_mm, 2.2 * gsd), share * spec.grain)


def _specks(
    canvas: Canvas, rng: np.random.Generator, patchy: Field, wavelength_mm: float, strength: float
) -> None:
    """Sparse single grains, dark and light, denser where the face is coarse."""
    spectrum = [(0.5 * wavelength_mm, 0.6), (wavelength_mm, 1.0), (3 * wavelength_mm, 0.4)]
    specks = standardised(noise_field(rng, canvas.shape, canvas.gsd_mm_per_px, spectrum))
    specks += np.float32(0.25) * patchy
    cover = float(rng.uniform(1.9, 2.9))
    dark = smoothstep(specks, cover, cover + 0.8)
    canvas.log_albedo -= np.float32(0.55 * strength) * dark
    canvas.height -= np.float32(0.8 * strength) * dark
    cover = float(rng.uniform(2.0, 3.0))
    canvas.log_albedo += np.float32(0.40 * strength) * smoothstep(-specks, cover, cover + 0.8)


def _smooth(canvas: Canvas, spec: SurfaceSpec, rng: np.random.Generator) -> None:
    canvas.height *= np.float32(0.4)


def _formed(canvas: Canvas, spec: SurfaceSpec, rng: np.random.Generator) -> None:
    swell = noise_field(rng, canvas.shape, canvas.gsd_mm_per_px, [(15, 0.3), (80, 0.7), (300, 1.0)])
    canvas.height += np.float32(canvas.px(0.8)) * standardised(swell)


def _plaster(canvas: Canvas, spec: SurfaceSpec, rng: np.random.Generator) -> None:
    relief = noise_field(
        rng, canvas.shape, canvas.gsd_mm_per_px, [(1, 0.3), (3, 0.8), (7, 1.0), (25, 0.5)]
    )
    standardised(relief)
    canvas.height += np.float32(rng.uniform(0.5, 1.2)) * np.abs(relief)
    canvas.log_albedo += np.float32(0.03) * relief


def _rough(canvas: Canvas, spec: SurfaceSpec, rng: np.random.Generator) -> None:
    spectrum = [(0.8, 0.5), (2, 0.9), (6, 1.0), (20, 0.8), (60, 0.6)]
    relief = noise_field(rng, canvas.shape, canvas.gsd_mm_per_px, spectrum)
    standardised(relief)
    canvas.height += np.float32(rng.uniform(0.9, 2.0)) * relief
    hollow = smoothstep(-relief, 0.6, 2.2)
    canvas.log_albedo -= np.float32(rng.uniform(0.2, 0.6)) * hollow


def _exposed(canvas: Canvas, spec: SurfaceSpec, rng: np.random.Generator) -> None:
    for size_mm, share in ((rng.uniform(7, 14), 0.8), (rng.uniform(2.5, 5), 0.6)):
        spacing_px = canvas.px(float(size_mm))
        if spacing_px < 1.6:
            continue
        stone, distance = cells(rng, canvas.shape, spacing_px)
        body = 1 - smoothstep(distance, 0.25 * spacing_px, 0.75 * spacing_px)
        body = np.asarray(cv2.GaussianBlur(body, (0, 0), 0.6), np.float32)
        strength = float(rng.uniform(0.12, 0.30)) * share
        canvas.log_albedo += np.float32(strength) * (stone * body - np.float32(0.5) * (1 - body))
        canvas.height += np.float32(0.12 * spacing_px * share) * body
        canvas.add_tint(stone * body, (0.06, 0.0, -0.05))
    relief = noise_field(rng, canvas.shape, canvas.gsd_mm_per_px, [(0.6, 0.7), (2, 1.0), (5, 0.7)])
    canvas.height += np.float32(0.5) * standardised(relief)


def _brushed(canvas: Canvas, spec: SurfaceSpec, rng: np.random.Generator) -> None:
    along = (14.0, 1.0) if rng.random() < 0.5 else (1.0, 14.0)
    lines = noise_field(
        rng, canvas.shape, canvas.gsd_mm_per_px, [(1.5, 0.7), (4, 1.0), (9, 0.5)], stretch=along
    )
    standardised(lines)
    canvas.height += np.float32(rng.uniform(0.4, 0.9)) * lines
    canvas.log_albedo += np.float32(0.05) * lines


_FINISHES = {
    "smooth": _smooth,
    "formed": _formed,
    "plaster": _plaster,
    "rough": _rough,
    "exposed": _exposed,
    "brushed": _brushed,
}
