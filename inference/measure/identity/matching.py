"""Matches lines of a new photo with known lines of the same face."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import linear_sum_assignment
from scipy.spatial import cKDTree

from inference.measure.identity.registration import map_points
from inference.measure.line.centreline import Points, resample
from inference.types import Polyline

SPACING_PX = 3.0
# Two lines are one crack when this share of the shorter lies on the other ...
MIN_OVERLAP = 0.5
# ... in nearly the same direction: a crossing is no overlap.
MAX_ANGLE_DEG = 35.0
# How far apart two tracings of one crack may lie: registration and network together.
MIN_TOLERANCE_PX, TOLERANCE_SHARE = 6.0, 0.007


@dataclass(frozen=True, slots=True)
class Match:
    """A new line that is a known crack.

    Attributes:
        new_index, known_index: places in the two sequences given.
        overlap: share of the shorter line, as far as both photos show it, that lies on the
            other, 0..1.
    """

    new_index: int
    known_index: int
    overlap: float


def match_cracks(
    lines_new: Sequence[Polyline],
    lines_known: Sequence[Polyline],
    homography: npt.NDArray[np.float64],
    tolerance_px: float | None = None,
    *,
    size_px: tuple[int, int] | None = None,
) -> list[Match]:
    """Pairs new lines with known ones, one to one, so that the common length is greatest.

    Args:
        lines_new: in pixels of the new photo.
        lines_known: in pixels of the earlier photo.
        homography: (3, 3) earlier photo -> new photo.
        tolerance_px: distance within which lines lie on each other, pixels of the new photo;
            None takes 0.7 % of its long side, at least 6.
        size_px: (width, height) of the new photo: known lines are compared as far as it shows
            them.

    Returns:
        By ``new_index``. What is in no match lies on no known line, or a better one lies there.
    """
    if not lines_new or not lines_known:
        return []
    tolerance = _tolerance_px(tolerance_px, size_px)
    new = [_points(line) for line in lines_new]
    known = [_seen(map_points(_points(line), homography), size_px) for line in lines_known]
    overlap = np.zeros((len(new), len(known)))
    common_px = np.zeros_like(overlap)
    for i, one in enumerate(new):
        for j, other in enumerate(known):
            if _far_apart(one, other, tolerance):
                continue
            shares = _share_on(one, other, tolerance), _share_on(other, one, tolerance)
            overlap[i, j] = max(shares)
            common_px[i, j] = min(shares[0] * len(one), shares[1] * len(other)) * SPACING_PX
    common_px[(overlap < MIN_OVERLAP) | (common_px < 2.0 * tolerance)] = 0.0
    rows, columns = linear_sum_assignment(-common_px)
    return [
        Match(int(i), int(j), float(overlap[i, j]))
        for i, j in zip(rows, columns, strict=True)
        if common_px[i, j] > 0
    ]


def share_on_known(
    lines_new: Sequence[Polyline],
    lines_known: Sequence[Polyline],
    homography: npt.NDArray[np.float64],
    tolerance_px: float | None = None,
    *,
    size_px: tuple[int, int] | None = None,
) -> npt.NDArray[np.float64]:
    """Share of each new line that lies on any known line, (new,) 0..1.

    A piece of a known crack that the network broke in two lies on it without a match of its own:
    that is no new crack. Arguments as for :func:`match_cracks`.
    """
    known = [_seen(map_points(_points(line), homography), size_px) for line in lines_known]
    known = [line for line in known if len(line) > 1]
    tolerance = _tolerance_px(tolerance_px, size_px)
    share = np.zeros(len(lines_new))
    for i, line in enumerate(lines_new):
        points = _points(line)
        covered = np.zeros(len(points), bool)
        for other in known:
            covered |= _lies_on(points, other, tolerance)
        share[i] = covered.mean()
    return share


def _points(line: Polyline) -> Points:
    return resample(np.asarray(line, np.float64), SPACING_PX)


def _seen(points: Points, size_px: tuple[int, int] | None) -> Points:
    if size_px is None:
        return points
    inside = (points >= 0).all(axis=1) & (points <= np.array(size_px) - 1.0).all(axis=1)
    return points[inside]


def _far_apart(one: Points, other: Points, tolerance_px: float) -> bool:
    if len(one) < 2 or len(other) < 2:
        return True
    gap = np.maximum(one.min(axis=0) - other.max(axis=0), other.min(axis=0) - one.max(axis=0))
    return bool((gap > tolerance_px).any())


def _share_on(points: Points, line: Points, tolerance_px: float) -> float:
    return float(_lies_on(points, line, tolerance_px).mean())


def _lies_on(points: Points, line: Points, tolerance_px: float) -> npt.NDArray[np.bool_]:
    """Which points have a line close by that runs their way, (N,)."""
    distance, nearest = cKDTree(line).query(points, distance_upper_bound=tolerance_px)
    close = np.isfinite(distance)
    nearest = np.where(close, nearest, 0)
    cosine = np.abs((_directions(points) * _directions(line)[nearest]).sum(axis=1))
    return np.asarray(close & (cosine >= np.cos(np.radians(MAX_ANGLE_DEG))))


def _directions(points: Points) -> Points:
    """Unit tangents over a few points either side: single steps of a tracing wiggle."""
    reach = min(4, (len(points) - 1) // 2) or 1
    padded = np.pad(points, ((reach, reach), (0, 0)), mode="edge")
    steps = padded[2 * reach :] - padded[: -2 * reach]
    return np.asarray(steps / np.maximum(np.hypot(steps[:, 0], steps[:, 1]), 1e-9)[:, None])


def _tolerance_px(given: float | None, size_px: tuple[int, int] | None) -> float:
    if given is not None:
        return given
    return max(MIN_TOLERANCE_PX, TOLERANCE_SHARE * max(size_px)) if size_px else MIN_TOLERANCE_PX
