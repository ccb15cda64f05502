"""Fits one plane through one or several cards, to the edges of all their markers."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from inference.imaging.linear_light import linear_luminance
from inference.measure.scale import homography
from inference.measure.scale.cards.edge_fit import EdgeFit, fit_edges
from inference.measure.scale.cards.edge_samples import Projection, SeenMarker
from inference.measure.scale.cards.flatness import CameraOverPlane, bulging
from inference.measure.scale.cards.printed import PrintedCard
from inference.measure.scale.cells import as_printed, middles_of_cells
from inference.measure.scale.families import Pattern, pattern
from inference.measure.scale.lens import Lens
from inference.measure.scale.markers import FoundMarker
from inference.types import RgbImage

Array = npt.NDArray[np.float64]


def fit_plane(
    pixels: RgbImage,
    cards: Sequence[PrintedCard],
    lens: Lens | None,
    camera: CameraOverPlane | None = None,
) -> EdgeFit | None:
    """One plane through all cards: eight parameters, and three more for each further card.

    The plane's origin is the middle of the first card, so that its parameters are those of the
    picture near it.

    Args:
        pixels: (H, W, 3) uint8 sRGB, upright, untouched.
        lens: None where it is unknown and taken for ideal.
        camera: fit how far a single card bulges towards it as well, in three more parameters:
            heights in millimetres at the card's rim, along x, along y and across.

    Returns:
        None where too few edges stand out for a fit.
    """
    corners_px = np.concatenate([marker.corners_px for card in cards for marker in card.markers])
    margin = 0.5 * max(card.side_px for card in cards) + 16.0
    height, width = pixels.shape[:2]
    left, top = np.maximum(np.floor(corners_px.min(axis=0) - margin), 0).astype(int)
    right, bottom = np.ceil(corners_px.max(axis=0) + margin).astype(int) + 1
    luminance = linear_luminance(pixels[top : min(bottom, height), left : min(right, width)])
    shift = np.array([left, top], np.float64)

    def ideal(points_px: Array) -> Array:
        return points_px if lens is None else lens.undistorted(points_px)

    first = cards[0]
    start_mm = np.concatenate([corners - first.middle_mm for corners in first.corners_mm])
    start_px = ideal(np.concatenate([marker.corners_px for marker in first.markers]))
    plane = _rough_plane(start_mm, start_px)
    start = [homography.parameters_of(plane)]
    seen = []
    back = homography.inverse(plane)
    for number, card in enumerate(cards):
        if number > 0:
            at_mm = np.concatenate([corners - card.middle_mm for corners in card.corners_mm])
            lies_mm = homography.through(
                back, ideal(np.concatenate([marker.corners_px for marker in card.markers]))
            )
            start.append(_rigid(at_mm, lies_mm))
        for marker, corners_mm in zip(card.markers, card.corners_mm, strict=True):
            cells = _as_seen(luminance, marker, marker.corners_px - shift)
            offset = corners_mm[0] - card.middle_mm
            to_plane = _placed(offset, number)
            if camera is not None:
                to_plane = bulging(to_plane, float(np.abs(start_mm).max()), camera)
            seen.append(SeenMarker(cells, card.side_mm, to_plane))
    if camera is not None:
        start.append(np.zeros(3))

    def project(theta: Array, points_mm: Array) -> Array:
        points_px = homography.through(homography.from_parameters(theta[:8]), points_mm)
        return (points_px if lens is None else lens.distorted(points_px)) - shift

    return fit_edges(luminance, seen, np.concatenate(start), project)


def _placed(offset_mm: Array, number: int) -> Projection:
    """From a marker's own frame to the plane, through the pose of its card."""
    pose = slice(8 + 3 * (number - 1), 8 + 3 * number)

    def to_plane(theta: Array, points_mm: Array) -> Array:
        on_card = points_mm + offset_mm
        if number == 0:
            return on_card
        x_mm, y_mm, turn = theta[pose]
        cos, sin = math.cos(turn), math.sin(turn)
        return np.asarray(on_card @ np.array([[cos, sin], [-sin, cos]]) + [x_mm, y_mm])

    return to_plane


def _rough_plane(points_mm: Array, points_px: Array) -> Array:
    """Least squares homography of four points or more, in well-scaled units."""
    size_mm, size_px = np.abs(points_mm).max(), np.ptp(points_px, axis=0).max()
    middle_px = points_px.mean(axis=0)
    m, p = points_mm / size_mm, (points_px - middle_px) / size_px
    rows = []
    for (x, y), (u, v) in zip(m, p, strict=True):
        rows.append([x, y, 1, 0, 0, 0, -u * x, -u * y])
        rows.append([0, 0, 0, x, y, 1, -v * x, -v * y])
    solved, *_ = np.linalg.lstsq(np.array(rows), p.ravel(), rcond=None)
    scaled = homography.from_parameters(solved)
    to_px = np.array([[size_px, 0, middle_px[0]], [0, size_px, middle_px[1]], [0, 0, 1.0]])
    plane = to_px @ scaled @ np.diag([1 / size_mm, 1 / size_mm, 1.0])
    return np.asarray(plane / plane[2, 2])


def _rigid(points_mm: Array, target_mm: Array) -> Array:
    """Move and turn (x, y, angle) that bring points onto others best (Kabsch, Acta Cryst. A32)."""
    middle, target_middle = points_mm.mean(axis=0), target_mm.mean(axis=0)
    covariance = (points_mm - middle).T @ (target_mm - target_middle)
    turn = math.atan2(covariance[0, 1] - covariance[1, 0], covariance[0, 0] + covariance[1, 1])
    cos, sin = math.cos(turn), math.sin(turn)
    moved = target_middle - middle @ np.array([[cos, sin], [-sin, cos]])
    return np.array([moved[0], moved[1], turn])


def _as_seen(luminance: npt.NDArray[np.float32], marker: FoundMarker, corners_px: Array) -> Pattern:
    """The marker's cells, turned so that they agree with what the picture shows at its corners."""
    cells = pattern(marker.family, marker.marker_id)
    height, width = luminance.shape
    rows, columns = middles_of_cells(corners_px, len(cells), (height, width))
    return as_printed(cells, luminance[rows, columns])
