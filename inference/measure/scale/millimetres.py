"""Converts pixels to millimetres, or says why it cannot."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from inference.measure.line.centreline import Points, distance_along, normals
from inference.measure.scale.plane import PlaneScale
from inference.surface import Array, OnSurface, ProfileInMillimetres
from inference.types import NotMeasurable, Polyline, Scale, WidthProfile, WidthStatistics

NO_SCALE = NotMeasurable("no_scale")


def widths_to_mm(profile: WidthProfile, centreline: Polyline, scale: Scale) -> ProfileInMillimetres:
    """A width profile in millimetres: each width by the scale at its place along its direction.

    Args:
        profile: along ``centreline``, positions in pixels from its first point.
        centreline: (N, 2) pixels of the upright picture; widths lie along its normals.
    """
    line = np.asarray(centreline, np.float64)
    at, across = _places(line, np.asarray(profile.position_px, np.float64))
    mm_per_px, u = scale.mm_per_px_along(at, across)
    u_plane = scale.u_plane(at) if isinstance(scale, PlaneScale) else np.zeros(len(at))
    width_px = np.asarray(profile.width_px, np.float64)
    width_mm = width_px * mm_per_px
    u_mm = np.hypot(np.asarray(profile.u_px, np.float64) * mm_per_px, width_mm * u)
    u_scale = np.sqrt(np.maximum(u**2 - u_plane**2, 0.0))
    along_mm = positions_mm(profile.position_px, line, scale)
    return ProfileInMillimetres(along_mm, width_mm, u_mm, mm_per_px, u_scale, u_plane)


def positions_mm(position_px: npt.ArrayLike, centreline: Polyline | Array, scale: Scale) -> Array:
    """(M,) places along a line on the surface, millimetres from its first point.

    Args:
        position_px: (M,) the same in pixels along ``centreline``, (N, 2).
    """
    along_px = np.asarray(position_px, np.float64)
    if not isinstance(scale, PlaneScale):
        return along_px * scale.gsd_mm_per_px
    line = np.asarray(centreline, np.float64)
    steps = np.diff(scale.to_plane_mm(line), axis=0)
    along_mm = np.concatenate([[0.0], np.cumsum(np.hypot(steps[:, 0], steps[:, 1]))])
    return np.asarray(np.interp(along_px, distance_along(line), along_mm), np.float64)


def to_millimetres(
    width_px: WidthStatistics | None,
    length_px: float,
    scale: Scale,
    *,
    centreline: Polyline | None = None,
    profile: WidthProfile | None = None,
) -> OnSurface:
    """Widths and length of a crack in millimetres.

    Args:
        width_px: None where the width could not be measured; the length still can.
        centreline, profile: with them the scale of a plane counts where and along which direction
            the crack is wide; without them the scale at the card is taken for the whole crack.

    Returns:
        Widths with the scale's uncertainty added in quadrature (GUM, product of two quantities),
        length, and the profile on the surface.
    """
    if centreline is None:
        length_mm = length_px * scale.gsd_mm_per_px
        width_mm = None if width_px is None else _everywhere(width_px, scale)
        return OnSurface(scale.gsd_mm_per_px, length_mm, length_mm * scale.u_relative, width_mm)
    line = np.asarray(centreline, np.float64)
    if isinstance(scale, PlaneScale):
        length_mm = scale.length_mm(line)
    else:
        length_mm = length_px * scale.gsd_mm_per_px
    local = None if profile is None else widths_to_mm(profile, centreline, scale)
    width_mm = None if width_px is None else _widths(width_px, profile, local, scale)
    widest = width_mm or width_px
    max_at_mm = None
    if widest is not None and widest.max_at_px is not None:
        max_at_mm = float(positions_mm([widest.max_at_px], line, scale)[0])
    half_way, _u = scale.at(line[len(line) // 2])
    length_u_mm = length_mm * _u_along(line, scale)
    return OnSurface(half_way, length_mm, length_u_mm, width_mm, max_at_mm, local)


def _widths(
    width_px: WidthStatistics,
    profile: WidthProfile | None,
    local: ProfileInMillimetres | None,
    scale: Scale,
) -> WidthStatistics:
    if not isinstance(scale, PlaneScale) or profile is None or local is None:
        return _everywhere(width_px, scale)
    known = np.isfinite(local.width_mm) & np.isfinite(profile.width_px)
    if not known.any():
        return _everywhere(width_px, scale)
    return _local(width_px, profile, local, known)


def _everywhere(width_px: WidthStatistics, scale: Scale) -> WidthStatistics:
    """Converts by the one scale of the whole picture."""
    return _times(width_px, scale.gsd_mm_per_px, scale.u_relative, 0.0)


def _u_along(line: Points, scale: Scale) -> float:
    """Relative standard uncertainty of the scale along the line, mean over its steps."""
    steps = np.diff(line, axis=0)
    lengths = np.hypot(steps[:, 0], steps[:, 1])
    if not lengths.any():
        return 0.0
    directions = steps / np.maximum(lengths, 1e-9)[:, None]
    _mm_per_px, u = scale.mm_per_px_along(0.5 * (line[:-1] + line[1:]), directions)
    return float(np.average(u, weights=np.maximum(lengths, 1e-9)))


def _times(
    width_px: WidthStatistics, factor: float, u_scale: float, u_plane: float
) -> WidthStatistics:
    p95_mm = width_px.p95 * factor
    scale_mm, plane_mm = p95_mm * u_scale, p95_mm * u_plane
    u_mm = math.sqrt((width_px.u * factor) ** 2 + scale_mm**2 + plane_mm**2)
    terms = width_px.terms
    if terms is not None:
        terms = terms.times(factor, scale=scale_mm, plane=plane_mm)
    return width_px.times(factor, u_mm, terms)


def _local(
    width_px: WidthStatistics,
    profile: WidthProfile,
    local: ProfileInMillimetres,
    known: npt.NDArray[np.bool_],
) -> WidthStatistics:
    """Each statistic by the scale at the places that it stands for.

    The statistics have been freed of the spread that noise makes; the ratio of the same percentile
    in millimetres and in pixels carries that over.
    """
    in_px = np.asarray(profile.width_px, np.float64)[known]
    in_mm = local.width_mm[known]
    half, most = (
        float(np.percentile(in_mm, part) / np.percentile(in_px, part)) for part in (50, 95)
    )
    widest = int(np.argmax(in_mm))
    at_px = float(np.asarray(profile.position_px, np.float64)[known][widest])
    near_p95 = np.argsort(np.abs(in_mm - np.percentile(in_mm, 95)))[: max(1, len(in_mm) // 10)]
    u_scale = float(np.mean(local.u_scale[known][near_p95]))
    u_plane = float(np.mean(local.u_plane[known][near_p95]))
    found = _times(width_px, most, u_scale, u_plane)
    return replace(
        found,
        p50=min(width_px.p50 * half, found.p95),
        max=max(width_px.max * float(in_mm[widest] / in_px.max()), found.p95),
        max_at_px=None if width_px.max_at_px is None else at_px,
    )


def _places(line: Points, position_px: Array) -> tuple[Points, Points]:
    """Points of a line at distances along it, and the directions across it there."""
    along = distance_along(line)
    across = normals(line)
    at = [np.interp(position_px, along, line[:, axis]) for axis in (0, 1)]
    turned = [np.interp(position_px, along, across[:, axis]) for axis in (0, 1)]
    directions = np.stack(turned, axis=1)
    # Between two opposite normals the mean has no direction.
    lost = np.hypot(directions[:, 0], directions[:, 1]) < 1e-6
    directions[lost] = (1.0, 0.0)
    return np.stack(at, axis=1), directions
