"""Finds markers in a picture, with corners to about a pixel: a start for the fit."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from assets.marker_cards.families import FAMILIES
from inference.measure.scale.families import dictionary
from inference.types import RgbImage

Corners = npt.NDArray[np.float64]  # (4, 2), clockwise

# Larger pictures are searched at this size first: finding is slow, and cards are large in them.
SEARCH_SIZE_PX = 2000


@dataclass(frozen=True, slots=True)
class FoundMarker:
    """A marker and the corners of its black square, from the pattern's own top left."""

    family: str
    marker_id: int
    corners_px: Corners

    @property
    def side_px(self) -> float:
        """Mean side."""
        sides = np.roll(self.corners_px, -1, axis=0) - self.corners_px
        return float(np.hypot(sides[:, 0], sides[:, 1]).mean())


def find_markers(pixels: RgbImage, family: str, *, thorough: bool = True) -> list[FoundMarker]:
    """All markers of a family, largest first; as :func:`find_in_families`."""
    return find_in_families(pixels, (family,), thorough=thorough)


def find_in_families(
    pixels: RgbImage,
    families: tuple[str, ...] = FAMILIES,
    *,
    mirrored: bool = False,
    thorough: bool = True,
) -> list[FoundMarker]:
    """All markers of any of the families, largest first.

    Args:
        thorough: search a large picture at its full size where the smaller one shows none; in
            12 megapixels it takes five times as long and finds markers of less than 40 pixels.
        mirrored: look for markers seen in a mirror; their corners are of the mirrored picture.
    """
    grey = np.asarray(cv2.cvtColor(np.ascontiguousarray(pixels), cv2.COLOR_RGB2GRAY), np.uint8)
    if mirrored:
        grey = np.ascontiguousarray(grey[:, ::-1])
    shrink = SEARCH_SIZE_PX / max(grey.shape)
    found: list[FoundMarker] = []
    if shrink < 0.8:
        # One pixel at least: a strip of 1 × 20,000 px is a picture too, if no photo.
        size = (max(1, round(grey.shape[1] * shrink)), max(1, round(grey.shape[0] * shrink)))
        small = np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_AREA), np.uint8)
        found = _find(small, families)
        ratio = np.array([grey.shape[1] / small.shape[1], grey.shape[0] / small.shape[0]])
        found = [
            FoundMarker(f.family, f.marker_id, (f.corners_px + 0.5) * ratio - 0.5) for f in found
        ]
    if not found and (thorough or shrink >= 0.8):
        found = _find(grey, families)
    refined = [FoundMarker(f.family, f.marker_id, _at_corners(grey, f.corners_px)) for f in found]
    return sorted(refined, key=lambda marker: -marker.side_px)


def _find(grey: npt.NDArray[np.uint8], families: tuple[str, ...]) -> list[FoundMarker]:
    parameters = cv2.aruco.DetectorParameters()
    parameters.cornerRefinementMethod = cv2.aruco.CORNER_REFINE_NONE
    parameters.minMarkerPerimeterRate = 0.02
    detector = cv2.aruco.ArucoDetector(dictionary(families[0]), parameters)
    if len(families) == 1:
        corners, ids, _ = detector.detectMarkers(grey)
        which = None
    else:
        detector.setDictionaries([dictionary(family) for family in families])
        corners, ids, _, which = detector.detectMarkersMultiDict(grey)
    if ids is None:
        return []
    kinds = np.zeros(len(corners), int) if which is None else np.asarray(which).ravel()
    return [
        FoundMarker(families[int(kind)], int(number), np.asarray(four, np.float64).reshape(4, 2))
        for kind, number, four in zip(kinds, np.asarray(ids).ravel(), corners, strict=True)
    ]


def _at_corners(grey: npt.NDArray[np.uint8], corners_px: Corners) -> Corners:
    """The same corners moved to where the brightness turns."""
    side_px = float(np.hypot(*(corners_px[1] - corners_px[0])))
    window = int(np.clip(side_px / 30, 2, 12))
    start = np.ascontiguousarray(corners_px, np.float32).reshape(-1, 1, 2)
    stop = (cv2.TERM_CRITERIA_COUNT | cv2.TERM_CRITERIA_EPS, 30, 0.01)
    moved = cv2.cornerSubPix(grey, start, (window, window), (-1, -1), stop).reshape(4, 2)
    # A corner that wandered off has found something else.
    wandered = np.hypot(*(moved - corners_px).T) > window
    return np.where(wandered[:, None], corners_px, moved).astype(np.float64)
