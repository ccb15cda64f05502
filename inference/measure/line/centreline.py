"""Geometry of one ordered line: even spacing, smoothing, normals, length and direction."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.ndimage import gaussian_filter1d

Points = npt.NDArray[np.float64]  # (N, 2), x and y


def distance_along(points: Points) -> npt.NDArray[np.float64]:
    """Distance of every point from the first one along the line, (N,) pixels."""
    steps = np.hypot(*np.diff(points, axis=0).T)
    return np.concatenate([[0.0], np.cumsum(steps)])


def length_px(points: Points) -> float:
    """Length along the line."""
    return float(distance_along(points)[-1])


def resample(points: Points, spacing_px: float) -> Points:
    """The same line with even spacing; first and last point stay where they are.

    Args:
        points: (N, 2), N >= 1; points that repeat are allowed.
        spacing_px: wanted distance between points; the one used divides the line evenly.

    Returns:
        (M, 2), M >= 2, float64.
    """
    along = distance_along(points)
    steps = max(1, round(along[-1] / spacing_px))
    wanted = np.linspace(0.0, along[-1], steps + 1)
    return np.stack(
        [np.interp(wanted, along, points[:, 0]), np.interp(wanted, along, points[:, 1])], axis=1
    )


def smooth(values: npt.NDArray[np.float64], sigma_points: float) -> npt.NDArray[np.float64]:
    """Gaussian smoothing along the first axis that keeps the first and the last value.

    The series is continued by point reflection at its ends, so a straight line stays itself and
    the ends do not creep inwards.

    Args:
        values: (N, ...) evenly spaced, N >= 2.
        sigma_points: in spacings; cut to a third of the series.
    """
    sigma = min(sigma_points, len(values) / 3.0)
    reach = min(len(values) - 1, int(np.ceil(4.0 * sigma)))
    if sigma <= 0 or reach < 1:
        return values
    before = 2.0 * values[:1] - values[reach:0:-1]
    after = 2.0 * values[-1:] - values[-2 : -reach - 2 : -1]
    padded = np.concatenate([before, values, after])
    return gaussian_filter1d(padded, sigma, axis=0, mode="nearest")[reach : reach + len(values)]


def normals(points: Points) -> Points:
    """Unit vectors across the line, (N, 2): the tangent turned by a quarter, x to y.

    Args:
        points: (N, 2), N >= 2, neighbours differ.
    """
    tangent = np.gradient(points, axis=0)
    tangent /= np.maximum(np.hypot(tangent[:, 0], tangent[:, 1]), 1e-9)[:, None]
    return np.stack([-tangent[:, 1], tangent[:, 0]], axis=1)


def orientation_deg(points: Points) -> float:
    """Direction of the main axis against the horizontal, [0, 180), anticlockwise with y up."""
    centred = points - points.mean(axis=0)
    _, _, axes = np.linalg.svd(centred, full_matrices=False)
    x, y = axes[0]
    degrees = float(np.degrees(np.arctan2(-y, x))) % 180.0
    return 0.0 if degrees >= 180.0 else degrees


def leaving_direction(points: Points, skip_px: float, reach_px: float) -> npt.NDArray[np.float64]:
    """Direction in which a line leaves its first point, of any length.

    Args:
        skip_px: so much of the line is not looked at: near a junction it lies in the other line.
        reach_px: over so much of it the direction is taken.
    """
    along = distance_along(points)
    near = points[min(int(np.searchsorted(along, skip_px)), max(0, len(points) // 2 - 1))]
    far = points[min(int(np.searchsorted(along, skip_px + reach_px)), len(points) - 1)]
    return np.asarray(far - near)


def angle_deg(a: npt.NDArray[np.float64], b: npt.NDArray[np.float64]) -> float:
    """Angle between two directions, 0 to 180; 0 where one has no length."""
    norms = float(np.hypot(*a) * np.hypot(*b))
    if norms == 0:
        return 0.0
    return float(np.degrees(np.arccos(np.clip(float(a @ b) / norms, -1.0, 1.0))))
