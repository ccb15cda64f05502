"""Crack growth over the years, and series of pictures of one face that show it."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from inference.render.jpeg_file import CaptureData
from inference.render.plan import PlannedPhoto
from inference.render.presets import PRESETS, surface_of
from inference.render.scenes import random_view
from inference.render.specs import CrackSpec, SceneSpec, ViewSpec, check

SHAPES = ("stable", "linear", "accelerating", "settling")
YEARS = 2.0


@dataclass(frozen=True, slots=True)
class Growth:
    """How one crack opens and lengthens from the first to the last day of a series.

    Attributes:
        width_factor: last width over first width, >= 1.
        length_factor: last length over first length, >= 1.
        shape: course between the two, one of :data:`SHAPES`.
    """

    width_factor: float
    length_factor: float
    shape: str = "linear"

    def __post_init__(self) -> None:
        check(self.shape in SHAPES, f"shape is one of {', '.join(SHAPES)}, not {self.shape!r}.")
        check(
            self.width_factor >= 1 and self.length_factor >= 1,
            "Cracks do not close: width_factor and length_factor are 1 or more.",
        )

    def progress(self, share: float) -> float:
        """How much of the growth has happened after a share (0..1) of the time."""
        return {
            "stable": 0.0,
            "linear": share,
            "accelerating": share**2.2,
            "settling": 1 - (1 - share) ** 2.2,
        }[self.shape]

    def grown(self, crack: CrackSpec, share: float) -> CrackSpec:
        """The crack after a share (0..1) of the time: the same path, wider and longer."""
        done = self.progress(share)
        return dataclasses.replace(
            crack,
            width_mm=crack.width_mm * (1 + (self.width_factor - 1) * done),
            length_mm=crack.length_mm * (1 + (self.length_factor - 1) * done),
        )


def series(
    seed: int,
    count: int,
    size_px: tuple[int, int],
    gsd_mm_per_px: float,
    n_cracks: int,
    first_day: datetime.date = datetime.date(2024, 3, 18),
) -> tuple[PlannedPhoto, ...]:
    """One face, photographed ``count`` times over two years while its cracks grow."""
    rng = np.random.default_rng((seed, 300))
    surface = surface_of(str(rng.choice(list(PRESETS))), int(rng.integers(2**31)))
    scene = SceneSpec(*size_px, gsd_mm_per_px, surface, margin_px=round(0.08 * max(size_px)))
    cracks = _first_cracks(rng, scene, n_cracks)
    growths = [
        Growth(float(rng.uniform(1.2, 2.2)), float(rng.uniform(1.05, 1.5)), str(rng.choice(SHAPES)))
        for _ in cracks
    ]
    photos = []
    for number in range(count):
        share = number / max(1, count - 1)
        day = first_day + datetime.timedelta(days=round(365.25 * YEARS * share))
        now = tuple(g.grown(c, share) for g, c in zip(growths, cracks, strict=True))
        photos.append(
            PlannedPhoto(
                f"photo_{number + 1:03d}.jpg",
                dataclasses.replace(scene, cracks=now),
                revisiting_view(seed * 1000 + number, scene),
                CaptureData(f"{day.isoformat()}T10:{int(rng.integers(60)):02d}:00", "+00:00"),
            )
        )
    return tuple(photos)


def revisiting_view(seed: int, scene: SceneSpec) -> ViewSpec:
    """A view by someone who tries to stand where the last one stood, on another day."""
    rng = np.random.default_rng((seed, 301))
    room_mm = 0.03 * min(scene.size_mm)
    return dataclasses.replace(
        random_view(seed, clean=True),
        shift_mm=(float(rng.normal(0, 0.5)) * room_mm, float(rng.normal(0, 0.5)) * room_mm),
        rotation_deg=float(np.clip(rng.normal(0, 1.0), -2.5, 2.5)),
        zoom=float(np.clip(np.exp(rng.normal(0, 0.02)), 0.95, 1.06)),
        tilt_x_deg=float(np.clip(rng.normal(0, 1.2), -3, 3)),
        tilt_y_deg=float(np.clip(rng.normal(0, 1.2), -3, 3)),
    )


def _first_cracks(rng: np.random.Generator, scene: SceneSpec, n_cracks: int) -> Sequence[CrackSpec]:
    width, height = scene.size_mm
    return [
        CrackSpec(
            seed=int(rng.integers(2**31)),
            name=f"C{number + 1}",
            start_mm=(
                (number + float(rng.uniform(0.35, 0.65))) / n_cracks * width,
                float(rng.uniform(0.4, 0.6)) * height,
            ),
            heading_deg=90 + float(rng.normal(0, 20)),
            length_mm=float(rng.uniform(0.35, 0.55)) * height,
            width_mm=float(rng.uniform(1.6, 4.0)) * scene.gsd_mm_per_px,
            forward_share=0.5,
            tortuosity=float(rng.uniform(0.3, 0.55)),
            edge_damage=0.15,
        )
        for number in range(n_cracks)
    ]
