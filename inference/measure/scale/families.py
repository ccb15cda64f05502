"""OpenCV's dictionaries of marker families, to find markers and to know their cells.

OpenCV reports the corners of every family clockwise from the top left of the marker *as OpenCV
draws it*. Sheets of the AprilTag project show the same tags turned, so a corner number says nothing
about a printed sheet: no code here relies on which side is up.
"""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np
import numpy.typing as npt

from assets.marker_cards.families import FAMILIES

Pattern = npt.NDArray[np.bool_]  # (cells, cells), True = white, the black border included

_DICTIONARIES: dict[str, int] = {
    "aruco-4x4": cv2.aruco.DICT_4X4_1000,
    "aruco-5x5": cv2.aruco.DICT_5X5_1000,
    "aruco-6x6": cv2.aruco.DICT_6X6_1000,
    "aruco-7x7": cv2.aruco.DICT_7X7_1000,
    "aruco-original": cv2.aruco.DICT_ARUCO_ORIGINAL,
    "aruco-mip-36h12": cv2.aruco.DICT_ARUCO_MIP_36h12,
    "apriltag-16h5": cv2.aruco.DICT_APRILTAG_16h5,
    "apriltag-25h9": cv2.aruco.DICT_APRILTAG_25h9,
    "apriltag-36h10": cv2.aruco.DICT_APRILTAG_36h10,
    "apriltag-36h11": cv2.aruco.DICT_APRILTAG_36h11,
}


@cache
def dictionary(family: str) -> cv2.aruco.Dictionary:
    """OpenCV's dictionary of a family.

    Raises:
        ValueError: for a name that is none of :data:`assets.marker_cards.families.FAMILIES`.
    """
    if family not in _DICTIONARIES:
        raise ValueError(f"There is no marker family {family!r}. Known are {', '.join(FAMILIES)}.")
    return cv2.aruco.getPredefinedDictionary(_DICTIONARIES[family])


@cache
def pattern(family: str, marker_id: int) -> Pattern:
    """The cells of a marker, border included, upright as OpenCV draws it.

    Raises:
        ValueError: for a family or a marker that does not exist.
    """
    found = dictionary(family)
    count = len(found.bytesList)
    if not 0 <= marker_id < count:
        raise ValueError(f"The family {family} has markers 0 to {count - 1}, not {marker_id}.")
    cells = found.markerSize + 2
    return np.asarray(found.generateImageMarker(marker_id, cells) > 127)
