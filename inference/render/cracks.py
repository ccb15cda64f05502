"""Draws cracks: darkness where they cover the face, chipped edges, crust and damp beside them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from inference.render.camera import Homography, Linear, project
from inference.render.coverage import cover
from inference.render.lighting import relief_shading
from inference.render.noise import noise_field, smoothstep, standardised
from inference.render.paths import CrackLine
from inference.render.specs import CrackTruth, ViewSpec
from inference.types import Mask

TRUTH_STEP_PX = 1.0
SHORTEST_TRUTH_PX = 6.0
FAINTEST_WIDTH_PX = 0.25  # thinner parts are not in the mask: no eye finds them


@dataclass(frozen=True, slots=True)
class ProjectedCrack:
    """A crack in pixels of one picture; arrays of length N along it."""

    line: CrackLine
    points_px: npt.NDArray[np.float64]
    left_px: npt.NDArray[np.float64]
    right_px: npt.NDArray[np.float64]


def project_crack(line: CrackLine, homography: Homography) -> ProjectedCrack:
    """Centreline and edges through the camera."""
    tangent = np.gradient(line.points_mm, axis=0)
    length = np.maximum(np.hypot(tangent[:, 0], tangent[:, 1]), 1e-9)[:, None]
    # With y down, the left of the direction of travel (tx, ty) is (ty, -tx).
    left = np.stack([tangent[:, 1], -tangent[:, 0]], axis=1) / length
    centre = project(homography, line.points_mm)
    # Local magnification across the line: an edge point one nominal width away.
    probe = max(1.0, float(line.width_mm.max(initial=1.0)))
    scale = np.hypot(*(project(homography, line.points_mm + probe * left) - centre).T) / probe
    return ProjectedCrack(line, centre, line.left_mm * scale, line.right_mm * scale)


def draw_cracks(
    light: Linear, cracks: Sequence[ProjectedCrack], view: ViewSpec, gsd_mm_per_px: float
) -> Mask:
    """Darken ``light`` (in place) where cracks are; returns the mask of what they cover."""
    height, width = light.shape[:2]
    share = np.zeros(height * width, np.float32)
    floor = np.ones(height * width, np.float32)
    mask = np.zeros((height, width), np.uint8)
    for crack in cracks:
        covered = cover(
            crack.points_px, crack.left_px, crack.right_px, crack.line.floor, (width, height),
            light_side=_light_side(crack, view),
        )  # fmt: skip
        deeper = covered.share > share[covered.pixel]
        share[covered.pixel] = np.maximum(share[covered.pixel], covered.share)
        floor[covered.pixel[deeper]] = covered.floor[deeper]
        _mark_centreline(mask, crack)
    share_2d, floor_2d = share.reshape(height, width), floor.reshape(height, width)
    if cracks:
        _beside(light, cracks, share_2d, view, gsd_mm_per_px)
    light *= (1 - share_2d * (1 - floor_2d))[:, :, None]
    mask[share_2d >= 0.5] = 255
    return mask


def truths_of(crack: ProjectedCrack, size: tuple[int, int], number: int) -> list[CrackTruth]:
    """The visible parts of a crack, each known exactly; none if it lies outside the picture."""
    width, height = size
    x, y = crack.points_px.T
    visible = (x >= 0) & (x <= width - 1) & (y >= 0) & (y <= height - 1)
    borders = np.flatnonzero(np.diff(np.concatenate([[0], visible.astype(np.int8), [0]])))
    name = crack.line.spec.name or f"crack-{number + 1}"
    truths = []
    for part, (first, last) in enumerate(zip(borders[::2], borders[1::2], strict=True)):
        points = crack.points_px[first:last]
        if len(points) < 2:
            continue
        run_px = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(points, axis=0).T))])
        if run_px[-1] < SHORTEST_TRUTH_PX:
            continue
        line_mm = crack.line.points_mm[first:last]
        length_mm = float(np.hypot(*np.diff(line_mm, axis=0).T).sum())
        at = np.linspace(0, run_px[-1], max(2, round(run_px[-1] / TRUTH_STEP_PX) + 1))
        table = np.column_stack([points, crack.line.width_mm[first:last]])
        even = np.column_stack([np.interp(at, run_px, column) for column in table.T])
        truths.append(
            CrackTruth(
                name=name if part == 0 else f"{name}/{part + 1}",
                centreline_px=even[:, :2].astype(np.float32),
                width_mm_along=tuple(np.round(even[:, 2], 4).tolist()),
                width_mm_p95=float(np.percentile(even[:, 2], 95)),
                length_mm=length_mm,
                length_px=float(run_px[-1]),
            )
        )
    return truths


def _light_side(crack: ProjectedCrack, view: ViewSpec) -> float:
    """Light falls on the wall that faces it: which one follows from the crack's direction."""
    run = crack.points_px[-1] - crack.points_px[0]
    run = run / max(float(np.hypot(*run)), 1e-9)
    azimuth = np.radians(view.light_azimuth_deg)
    to_light = np.array([np.cos(azimuth), -np.sin(azimuth)])
    right = np.array([-run[1], run[0]])
    return float(-0.5 * view.light_relief * (right @ to_light))


def _mark_centreline(mask: Mask, crack: ProjectedCrack) -> None:
    """Connect the mask where a crack is thinner than a pixel and covers none by half."""
    drawn = (crack.left_px + crack.right_px) >= FAINTEST_WIDTH_PX
    borders = np.flatnonzero(np.diff(np.concatenate([[0], drawn.astype(np.int8), [0]])))
    for first, last in zip(borders[::2], borders[1::2], strict=True):
        if last - first < 2:
            continue
        points = np.clip(crack.points_px[first:last], -1e5, 1e5)
        cv2.polylines(mask, [np.round(points * 16).astype(np.int32)], False, 255, 1, shift=4)


def _beside(
    light: Linear,
    cracks: Sequence[ProjectedCrack],
    share: npt.NDArray[np.float32],
    view: ViewSpec,
    gsd_mm_per_px: float,
) -> None:
    """Bevelled edges catch the light; lime and damp stand beside some cracks."""
    damage = max(c.line.spec.edge_damage for c in cracks)
    widest = max(float((c.left_px + c.right_px).max()) for c in cracks)
    if damage > 0:
        bevel = cv2.GaussianBlur(share, (0, 0), float(np.clip(0.35 * widest, 0.9, 4.0)))
        # The slopes of the two edges cancel: they change no width, only what it looks like.
        relief = bevel * np.float32(-1.6 * damage)
        _chip(light, relief, cracks, damage, widest, gsd_mm_per_px)
        light *= relief_shading(relief, view)[:, :, None]
    for attribute, lay in (("efflorescence", _crust), ("damp", _damp)):
        strong = [c for c in cracks if getattr(c.line.spec, attribute) > 0]
        if strong:
            strength = max(getattr(c.line.spec, attribute) for c in strong)
            lay(light, _distance(strong, share.shape), strength, strong[0], gsd_mm_per_px)


def _chip(
    light: Linear,
    relief: npt.NDArray[np.float32],
    cracks: Sequence[ProjectedCrack],
    damage: float,
    widest_px: float,
    gsd: float,
) -> None:
    """Flakes broken off the edges: small facets of fresh, paler concrete, set back a little."""
    rng = np.random.default_rng((cracks[0].line.spec.seed, 23))
    distance = _distance(cracks, relief.shape)
    reach = 1.5 + 0.9 * widest_px
    size_mm = max(2.5, 1.2 * reach) * gsd
    spectrum = [(0.5 * size_mm, 0.6), (size_mm, 1.0), (3 * size_mm, 0.8)]
    cloud = standardised(noise_field(rng, (relief.shape[0], relief.shape[1]), gsd, spectrum))
    near = np.clip(1 - distance / np.float32(reach), 0, 1)
    chips = smoothstep(cloud + np.float32(1.2) * near, 2.7 - 0.8 * damage, 2.9 - 0.8 * damage)
    chips *= (near > 0).astype(np.float32)
    relief -= np.float32(1.1) * chips
    light *= (1 + np.float32(rng.uniform(-0.06, 0.22) * damage) * chips)[:, :, None]


def _distance(cracks: Sequence[ProjectedCrack], shape: tuple[int, ...]) -> npt.NDArray[np.float32]:
    """Distance of every pixel to the nearest of these cracks."""
    free = np.full((shape[0], shape[1]), 255, np.uint8)
    for crack in cracks:
        points = np.round(np.clip(crack.points_px, -1e5, 1e5) * 16).astype(np.int32)
        cv2.polylines(free, [points], False, 0, 1, shift=4)
    return np.asarray(cv2.distanceTransform(free, cv2.DIST_L2, cv2.DIST_MASK_5), np.float32)


def _reach(
    distance: npt.NDArray[np.float32], crack: ProjectedCrack, reach_px: float, gsd: float, salt: int
) -> npt.NDArray[np.float32]:
    """1 at the crack, 0 beyond a ragged distance that varies along it."""
    rng = np.random.default_rng((crack.line.spec.seed, salt))
    shape = (distance.shape[0], distance.shape[1])
    cloud = standardised(noise_field(rng, shape, gsd, [(3, 0.4), (15, 0.8), (80, 1.0), (300, 0.8)]))
    limit = np.maximum(np.float32(reach_px) * (np.float32(0.4) + np.float32(0.55) * cloud), 0.01)
    return 1 - smoothstep(distance / limit, 0.4, 1.0)


def _crust(
    light: Linear,
    distance: npt.NDArray[np.float32],
    strength: float,
    crack: ProjectedCrack,
    gsd: float,
) -> None:
    """White lime that seeped out."""
    near = _reach(distance, crack, 14 / gsd + 4, gsd, 21)[:, :, None]
    brightest = np.float32(1.6) * light.mean(axis=(0, 1)) + np.float32(0.08)
    light += np.float32(0.8 * strength) * near * np.maximum(brightest - light, 0)


def _damp(
    light: Linear,
    distance: npt.NDArray[np.float32],
    strength: float,
    crack: ProjectedCrack,
    gsd: float,
) -> None:
    """A moist, darker margin."""
    near = _reach(distance, crack, 35 / gsd + 6, gsd, 22)
    light *= (1 - np.float32(0.45 * strength) * near)[:, :, None]
