"""Draws one crack by area coverage on a much finer grid, and says how wide it truly is."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt
from scipy.ndimage import gaussian_filter1d, uniform_filter1d

from inference.imaging.decode import decode_picture
from inference.imaging.jpeg_rounding import JpegRounding
from tests.benchmarks.width.camera import photograph, through_optics
from tests.benchmarks.width.specs import StripSpec
from tests.benchmarks.width.texture import Light, concrete

Values = npt.NDArray[np.float64]

LENGTH_PX, LENGTH_OF_WIDTH = 190, 3.5
# A place's width is its opening over a stretch of 8 px, or of one width where that is longer.
PLACE_PX = 8.0
STEP_PX = 0.25
# The truth counts from so far inside the picture, and one width more.
ENDS_PX = 8.0
# A crack runs around grains and pores of every size: its direction turns by as much at every
# wavelength (a self-affine course; Måløy et al., Phys. Rev. Lett. 68, 1992, found roughness of like
# kind on fracture surfaces of brittle matter). A course that is straight, or one sine, is taken for
# a cable or a joint by a network that has learnt to leave those alone.
LONGEST_WAVE_PX, SHORTEST_WAVE_PX, SHORTEST_WAVE_OF_WIDTH = 400.0, 24.0, 2.5
WAVES_APART, SLOPE_OF_WAVE = 1.7, 0.12


@dataclass(frozen=True, slots=True)
class Strip:
    """A picture of one crack and the truth.

    Attributes:
        pixels: (H, W, 3) uint8 sRGB. rounding: of the JPEG that they were decoded from.
        mask: (H, W) bool, the crack as a careful person would paint it: at least a pixel wide.
        line_px: (N, 2) true centreline inside the picture.
        opening_px: (N,) true width seen in the picture at each point of it, over a place.
        plain: (N,) bool, neither filled nor chipped.
        mm_per_px: (N,) millimetres on the plane per pixel across the crack, at each point.
    """

    spec: StripSpec
    pixels: npt.NDArray[np.uint8]
    rounding: JpegRounding | None
    mask: npt.NDArray[np.bool_]
    line_px: Values
    opening_px: Values
    plain: npt.NDArray[np.bool_]
    mm_per_px: Values

    @property
    def ends_px(self) -> float:
        """The truth counts from so far inside the picture."""
        return ENDS_PX + self.spec.width_px

    def truth_px(self) -> dict[str, float]:
        """Median, 95th percentile and largest width where the crack is plain."""
        opening = self.opening_px[self.plain]
        p50, p95 = np.percentile(opening, [50, 95])
        return {"p50": float(p50), "p95": float(p95), "max": float(opening.max())}


@dataclass(frozen=True, slots=True)
class _Crack:
    """Edges and floor as functions of the way along the crack's straight axis."""

    along: Values
    path: Values  # offset of the centreline from the axis
    slope: Values
    upper: Values  # offsets of the edges from the centreline, along the axis' normal
    lower: Values
    floor: Values
    plain: npt.NDArray[np.bool_]
    opening: Values


def draw_strip(spec: StripSpec, walls: tuple[Light, ...] = ()) -> Strip:
    """One strip; the same spec and walls give the same strip."""
    rng = np.random.default_rng(spec.seed)
    size_px = int(np.ceil((LENGTH_PX + LENGTH_OF_WIDTH * spec.width_px) / 2)) * 2
    finer = 4 if spec.width_px < 20 else 2
    squeeze = _foreshortening(spec)
    surface = concrete(rng, size_px, squeeze, walls)
    crack = _crack(rng, spec, size_px)
    angle = np.radians(spec.direction_deg)
    direction = np.array([np.cos(angle), np.sin(angle)])
    normal = np.array([-direction[1], direction[0]])
    middle = np.array([size_px / 2, size_px / 2]) + rng.uniform(-2.0, 2.0, 2)

    fine = cv2.resize(surface, (size_px * finer,) * 2, interpolation=cv2.INTER_CUBIC)
    fine *= _remaining_light(crack, spec, middle, direction, normal, size_px, finer)
    light = through_optics(fine, spec, finer) * _uneven_light(rng, spec, size_px)
    picture = decode_picture(photograph(rng, light * np.float32(spec.level), spec))

    line = middle + crack.along[:, None] * direction + crack.path[:, None] * normal
    ends_px = ENDS_PX + spec.width_px
    inside = ((line > ends_px) & (line < size_px - 1 - ends_px)).all(axis=1)
    tangent = direction + crack.slope[:, None] * normal
    tangent /= np.hypot(*tangent.T)[:, None]
    # A band keeps its area under the map from plane to picture: det = (w_px / w)(|J t| / |t|).
    inverse = np.linalg.inv(squeeze)
    stretched = np.hypot(*(inverse @ tangent.T))
    mm_per_px = spec.gsd_mm_per_px * abs(np.linalg.det(inverse)) / stretched
    mask = _mask(line, crack.opening, size_px)
    return Strip(
        spec, picture.pixels, picture.rounding, mask, line[inside], crack.opening[inside],
        crack.plain[inside], mm_per_px[inside],
    )  # fmt: skip


def _foreshortening(spec: StripSpec) -> npt.NDArray[np.float64]:
    """(2, 2): plane, in pixels of the untilted picture, to picture."""
    a = np.radians(spec.azimuth_deg)
    turn = np.array([[np.cos(a), -np.sin(a)], [np.sin(a), np.cos(a)]])
    return turn @ np.diag([np.cos(np.radians(spec.tilt_deg)), 1.0]) @ turn.T


def _crack(rng: np.random.Generator, spec: StripSpec, size_px: int) -> _Crack:
    reach = size_px * 0.75
    along = np.arange(-reach, reach, STEP_PX)
    path, slope = _course(rng, along, spec.width_px, size_px)
    wander = _wander(rng, along, rng.uniform(30.0, 80.0), spec.opening_wander)
    rough = rng.uniform(2.0, 12.0) + 0.2 * spec.width_px
    sides = [
        spec.width_px * (0.5 * (1.0 + wander) + _wander(rng, along, rough, spec.roughness))
        for _ in range(2)
    ]
    floor = np.clip(
        spec.floor * (1.0 + _wander(rng, along, rng.uniform(10.0, 60.0), spec.floor_wander)),
        0.02, 0.35,
    )  # fmt: skip
    plain = np.ones(len(along), bool)
    if spec.filled:
        depth = _wander(rng, along, 25.0, 1.0)
        seen = np.abs(along) < size_px / 2
        filled = depth > np.quantile(depth[seen], 1.0 - spec.filled)
        matter = rng.uniform(0.6, 0.95)
        floor = np.where(filled, matter, floor)
        plain &= ~filled
    for _ in range(spec.spalls):
        place, half = rng.uniform(-0.3, 0.3) * size_px, rng.uniform(3.0, 9.0)
        bump = np.exp(-0.5 * ((along - place) / half) ** 2) * (1.5 + 0.5 * spec.width_px)
        sides[int(rng.integers(2))] += bump
        plain &= np.abs(along - place) > 3.0 * half
    steep = np.sqrt(1.0 + slope**2)
    upper, lower = sides[0] * steep, -sides[1] * steep
    opening = _to_edge(along, path, slope, upper, 1.0) + _to_edge(along, path, slope, lower, -1.0)
    over = max(PLACE_PX, spec.width_px)
    smooth = uniform_filter1d(
        np.maximum(opening, 0.0), max(1, round(over / STEP_PX)), mode="nearest"
    )
    return _Crack(along, path, slope, upper, lower, floor, plain, smooth)


def _course(
    rng: np.random.Generator, along: Values, width_px: float, size_px: int
) -> tuple[Values, Values]:
    """Offset of the centreline from the axis, about 0 within the picture, and its slope."""
    path, slope = np.zeros(len(along)), np.zeros(len(along))
    wave = LONGEST_WAVE_PX
    while wave >= max(SHORTEST_WAVE_PX, SHORTEST_WAVE_OF_WIDTH * width_px):
        turns = 2.0 * np.pi / (wave * np.exp(rng.uniform(-0.3, 0.3)))
        steepest = np.sqrt(2.0) * SLOPE_OF_WAVE * rng.normal()
        phase = rng.uniform(0.0, 2.0 * np.pi)
        path += steepest / turns * np.sin(turns * along + phase)
        slope += steepest * np.cos(turns * along + phase)
        wave /= WAVES_APART
    path -= path[np.abs(along) < size_px / 2].mean()
    return path, slope


def _to_edge(along: Values, path: Values, slope: Values, edge: Values, side: float) -> Values:
    """Way from each point of the centreline along its normal to an edge, on that side of it.

    The edges are given across the axis; where the centreline bends, what lies across it is not
    what lies across the axis. Newton's steps, as if the edge ran parallel to the centreline.
    """
    steep = np.sqrt(1.0 + slope**2)
    way = side * edge / steep
    for _ in range(8):
        at = along - side * way * slope / steep
        missing = np.interp(at, along, path + edge) - path - side * way / steep
        way = way + side * missing * steep / (1.0 + slope**2)
    return way


def _wander(rng: np.random.Generator, along: Values, length_px: float, sd: float) -> Values:
    """Smooth noise of zero mean with that standard deviation and correlation length."""
    noise = gaussian_filter1d(
        rng.normal(size=len(along)), length_px / STEP_PX / 2.0, mode="reflect"
    )
    return sd * (noise - noise.mean()) / max(float(noise.std()), 1e-9)


def _remaining_light(
    crack: _Crack,
    spec: StripSpec,
    middle: Values,
    direction: Values,
    normal: Values,
    size_px: int,
    finer: int,
) -> Light:
    """Share of the concrete's light that leaves each fine pixel, (H·finer, W·finer).

    Every fine pixel near the crack is cut into four, and the share of each that an edge covers is
    linear in the edge's distance: eight-fold supersampling in which the covered area is exact.
    """
    light = np.ones((size_px * finer, size_px * finer), np.float32)
    reach = float(max(crack.upper.max(), -crack.lower.min()) + np.abs(crack.path).max()) + 1.0
    cells = ((np.arange(size_px * finer) + 0.5) / finer - 0.5).astype(np.float32)
    across = (cells[None, :] - middle[0]) * normal[0] + (cells[:, None] - middle[1]) * normal[1]
    rows, columns = np.nonzero(np.abs(across) < reach)
    softness = (abs(normal[0]) + abs(normal[1])) / (2 * finer)
    tables = np.stack([crack.path, crack.upper, crack.lower, crack.floor]).astype(np.float32)
    rises = np.diff(tables, axis=1)
    total = np.zeros(len(rows), np.float32)
    for sub_y in (-0.25 / finer, 0.25 / finer):
        for sub_x in (-0.25 / finer, 0.25 / finer):
            x, y = cells[columns] + sub_x - middle[0], cells[rows] + sub_y - middle[1]
            at = (x * direction[0] + y * direction[1] - crack.along[0]) / STEP_PX
            low = at.astype(np.int32)
            path, upper, lower, floor = tables[:, low] + (at - low) * rises[:, low]
            v = x * normal[0] + y * normal[1] - path
            covered = np.clip((upper - v) / softness + 0.5, 0.0, 1.0)
            covered -= np.clip((lower - v) / softness + 0.5, 0.0, 1.0)
            place = np.clip((v - lower) / np.maximum(upper - lower, 1e-6), 0.0, 1.0) - 0.5
            floor = floor * (1.0 + spec.floor_slope * place)
            total += np.maximum(covered, 0.0) * (1.0 - floor)
    light[rows, columns] = 1.0 - total / 4.0
    return light


def _uneven_light(rng: np.random.Generator, spec: StripSpec, size_px: int) -> Light:
    x = np.linspace(-0.5, 0.5, size_px)
    angle = rng.uniform(0.0, 2.0 * np.pi)
    plane = np.cos(angle) * x[None, :] + np.sin(angle) * x[:, None]
    bowl = x[None, :] ** 2 + x[:, None] ** 2 - 1.0 / 6.0
    return (1.0 + spec.light_gradient * (plane - 0.4 * rng.uniform() * bowl)).astype(np.float32)


def _mask(line: Values, opening: Values, size_px: int) -> npt.NDArray[np.bool_]:
    """Pixels whose centre lies in the crack, or within half a pixel of its centreline."""
    finer = 4
    canvas = np.zeros((size_px * finer, size_px * finer), np.uint8)
    for (x, y), width_px in zip(line[::2], opening[::2], strict=True):
        centre = (round((x + 0.5) * finer * 16 - 8), round((y + 0.5) * finer * 16 - 8))
        radius = round(max(width_px, 1.0) / 2 * finer * 16)
        cv2.circle(canvas, centre, radius, 255, -1, cv2.LINE_8, 4)
    return cv2.resize(canvas, (size_px, size_px), interpolation=cv2.INTER_AREA) > 127
