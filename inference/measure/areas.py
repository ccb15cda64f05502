"""Measures area and extent of areal defects in millimetres."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np
import numpy.typing as npt

from inference.measure.scale.plane import PlaneScale
from inference.surface import AreaOnSurface
from inference.types import Region, Scale

Points = npt.NDArray[np.float64]  # (N, 2)

# A side of an outline is straight in the picture, and bent on the plane where the lens bends it.
SIDE_PX = 16.0


def measure_areas(regions: Sequence[Region], scale: Scale | None) -> tuple[Region, ...]:
    """The regions with their millimetres under a scale, in their order; None: without any."""
    return tuple(
        replace(
            region,
            surface=None
            if scale is None
            else area_on_surface(region.outline_px, region.area_px, scale),
        )
        for region in regions
    )


def area_on_surface(
    outline_px: npt.ArrayLike, area_px: float, scale: Scale
) -> AreaOnSurface | None:
    """Area and largest extent of a region.

    The outline is laid on the surface; ``area_px`` is what counts of it (no holes, and the half
    pixel outside a line through pixel centres), in the proportion that the outline's area has on
    the surface. The uncertainty is that of the scale: an area has twice the relative one of a
    length. How well the outline follows the defect is not in it.

    Args:
        outline_px: (N, 2) points of the upright picture, N >= 1; closed by itself.
        area_px: square pixels.

    Returns:
        None where the outline crosses the horizon of the scale's plane.
    """
    outline = _along_sides(np.asarray(outline_px, np.float64).reshape(-1, 2))
    on_surface = (
        scale.to_plane_mm(outline)
        if isinstance(scale, PlaneScale)
        else outline * scale.gsd_mm_per_px
    )
    if not np.isfinite(on_surface).all():
        return None
    mm_per_px, u_area = scale.at(outline.mean(axis=0))
    enclosed_px = _enclosed(outline)
    factor = _enclosed(on_surface) / enclosed_px if enclosed_px > 0 else mm_per_px**2
    one, other = _farthest(on_surface)
    extent_mm = float(np.hypot(*(on_surface[one] - on_surface[other])))
    middle, direction = 0.5 * (outline[one] + outline[other]), outline[one] - outline[other]
    u_extent = 0.0
    if direction.any():
        u_extent = float(scale.mm_per_px_along(middle[None], direction[None])[1][0])
    area_mm2 = float(area_px) * float(factor)
    return AreaOnSurface(area_mm2, 2.0 * u_area * area_mm2, extent_mm, u_extent * extent_mm)


def _along_sides(outline: Points) -> Points:
    """The closed outline with points no more than :data:`SIDE_PX` apart."""
    ends = np.roll(outline, -1, axis=0)
    sides = []
    for begin, end in zip(outline, ends, strict=True):
        steps = max(1, int(np.ceil(np.hypot(*(end - begin)) / SIDE_PX)))
        share = np.arange(steps)[:, None] / steps
        sides.append(begin + share * (end - begin))
    return np.concatenate(sides)


def _enclosed(outline: Points) -> float:
    """Area within a closed outline, by the shoelace formula about its first point."""
    x, y = (outline - outline[0]).T
    return float(abs(np.sum(x * np.roll(y, -1) - np.roll(x, -1) * y)) / 2.0)


def _farthest(points: Points) -> tuple[int, int]:
    """Places of the two points that lie farthest apart: both are corners of the hull."""
    about = (points - points[0]).astype(np.float32)
    hull = cv2.convexHull(about, returnPoints=False).ravel()
    corners = points[hull]
    apart = np.hypot(*(corners[:, None] - corners[None]).transpose(2, 0, 1))
    one, other = np.unravel_index(int(np.argmax(apart)), apart.shape)
    return int(hull[one]), int(hull[other])
