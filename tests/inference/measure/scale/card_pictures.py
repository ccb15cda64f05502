"""Pictures of marker cards with an exactly known plane, drawn apart from the code that reads them.

The printed page is sampled many times inside every pixel (area sampling), then blurred, exposed
with noise and encoded: nothing of :mod:`inference.measure.scale` but the patterns is used.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from inference.measure.scale.families import pattern

Array = npt.NDArray[np.float64]
INK, PAPER, WALL = 0.03, 0.80, 0.35


@dataclass(frozen=True)
class Print:
    """A marker printed on the wall: its top left corner, side and turn, millimetres and degrees."""

    family: str
    marker_id: int
    left_mm: float
    top_mm: float
    side_mm: float
    turn_deg: float = 0.0
    spread_mm: float = 0.0  # ink that spreads beyond its edges
    quiet_cells: float = 1.0


def plane(
    *,
    gsd: float,
    size_px: tuple[int, int],
    tilt_deg: float = 0.0,
    azimuth_deg: float = 0.0,
    roll_deg: float = 0.0,
    focal_px: float | None = None,
    centre_mm: tuple[float, float] = (0.0, 0.0),
) -> Array:
    """Homography from millimetres to pixels of a pinhole camera that looks at ``centre_mm``."""
    return plane_and_camera(
        gsd=gsd, size_px=size_px, tilt_deg=tilt_deg, azimuth_deg=azimuth_deg, roll_deg=roll_deg,
        focal_px=focal_px, centre_mm=centre_mm,
    )[0]  # fmt: skip


def plane_and_camera(
    *,
    gsd: float,
    size_px: tuple[int, int],
    tilt_deg: float = 0.0,
    azimuth_deg: float = 0.0,
    roll_deg: float = 0.0,
    focal_px: float | None = None,
    centre_mm: tuple[float, float] = (0.0, 0.0),
) -> tuple[Array, Array]:
    """The same, with the camera's foot on the plane (x, y) and its height above it."""
    focal = focal_px or 1.1 * max(size_px)
    distance = focal * gsd
    tilt, azimuth, roll = np.radians([tilt_deg, azimuth_deg, roll_deg])

    def about_z(angle: float) -> Array:
        return np.array(
            [[np.cos(angle), -np.sin(angle), 0], [np.sin(angle), np.cos(angle), 0], [0, 0, 1.0]]
        )

    lean = np.array([[1, 0, 0], [0, np.cos(tilt), -np.sin(tilt)], [0, np.sin(tilt), np.cos(tilt)]])
    turn = about_z(roll) @ about_z(azimuth) @ lean @ about_z(-azimuth)
    move = np.array([[1, 0, -centre_mm[0]], [0, 1, -centre_mm[1]], [0, 0, 1.0]])
    pose = np.column_stack([turn[:, 0], turn[:, 1], [0.0, 0.0, distance]])
    camera = np.array(
        [[focal, 0, (size_px[0] - 1) / 2], [0, focal, (size_px[1] - 1) / 2], [0, 0, 1.0]]
    )
    whole = camera @ pose @ move
    place = -turn.T @ np.array([0.0, 0.0, distance])
    place[:2] += centre_mm
    place[2] = abs(place[2])
    return whole / whole[2, 2], place


def take(
    prints: list[Print],
    to_px: Array,
    size_px: tuple[int, int],
    *,
    blur_px: float = 0.8,
    noise: float = 1.0,
    jpeg: int | None = None,
    seed: int = 0,
    bend_mm: float = 0.0,
    camera_mm: Array | None = None,
    cover: tuple[float, float, float, float] | None = None,
    supersample: int = 5,
) -> npt.NDArray[np.uint8]:
    """(H, W, 3) sRGB picture.

    Args:
        bend_mm: the first print bulges so far out of the wall in its middle, as a parabola
            along x; needs ``camera_mm``, the camera's foot (x, y) on the wall and its height.
        noise: standard deviation in steps of 1/255 at mid grey.
        cover: x, y, width and height in millimetres of something grey in front of the wall.
    """
    full_width, full_height = size_px
    left, top, right, bottom = _window(prints, to_px, size_px)
    width, height = right - left, bottom - top
    light = np.zeros((height, width))
    step = (np.arange(supersample) + 0.5) / supersample - 0.5
    back = np.linalg.inv(to_px)
    columns, rows = np.meshgrid(np.arange(left, right, 1.0), np.arange(top, bottom, 1.0))
    for dy in step:
        for dx in step:
            x, y = columns + dx, rows + dy
            w = back[2, 0] * x + back[2, 1] * y + back[2, 2]
            u = (back[0, 0] * x + back[0, 1] * y + back[0, 2]) / w
            v = (back[1, 0] * x + back[1, 1] * y + back[1, 2]) / w
            if bend_mm and camera_mm is not None:
                u, v = _on_bulge(prints[0], u, v, bend_mm, camera_mm)
            light += _printed(prints, u, v, cover)
    whole = np.full((full_height, full_width), WALL)
    whole[top:bottom, left:right] = light / supersample**2
    light = whole
    if blur_px > 0:
        light = cv2.GaussianBlur(light, (0, 0), blur_px)
    rng = np.random.default_rng(seed)
    coloured = np.repeat(light[:, :, None], 3, axis=2)
    level = np.sqrt(np.clip(coloured, 0, 1) / 0.21 + 0.05)
    coloured += noise / 255 * level * rng.standard_normal(coloured.shape)
    linear = np.clip(coloured, 0, 1)
    curve = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    pixels = np.round(255 * curve).astype(np.uint8)
    if jpeg is not None:
        data = cv2.imencode(".jpg", pixels[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, jpeg])[1]
        pixels = np.ascontiguousarray(cv2.imdecode(data, cv2.IMREAD_COLOR)[:, :, ::-1])
    return pixels


def _on_bulge(
    mark: Print, u: Array, v: Array, bend_mm: float, camera: Array
) -> tuple[Array, Array]:
    """Where a ray that would meet the wall at (u, v) meets the bulging card in front of it."""
    middle, foot_u, foot_v = mark.left_mm + mark.side_mm / 2, u, v
    for _ in range(4):
        height = bend_mm * (1 - ((u - middle) / (mark.side_mm / 2)) ** 2)
        share = height / camera[2]
        u = foot_u + share * (camera[0] - foot_u)
        v = foot_v + share * (camera[1] - foot_v)
    return u, v


def _window(prints: list[Print], to_px: Array, size_px: tuple[int, int]) -> tuple[int, ...]:
    """The part of the picture that the prints can be in: all else is plain wall."""
    corners = []
    for mark in prints:
        reach = 1.6 * mark.side_mm
        corners += [
            (mark.left_mm + a * reach, mark.top_mm + b * reach, 1.0)
            for a in (-1, 1)
            for b in (-1, 1)
        ]
    mapped = np.array(corners) @ to_px.T
    x, y = (mapped[:, :2] / mapped[:, 2:]).T
    left, right = np.clip([x.min(), x.max() + 1], 0, size_px[0]).astype(int)
    top, bottom = np.clip([y.min(), y.max() + 1], 0, size_px[1]).astype(int)
    return left, top, right, bottom


def true_mm_per_px(to_px: Array, points_px: Array, directions: Array) -> Array:
    """Millimetres per pixel along directions, by a small step through the known plane."""
    along = directions / np.hypot(*directions.T)[:, None]
    back = np.linalg.inv(to_px)
    ends = []
    for sign in (-0.5, 0.5):
        mapped = np.column_stack([points_px + sign * along, np.ones(len(points_px))]) @ back.T
        ends.append(mapped[:, :2] / mapped[:, 2:])
    return np.hypot(*(ends[1] - ends[0]).T)


def _printed(
    prints: list[Print], u: Array, v: Array, cover: tuple[float, float, float, float] | None
) -> Array:
    light = np.full(u.shape, WALL)
    for mark in prints:
        cells = pattern(mark.family, mark.marker_id)
        cell_mm = mark.side_mm / len(cells)
        angle = np.radians(mark.turn_deg)
        du, dv = u - mark.left_mm, v - mark.top_mm
        x = du * np.cos(angle) + dv * np.sin(angle)
        y = -du * np.sin(angle) + dv * np.cos(angle)
        quiet = mark.quiet_cells * cell_mm
        on = (x > -quiet) & (x < mark.side_mm + quiet) & (y > -quiet) & (y < mark.side_mm + quiet)
        light[on] = PAPER
        padded = np.pad(cells, 2, constant_values=True)
        black = np.zeros(u.shape, bool)
        reach = [-mark.spread_mm, 0.0, mark.spread_mm] if mark.spread_mm else [0.0]
        for a in reach:
            for b in reach:
                column = np.clip(np.floor((x + a) / cell_mm).astype(int) + 2, 0, len(padded) - 1)
                row = np.clip(np.floor((y + b) / cell_mm).astype(int) + 2, 0, len(padded) - 1)
                black |= ~padded[row, column]
        light[on & black] = INK
    if cover is not None:
        left, top, wide, high = cover
        hidden = (u >= left) & (u <= left + wide) & (v >= top) & (v <= top + high)
        light[hidden] = 0.4
    return light
