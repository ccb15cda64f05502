"""The path of a crack and its width along the way, in millimetres on the face.

A crack is followed outwards from its origin by a walk whose direction persists and whose bends
have the same size at every scale, as crack traces in concrete are self-affine (Carpinteri 1994).
Direction and width are functions of the distance from the origin, so growth adds to both ends
and changes nothing that was there.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from inference.render.noise import line_noise
from inference.render.specs import CrackSpec

Points = npt.NDArray[np.float64]  # (N, 2), mm
Values = npt.NDArray[np.float64]  # (N,)

# (wavelength in mm, bend in radians at tortuosity 1, cornered 0..1)
BENDS = (
    (1.3, 0.36, 0.3), (3.0, 0.48, 0.6), (7.0, 0.50, 0.8), (16.0, 0.48, 0.8),
    (40.0, 0.42, 0.5), (110.0, 0.36, 0.2), (330.0, 0.30, 0.0), (1100.0, 0.22, 0.0),
)  # fmt: skip
JAGS_MM = (0.8, 2.0, 5.0, 12.0, 30.0)  # wavelengths of the teeth along the edges
# (wavelength in mm, share of the waviness)
SWELLS = ((6.0, 0.35), (22.0, 0.55), (80.0, 0.75), (300.0, 0.6))


@dataclass(frozen=True, slots=True)
class CrackLine:
    """One crack laid out on the face.

    Attributes:
        points_mm: (N, 2) centreline, ``step`` apart.
        left_mm, right_mm: (N,) distance of either edge, left of the direction of travel first.
        floor: (N,) reflectance of its inside relative to the face.
    """

    spec: CrackSpec
    points_mm: Points
    left_mm: Values
    right_mm: Values
    floor: Values

    @property
    def width_mm(self) -> Values:
        """(N,) full width."""
        return self.left_mm + self.right_mm


def lay_out(spec: CrackSpec, step_mm: float) -> list[CrackLine]:
    """The crack and its branches, each as a line of its own; the main one first."""
    main = _single(spec, step_mm)
    lines = [main]
    rng = np.random.default_rng((spec.seed, 77))
    lines.extend(_single(_branch(main, n, rng), step_mm) for n in range(spec.branches))
    return lines


def _single(spec: CrackSpec, step_mm: float) -> CrackLine:
    along = _positions(spec, step_mm)
    points = _follow(spec, along, step_mm)
    left, right = _edges(spec, along)
    dirt = 0.35 * line_noise(spec.seed + 901, along, 18.0)
    dirt += 0.30 * line_noise(spec.seed + 902, along, 3.0)
    floor = spec.floor_reflectance * np.exp(dirt)
    return CrackLine(spec, points, left, right, np.clip(floor, 0.02, 0.7))


def _positions(spec: CrackSpec, step_mm: float) -> Values:
    """Distances from the origin: negative behind it, positive ahead."""
    if spec.waypoints_mm is not None:
        reached = float(np.hypot(*np.diff(np.asarray(spec.waypoints_mm), axis=0).T).sum())
        ahead, behind = min(spec.length_mm, reached), 0.0
    else:
        ahead = spec.length_mm * spec.forward_share
        behind = spec.length_mm - ahead
    count = max(2, int(np.ceil((ahead + behind) / step_mm)))
    return np.linspace(-behind, ahead, count + 1)


def _follow(spec: CrackSpec, along: Values, step_mm: float) -> Points:
    if spec.waypoints_mm is not None:
        return _along_waypoints(spec, along)
    heading = np.full(along.shape, np.radians(spec.heading_deg))
    for number, (wavelength, bend, corners) in enumerate(BENDS):
        if wavelength < 1.5 * step_mm:
            continue
        noise = line_noise(spec.seed + 13 * number, along, wavelength, corners=corners)
        heading += spec.tortuosity * bend * noise
    steps = np.diff(along, prepend=along[0])[:, None] * np.stack(
        [np.cos(heading), np.sin(heading)], axis=1
    )
    points = np.cumsum(steps, axis=0)
    origin = np.array([np.interp(0.0, along, points[:, k]) for k in (0, 1)])
    return points - origin + np.asarray(spec.start_mm, np.float64)


def _along_waypoints(spec: CrackSpec, along: Values) -> Points:
    """A given course, roughened sideways; it stops at ``length_mm`` or where the course ends."""
    course = np.asarray(spec.waypoints_mm, np.float64)
    legs = np.hypot(*np.diff(course, axis=0).T)
    reached = np.concatenate([[0.0], np.cumsum(legs)])
    points = np.stack([np.interp(along, reached, course[:, k]) for k in (0, 1)], axis=1)
    tangent = np.gradient(points, axis=0)
    norm = np.maximum(np.hypot(tangent[:, 0], tangent[:, 1]), 1e-9)[:, None]
    normal = np.stack([-tangent[:, 1], tangent[:, 0]], axis=1) / norm
    # Sideways noise whose slope, not height, is the same at every scale; pinned at both ends.
    offset = np.zeros(along.shape)
    for number, (wavelength, bend, corners) in enumerate(BENDS[:6]):
        if wavelength > 0.5 * reached[-1]:
            continue
        offset += 0.34 * bend * wavelength * line_noise(
            spec.seed + 13 * number, along, wavelength, corners=0.5 * corners
        )  # fmt: skip
    pin = np.clip(np.minimum(along, reached[-1] - along) / (0.08 * reached[-1] + 1e-9), 0, 1)
    return points + normal * (spec.tortuosity * offset * pin)[:, None]


def _edges(spec: CrackSpec, along: Values) -> tuple[Values, Values]:
    """Half widths left and right; their sum has its 95th percentile at ``width_mm``."""
    ahead, behind = max(along[-1], 1e-9), max(-along[0], 1e-9)
    towards_tip = np.where(along >= 0, along / ahead, -along / behind)
    opening = np.sqrt(np.clip(1 - towards_tip**spec.taper, 0, 1))
    swell = np.zeros(along.shape)
    for number, (wavelength, share) in enumerate(SWELLS):
        swell += share * line_noise(spec.seed + 211 + number, along, wavelength)
    opening = opening * np.exp(0.55 * spec.waviness * swell)
    local_mm = np.maximum(spec.width_mm * opening, 0.05 * spec.width_mm)
    step_mm = float(along[1] - along[0])
    sides = []
    for side in (0, 1):
        jags = np.zeros(along.shape)
        for number, wavelength in enumerate(JAGS_MM):
            if wavelength < 1.5 * step_mm:
                continue
            jag = line_noise(spec.seed + 307 + 20 * side + number, along, wavelength, corners=0.4)
            # The teeth belong to the stone, not to the opening: as it opens they matter less.
            jags += np.tanh(0.3 * wavelength * jag / local_mm)
        sides.append(opening * np.clip(1 + 0.34 * spec.waviness * jags, 0.15, 2.4) / 2)
    scale = spec.width_mm / max(float(np.percentile(sides[0] + sides[1], 95)), 1e-9)
    return sides[0] * scale, sides[1] * scale


def _branch(main: CrackLine, number: int, rng: np.random.Generator) -> CrackSpec:
    """A thinner crack that leaves the main one sideways and bends away."""
    spec = main.spec
    share = float(rng.uniform(0.15, 0.85))
    at = int(share * (len(main.points_mm) - 1))
    last = len(main.points_mm) - 1
    before, after = main.points_mm[max(0, at - 8)], main.points_mm[min(at + 8, last)]
    heading = float(np.degrees(np.arctan2(after[1] - before[1], after[0] - before[0])))
    side = 1.0 if rng.random() < 0.5 else -1.0
    back = 180.0 if rng.random() < 0.3 else 0.0
    local = float(main.width_mm[at])
    thinner = float(rng.uniform(0.4, 0.85))
    return replace(
        spec,
        seed=int(rng.integers(2**31)),
        start_mm=(float(main.points_mm[at, 0]), float(main.points_mm[at, 1])),
        heading_deg=heading + back + side * float(rng.uniform(25, 75)),
        length_mm=spec.length_mm * float(rng.uniform(0.12, 0.45)),
        width_mm=max(0.25 * spec.width_mm, min(spec.width_mm, local) * thinner),
        forward_share=1.0,
        branches=0,
        waypoints_mm=None,
        efflorescence=0.0,
        name=f"{spec.name}.{number + 1}" if spec.name else "",
    )  # fmt: skip
