"""Converts between pixels of a picture and those of an ideal pinhole camera.

Distortion: Brown's model with k1, k2, p1, p2, k3 as OpenCV orders it (Brown, Photogrammetric
Engineering 32 (1966) and 37 (1971)). Points are (N, 2) float64, pixels.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

Points = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Lens:
    """Intrinsics of a camera for the *upright* picture.

    Attributes:
        matrix: (3, 3) focal lengths and principal point, pixels.
        distortion: (5,) k1, k2, p1, p2, k3.
        orientation: EXIF orientation of the file: the sensor's axes are those of the stored
            picture, in which ``matrix`` and ``distortion`` hold.
        image_size_px: (width, height) of the upright picture.
    """

    matrix: npt.NDArray[np.float64]
    distortion: npt.NDArray[np.float64]
    orientation: int
    image_size_px: tuple[int, int]

    @property
    def focal_px(self) -> float:
        """Mean focal length, pixels."""
        return float(np.sqrt(self.matrix[0, 0] * self.matrix[1, 1]))

    def undistorted(self, points_px: Points) -> Points:
        """The points of the upright picture, without the lens's distortion."""
        stored = to_stored(points_px, self.orientation, self.image_size_px)
        ideal = cv2.undistortPointsIter(
            stored.reshape(-1, 1, 2),
            self.matrix,
            self.distortion,
            np.eye(3),
            self.matrix,
            (cv2.TERM_CRITERIA_COUNT | cv2.TERM_CRITERIA_EPS, 40, 1e-9),
        )
        flat: Points = np.asarray(ideal, np.float64).reshape(-1, 2)
        return to_upright(flat, self.orientation, self.image_size_px)

    def distorted(self, ideal_px: Points) -> Points:
        """The inverse of :meth:`undistorted`."""
        stored = to_stored(ideal_px, self.orientation, self.image_size_px)
        rays = np.column_stack([stored, np.ones(len(stored))]) @ np.linalg.inv(self.matrix).T
        seen, _ = cv2.projectPoints(
            rays.reshape(-1, 1, 3), np.zeros(3), np.zeros(3), self.matrix, self.distortion
        )
        flat: Points = np.asarray(seen, np.float64).reshape(-1, 2)
        return to_upright(flat, self.orientation, self.image_size_px)


def to_stored(points_px: Points, orientation: int, upright_size_px: tuple[int, int]) -> Points:
    """Points of the upright picture as points of the picture as the sensor wrote it."""
    x, y = points_px[:, 0], points_px[:, 1]
    right, bottom = upright_size_px[0] - 1.0, upright_size_px[1] - 1.0
    moved = {
        2: (right - x, y),
        3: (right - x, bottom - y),
        4: (x, bottom - y),
        5: (y, x),
        6: (y, right - x),
        7: (bottom - y, right - x),
        8: (bottom - y, x),
    }.get(orientation, (x, y))
    return np.column_stack(moved).astype(np.float64)


def to_upright(points_px: Points, orientation: int, upright_size_px: tuple[int, int]) -> Points:
    """The inverse of :func:`to_stored`."""
    x, y = points_px[:, 0], points_px[:, 1]
    right, bottom = upright_size_px[0] - 1.0, upright_size_px[1] - 1.0
    moved = {
        2: (right - x, y),
        3: (right - x, bottom - y),
        4: (x, bottom - y),
        5: (y, x),
        6: (right - y, x),
        7: (right - y, bottom - x),
        8: (y, bottom - x),
    }.get(orientation, (x, y))
    return np.column_stack(moved).astype(np.float64)


def stored_size(upright_size_px: tuple[int, int], orientation: int) -> tuple[int, int]:
    """(width, height) of the picture as the sensor wrote it."""
    width, height = upright_size_px
    return (height, width) if orientation in (5, 6, 7, 8) else (width, height)
