"""Matches regions of a new photo with known regions of the same face.

A spall grows, and its new outline contains the old one; a network may also see half of it. So it
is the share of the *smaller* region that tells, not intersection over union, which a spall that
grew to three times its area would fail. Half of it or more on the other (:data:`SAME_SHARE`) is
the same place: two regions that merely touch, or that a registration some pixels off pushes over
each other, stay far below. Less than a tenth (:data:`APART_SHARE`) is such a push and nothing
more. In between, or on two known defects at once (grown together, perhaps), a person decides: a
wrong merge is worse than none.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from inference.measure.identity.registration import map_points

SAME_SHARE = 0.5
APART_SHARE = 0.1
# Regions are compared as pictures of at most this side; finer detail than that decides nothing.
RASTER_PX = 512

Outline = npt.ArrayLike  # (N, 2), closed by itself


@dataclass(frozen=True, slots=True)
class AreaMatch:
    """The match of a new region.

    Attributes:
        defect_id: the known defect that it is; None where there is none, or none for sure.
        is_doubtful: it lies on known ones, yet on none in particular.
    """

    defect_id: int | None
    is_doubtful: bool


def match_areas(
    new: Sequence[tuple[str, Outline]],
    known: Sequence[tuple[str, Outline, int]],
    homography: npt.NDArray[np.float64],
    *,
    size_px: tuple[int, int],
    known_size_px: tuple[int, int],
) -> list[AreaMatch]:
    """Compares regions with known ones of the same kind, as far as both photos show the place.

    Args:
        new: kind and outline, pixels of the new photo.
        known: kind, outline in pixels of the earlier photo, and the defect's id.
        homography: (3, 3) earlier photo -> new photo.
        size_px, known_size_px: (width, height) of the new photo and of the earlier one.

    Returns:
        For each of ``new``, in order. Several may be one defect: pieces of it.
    """
    width, height = known_size_px
    frame = np.array(
        [[0.0, 0.0], [width - 1.0, 0.0], [width - 1.0, height - 1.0], [0.0, height - 1.0]]
    )
    seen = map_points(frame, homography)
    laid = [(kind, map_points(_points(line), homography), pk) for kind, line, pk in known]
    found = []
    for kind, outline in new:
        one = _points(outline)
        shares: dict[int, float] = {}
        for other_kind, other, defect_id in laid:
            if other_kind != kind:
                continue
            share = _share_of_smaller(one, other, seen, size_px)
            shares[defect_id] = max(share, shares.get(defect_id, 0.0))
        touched = [pk for pk, share in shares.items() if share >= APART_SHARE]
        same = touched[0] if len(touched) == 1 and shares[touched[0]] >= SAME_SHARE else None
        found.append(AreaMatch(same, bool(touched) and same is None))
    return found


def _points(outline: Outline) -> npt.NDArray[np.float64]:
    return np.asarray(outline, np.float64).reshape(-1, 2)


def _share_of_smaller(
    one: npt.NDArray[np.float64],
    other: npt.NDArray[np.float64],
    seen: npt.NDArray[np.float64],
    size_px: tuple[int, int],
) -> float:
    """Common area as a share of the smaller one, 0 to 1; of what both photos show."""
    if not np.isfinite(other).all():
        return 0.0
    limit = np.array(size_px, np.float64) - 1.0
    low = np.maximum(np.minimum(one.min(axis=0), other.min(axis=0)), 0.0)
    high = np.minimum(np.maximum(one.max(axis=0), other.max(axis=0)), limit)
    gap = np.maximum(one.min(axis=0) - other.max(axis=0), other.min(axis=0) - one.max(axis=0))
    if (gap > 0).any() or (high < low).any():
        return 0.0
    scale = min(1.0, (RASTER_PX - 1) / max(float((high - low).max()), 1.0))
    shape = np.ceil((high - low) * scale).astype(int) + 1

    def drawn(outline: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
        mask = np.zeros((shape[1], shape[0]), np.uint8)
        corners = np.clip(np.round((outline - low) * scale), -(2**15), 2**15).astype(np.int32)
        cv2.fillPoly(mask, [corners], 1)
        return np.asarray(mask, bool)

    shown = drawn(seen) if np.isfinite(seen).all() else np.ones((shape[1], shape[0]), bool)
    first, second = drawn(one) & shown, drawn(other) & shown
    smaller = min(int(first.sum()), int(second.sum()))
    return float((first & second).sum() / smaller) if smaller else 0.0
