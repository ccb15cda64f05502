"""Decides whether a card is flat: fits a bulge beside the plane."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from inference.measure.scale.cards.edge_fit import EdgeFit
from inference.measure.scale.cards.edge_samples import Projection

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class CameraOverPlane:
    """The place of a camera above a plane: its foot on the plane and its height, millimetres."""

    foot_mm: Array
    height_mm: float


def camera_over_plane(
    plane_to_px: Array, picture_shape: tuple[int, int], focal_px: float
) -> CameraOverPlane:
    """The camera's place from a homography and the focal length, the axis through the middle.

    Args:
        plane_to_px: (3, 3), millimetres to pixels.
        picture_shape: (height, width).
    """
    height, width = picture_shape
    to_rays = np.array(
        [[1, 0, -(width - 1) / 2], [0, 1, -(height - 1) / 2], [0, 0, focal_px]], np.float64
    )
    columns = to_rays @ plane_to_px
    columns = columns / np.sqrt(np.prod(np.linalg.norm(columns[:, :2], axis=0)))
    rotation = np.column_stack([columns[:, 0], columns[:, 1], np.cross(*columns[:, :2].T)])
    place = -np.linalg.solve(rotation, columns[:, 2])
    return CameraOverPlane(place[:2], float(abs(place[2])))


def bulging(to_plane: Projection, reach_mm: float, camera: CameraOverPlane) -> Projection:
    """The same places on a card that bulges: where on the plane they seem to lie.

    Parameters 8 to 10 are heights in millimetres at ``reach_mm``: along x, along y and across.
    """

    def seen_on_plane(theta: Array, points_mm: Array) -> Array:
        flat = to_plane(theta, points_mm)
        x, y = flat.T / reach_mm
        height_mm = theta[8] * x * x + theta[9] * y * y + theta[10] * x * y
        # The ray to a place above the plane meets the plane farther from the camera's foot.
        return np.asarray(flat + (height_mm / camera.height_mm)[:, None] * (flat - camera.foot_mm))

    return seen_on_plane


def largest_bulge_mm(fit: EdgeFit) -> tuple[float, float]:
    """Height of the largest of the three bulges of a curved fit, and its u, millimetres."""
    heights, variances = np.abs(fit.parameters[-3:]), np.diag(fit.covariance)[-3:]
    largest = int(np.argmax(heights / np.sqrt(np.maximum(variances, 1e-12))))
    return float(heights[largest]), float(np.sqrt(variances[largest]))
