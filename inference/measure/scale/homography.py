"""The projective map between a plane in millimetres and the picture.

A homography is kept as (3, 3) with h33 = 1, its first eight entries row by row being the
parameters. Hartley and Zisserman, Multiple View Geometry, 2nd edition, section 4.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Points = npt.NDArray[np.float64]  # (N, 2)
Homography = npt.NDArray[np.float64]  # (3, 3)


def through(homography: Homography, points: Points) -> Points:
    """(N, 2) points through a homography; points at or beyond the horizon come out as nan."""
    mapped = points @ homography[:, :2].T + homography[:, 2]
    depth = mapped[:, 2:]
    beyond = depth * np.sign(homography[2, 2] or 1.0) <= 1e-12
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(beyond, np.nan, mapped[:, :2] / depth)


def from_four_points(source: Points, target: Points) -> Homography:
    """The homography that takes four points (no three on a line) exactly to four others."""
    rows = []
    for (x, y), (u, v) in zip(source, target, strict=True):
        rows.append([x, y, 1, 0, 0, 0, -u * x, -u * y])
        rows.append([0, 0, 0, x, y, 1, -v * x, -v * y])
    solved = np.linalg.solve(np.array(rows, np.float64), np.asarray(target, np.float64).ravel())
    return from_parameters(np.asarray(solved, np.float64))


def inverse(homography: Homography) -> Homography:
    """The map back."""
    return np.asarray(np.linalg.inv(homography), np.float64)


def from_parameters(parameters: npt.NDArray[np.float64]) -> Homography:
    """(8,) parameters as a matrix."""
    return np.append(parameters, 1.0).reshape(3, 3)


def parameters_of(homography: Homography) -> npt.NDArray[np.float64]:
    """A matrix as its (8,) parameters."""
    return (homography / homography[2, 2]).ravel()[:8]


def jacobian_at(homography: Homography, point: Points) -> npt.NDArray[np.float64]:
    """(2, 2) derivative of the map at one point, (2,)."""
    x, y = point
    w = homography[2, 0] * x + homography[2, 1] * y + homography[2, 2]
    mapped = (homography[:2, :2] @ point + homography[:2, 2]) / w
    return np.asarray((homography[:2, :2] - np.outer(mapped, homography[2, :2])) / w)


def tilt_deg(homography: Homography, point: Points) -> float:
    """Angle between the plane's normal and the line of sight at a point of the plane, degrees.

    From the ratio of the smallest to the largest local magnification, which is the cosine of the
    angle where perspective within the neighbourhood is weak: no camera constants are needed.
    """
    magnification = np.linalg.svd(jacobian_at(homography, point), compute_uv=False)
    return float(np.degrees(np.arccos(np.clip(magnification[1] / magnification[0], 0.0, 1.0))))
