"""The scale of a plane seen at an angle: it differs by place and direction.

Uncertainty, one standard deviation, by propagation (GUM, JCGM 100:2008, section 5). Terms:

- the homography: covariance of its eight parameters from the edges of the markers;
- print: the true size of what the printer drew (see :mod:`inference.measure.scale.cards.printed`);
- flatness: the card lies ``OFFSET_MM`` above or below the surface and leans by ``LEAN_DEG``
  against it, and concrete is no plane. A lean of 0.5 degrees moves a place 180 mm away by 1.6 mm,
  which is 0.3 % of its scale at a distance of 0.5 m;
- lens: without a profile a radial distortion of up to ``DISTORTION`` of the distance from the
  middle of the picture at its corner is possible; what counts is the difference between the
  card's place and the crack's.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from inference.measure.scale.homography import (
    Homography,
    from_parameters,
    inverse,
    jacobian_at,
    parameters_of,
    through,
    tilt_deg,
)
from inference.measure.scale.lens import Lens
from inference.types import Scale

Array = npt.NDArray[np.float64]

OFFSET_MM = 0.5
LEAN_DEG = 0.5
# Phones and drones correct their lenses in the camera; plain ones keep 1 to 2 % at the corner.
DISTORTION = 0.005


@dataclass(frozen=True, slots=True, eq=False)
class PlaneScale(Scale):
    """Millimetres per pixel on a plane: ``gsd_mm_per_px`` and ``u_relative`` hold at the card.

    Attributes:
        plane_to_px: (3, 3), millimetres on the plane to pixels of the undistorted picture.
        covariance: (8, 8) of its parameters h11 … h32, h33 being 1.
        anchor_px: (2,) the middle of the card, pixels of the picture.
        image_size_px: (width, height) of the upright picture.
        distance_mm: of the camera from the card, as well as it can be told.
        u_common: relative standard uncertainty that all places share: of the printed size, or of
            focal length and distance.
        lens: None where the lens is unknown and taken for ideal.
    """

    plane_to_px: Homography = field(default_factory=lambda: np.eye(3))
    covariance: Array = field(default_factory=lambda: np.zeros((8, 8)))
    anchor_px: Array = field(default_factory=lambda: np.zeros(2))
    image_size_px: tuple[int, int] = (1, 1)
    distance_mm: float = 1000.0
    u_common: float = 0.0
    lens: Lens | None = None

    @property
    def tilt_deg(self) -> float:
        """Angle between the plane's normal and the line of sight at the card."""
        return tilt_deg(self.plane_to_px, self.to_plane_mm(self.anchor_px[None])[0])

    def to_plane_mm(self, points_px: Array) -> Array:
        """(N, 2) points of the picture on the plane, millimetres; nan beyond the horizon."""
        return through(inverse(self.plane_to_px), self._ideal(points_px))

    def to_picture_px(self, points_mm: Array) -> Array:
        """(N, 2) points of the plane in the picture; the inverse of :meth:`to_plane_mm`."""
        ideal = through(self.plane_to_px, np.asarray(points_mm, np.float64))
        return ideal if self.lens is None else self.lens.distorted(ideal)

    def mm_per_px_along(self, points_px: Array, directions: Array) -> tuple[Array, Array]:
        """Millimetres of the plane per pixel at points, along directions of the picture.

        Args:
            points_px: (N, 2).
            directions: (N, 2), of any length above 0.

        Returns:
            (N,) millimetres per pixel, nan where the picture does not show the plane, and
            (N,) its relative standard uncertainty.
        """
        points = np.asarray(points_px, np.float64)
        along = np.asarray(directions, np.float64)
        along = along / np.hypot(along[:, 0], along[:, 1])[:, None]
        ends = self._ideal(points - 0.5 * along), self._ideal(points + 0.5 * along)
        found = _distance(self.plane_to_px, *ends)
        theta = parameters_of(self.plane_to_px)
        sensitivity = np.empty((len(points), 8))
        for k in range(8):
            step = max(abs(theta[k]), 1e-4) * 1e-5
            change = np.zeros(8)
            change[k] = step
            up = _distance(from_parameters(theta + change), *ends)
            down = _distance(from_parameters(theta - change), *ends)
            sensitivity[:, k] = (up - down) / (2.0 * step)
        variance = np.einsum("nk,kl,nl->n", sensitivity, self.covariance, sensitivity)
        u_fit = np.sqrt(np.maximum(variance, 0.0)) / found
        return found, np.sqrt(u_fit**2 + self.u_common**2 + self.u_plane(points) ** 2)

    def at(self, point_px: Array) -> tuple[float, float]:
        """Millimetres per pixel at a (2,) point, and its relative standard uncertainty.

        The geometric mean over the directions: its square is the area of a pixel. Beyond the
        plane's horizon there is no scale: then that of the card is told.
        """
        around = np.radians([0.0, 45.0, 90.0, 135.0])
        directions = np.stack([np.cos(around), np.sin(around)], axis=1)
        point = np.repeat(np.asarray(point_px, np.float64)[None], 4, axis=0)
        here, u = self.mm_per_px_along(point, directions)
        right, down = self.to_plane_mm(point[:2] + 0.5 * np.eye(2)) - self.to_plane_mm(
            point[:2] - 0.5 * np.eye(2)
        )
        area = abs(right[0] * down[1] - right[1] * down[0])
        if not (np.isfinite(area) and np.isfinite(here).all() and area > 0):
            return self.gsd_mm_per_px, self.u_relative
        return float(np.sqrt(area)), float(np.sqrt(np.mean(u**2)))

    def length_mm(self, line_px: Array) -> float:
        """Length along a line of the picture, laid on the plane."""
        steps = np.diff(self.to_plane_mm(np.asarray(line_px, np.float64)), axis=0)
        return float(np.nansum(np.hypot(steps[:, 0], steps[:, 1])))

    def seen_area_mm2(self, image_size_px: tuple[int, int]) -> float | None:
        """Area of the plane in the picture; None where the plane reaches its horizon in it."""
        width, height = image_size_px
        across, down = np.linspace(-0.5, width - 0.5, 17), np.linspace(-0.5, height - 0.5, 17)
        rim = np.concatenate(
            [
                np.column_stack([across, np.full(17, -0.5)]),
                np.column_stack([np.full(17, width - 0.5), down]),
                np.column_stack([across[::-1], np.full(17, height - 0.5)]),
                np.column_stack([np.full(17, -0.5), down[::-1]]),
            ]
        )
        x, y = self.to_plane_mm(rim).T
        if not np.isfinite(x).all():
            return None
        return float(abs(np.sum(x * np.roll(y, -1) - np.roll(x, -1) * y)) / 2.0)

    def _ideal(self, points_px: Array) -> Array:
        points = np.asarray(points_px, np.float64)
        return points if self.lens is None else self.lens.undistorted(points)

    def u_plane(self, points_px: Array) -> Array:
        """Relative uncertainty from flatness and, without a profile, from the lens."""
        away_mm = self.to_plane_mm(points_px) - self.to_plane_mm(self.anchor_px[None])
        depth_mm = np.hypot(
            OFFSET_MM, np.radians(LEAN_DEG) * np.hypot(away_mm[:, 0], away_mm[:, 1])
        )
        flat = depth_mm / max(self.distance_mm, 1.0)
        if self.lens is not None:
            return flat
        middle = (np.asarray(self.image_size_px, np.float64) - 1.0) / 2.0
        corner = max(float(middle @ middle), 1.0)
        here = ((points_px - middle) ** 2).sum(axis=1) / corner
        there = float(((self.anchor_px - middle) ** 2).sum()) / corner
        # r' = r (1 + k r^2) has the derivative 1 + 3 k r^2; the larger of the two directions.
        return np.hypot(flat, 3.0 * DISTORTION * np.abs(here - there))


def describe_plane(
    plane_to_px: Homography,
    covariance: Array,
    *,
    anchor_mm: Array,
    image_size_px: tuple[int, int],
    focal_px: float,
    u_common: float,
    lens: Lens | None,
    source: str,
) -> PlaneScale:
    """A :class:`PlaneScale` with the scale and uncertainty at ``anchor_mm`` filled in.

    ``gsd_mm_per_px`` is the geometric mean over the directions: its square is the area of a pixel.
    """
    anchor = np.asarray(anchor_mm, np.float64)
    gsd = 1.0 / np.sqrt(abs(np.linalg.det(jacobian_at(plane_to_px, anchor))))
    anchor_px = through(plane_to_px, anchor[None])
    anchor_px = (anchor_px if lens is None else lens.distorted(anchor_px))[0]
    blank = PlaneScale(
        gsd_mm_per_px=float(gsd),
        u_relative=0.0,
        source=source,
        plane_to_px=plane_to_px,
        covariance=covariance,
        anchor_px=anchor_px,
        image_size_px=image_size_px,
        distance_mm=float(focal_px * gsd),
        u_common=u_common,
        lens=lens,
    )
    around = np.radians([0.0, 45.0, 90.0, 135.0])
    directions = np.stack([np.cos(around), np.sin(around)], axis=1)
    _, u = blank.mm_per_px_along(np.repeat(anchor_px[None], 4, axis=0), directions)
    return PlaneScale(
        gsd_mm_per_px=blank.gsd_mm_per_px,
        u_relative=float(np.sqrt(np.mean(u**2))),
        source=source,
        plane_to_px=plane_to_px,
        covariance=covariance,
        anchor_px=anchor_px,
        image_size_px=image_size_px,
        distance_mm=blank.distance_mm,
        u_common=u_common,
        lens=lens,
    )


def _distance(plane_to_px: Homography, begin_px: Array, end_px: Array) -> Array:
    """(N,) millimetres on the plane between pairs of undistorted pixels."""
    back = inverse(plane_to_px)
    step = through(back, end_px) - through(back, begin_px)
    return np.hypot(step[:, 0], step[:, 1])
