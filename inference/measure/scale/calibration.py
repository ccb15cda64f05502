"""Calibrates a camera from photos of a ChArUco board: focal length, principal point, distortion.

Zhang's method (IEEE PAMI 22 (2000) 1330) through OpenCV, Brown's distortion with k1, k2, p1, p2;
k3 is kept at 0, since photos of one board seldom reach the corners often enough to tell it from k2.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from inference.imaging.exif import PhotoMetadata
from inference.measure.scale.families import dictionary
from inference.measure.scale.lens import stored_size, to_stored
from inference.measure.scale.profiles import CameraProfile
from inference.types import Finding, RgbImage, Value

Array = npt.NDArray[np.float64]

MIN_CORNERS = 12
MIN_VIEWS = 8
# Boards seen along directions that differ by less than this are one view.
SAME_VIEW_DEG, SAME_VIEW_SHIFT = 4.0, 0.08
# At least MIN_LEANING views must lean by LEANING_DEG, and at least MIN_COVERED of the cells of a
# grid over the picture must be covered.
LEANING_DEG, MIN_LEANING = 15.0, 4
COVERED_GRID, MIN_COVERED = 6, 0.6
MAX_REPROJECTION_PX = 1.5
MAX_U_FOCAL = 0.01
# OpenCV's deviations assume errors that are independent and centred; boards and lenses are neither.
INFLATION = 2.0


@dataclass(frozen=True, slots=True)
class Board:
    """A ChArUco board: squares with markers in the white ones.

    Attributes:
        columns, rows: squares across and down.
        square_mm, marker_mm: as measured on the print.
    """

    columns: int = 10
    rows: int = 7
    square_mm: float = 25.0
    marker_mm: float = 18.0
    family: str = "aruco-5x5"

    def __post_init__(self) -> None:
        if min(self.columns, self.rows) < 4 or self.columns * self.rows // 2 > 500:
            raise ValueError("A board has at least 4 squares each way and at most 1000 in all.")
        if not 0 < self.marker_mm < self.square_mm:
            raise ValueError(
                f"The markers of a board ({self.marker_mm:g} mm) are smaller than its squares "
                f"({self.square_mm:g} mm), and larger than 0."
            )

    def opencv(self) -> cv2.aruco.CharucoBoard:
        """The same for OpenCV."""
        return cv2.aruco.CharucoBoard(
            (self.columns, self.rows), self.square_mm, self.marker_mm, dictionary(self.family)
        )

    def __str__(self) -> str:
        size = f"{self.columns}x{self.rows}"
        return f"{size}:{self.square_mm:g}:{self.marker_mm:g}:{self.family}"


def parse_board(text: str) -> Board:
    """A board from words such as ``10x7:25:18`` (squares, their side, the markers' side, in mm).

    Raises:
        ValueError: with the form.
    """
    try:
        size, square, marker, *family = text.split(":")
        columns, rows = size.lower().split("x")
        numbers = int(columns), int(rows), float(square), float(marker)
    except ValueError as problem:
        raise ValueError(
            f"{text!r} is no board. Write squares across x down, their side and the markers' side "
            "in mm, such as 10x7:25:18, or 10x7:25:18:aruco-5x5."
        ) from problem
    if family:
        dictionary(family[0])
    return Board(*numbers, *family[:1])


@dataclass(frozen=True, slots=True)
class View:
    """The board's corners in one photo, in pixels of the picture as the sensor stored it."""

    name: str
    board_mm: npt.NDArray[np.float32]  # (N, 3)
    seen_px: npt.NDArray[np.float32]  # (N, 2)
    size_px: tuple[int, int]
    exif: PhotoMetadata


def look_at_board(name: str, pixels: RgbImage, exif: PhotoMetadata, board: Board) -> View | Finding:
    """The board's corners in a photo, or why it shows too few."""
    made = board.opencv()
    grey = cv2.cvtColor(np.ascontiguousarray(pixels), cv2.COLOR_RGB2GRAY)
    corners, ids, _, markers = cv2.aruco.CharucoDetector(made).detectBoard(grey)
    count = 0 if ids is None else len(ids)
    if corners is None or ids is None or count < MIN_CORNERS:
        seen = 0 if markers is None else len(markers)
        return Finding(
            "board_not_seen",
            {
                "photo": name,
                "corners": count,
                "board": str(board),
                "markers": seen,
                "least": MIN_CORNERS,
            },
        )
    points = np.asarray(corners, np.float64).reshape(-1, 2)
    upright = (int(pixels.shape[1]), int(pixels.shape[0]))
    places = np.asarray(made.getChessboardCorners(), np.float32)[np.asarray(ids).ravel()]
    return View(
        name,
        places.reshape(-1, 3),
        to_stored(points, exif.orientation, upright).astype(np.float32),
        stored_size(upright, exif.orientation),
        exif,
    )


def calibrate(
    views: Sequence[View], board: Board, calibrated_on: str
) -> CameraProfile | tuple[Finding, ...]:
    """The camera's profile, or everything that is missing for one.

    Args:
        calibrated_on: ISO date for the file.
    """
    unlike = _not_one_camera(views)
    if unlike is not None:
        return (unlike,)
    if len(views) < 4:  # too few to try
        return (_too_few(len(views)),)
    size = views[0].size_px
    flags = cv2.CALIB_FIX_K3
    error, matrix, distortion, turns, _, deviations, _, _ = cv2.calibrateCameraExtended(
        [view.board_mm for view in views],
        [view.seen_px for view in views],
        size,
        np.eye(3),
        np.zeros(5),
        flags=flags,
    )
    normals = np.array([cv2.Rodrigues(turn)[0][:, 2] for turn in turns])
    missing = _missing(views, normals, size)
    deviation = INFLATION * np.asarray(deviations, np.float64).ravel()
    u_focal = float(np.max(deviation[:2] / [matrix[0, 0], matrix[1, 1]]))
    if not missing and error > MAX_REPROJECTION_PX:
        missing.append(
            Finding("board_not_flat", {"apart_px": float(error), "most_px": MAX_REPROJECTION_PX})
        )
    if not missing and not u_focal <= MAX_U_FOCAL:
        missing.append(Finding("focal_length_unsure", {"U_percent": 200 * u_focal}))
    if missing:
        return tuple(missing)
    exif = views[0].exif
    return CameraProfile(
        camera_make=exif.camera_make,
        camera_model=exif.camera_model,
        lens_model=exif.lens_model,
        focal_length_mm=exif.focal_length_mm,
        image_size_px=size,
        focal_px=(float(matrix[0, 0]), float(matrix[1, 1])),
        centre_px=(float(matrix[0, 2]), float(matrix[1, 2])),
        distortion=_five(np.asarray(distortion, np.float64).ravel()),
        u_focal_relative=u_focal,
        u_centre_px=float(np.max(deviation[2:4])),
        u_distortion=_five(deviation[4:9]),
        reprojection_px=float(error),
        views=len(views),
        board=str(board),
        calibrated_on=calibrated_on,
    )


def _five(values: Array) -> tuple[float, float, float, float, float]:
    a, b, c, d, e = (float(value) for value in values[:5])
    return a, b, c, d, e


def _not_one_camera(views: Sequence[View]) -> Finding | None:
    """Photos of two bodies, lenses, focal lengths or sizes cannot make one profile."""
    for case, of in (
        ("size", _size),
        ("camera", lambda view: _named(view.exif.camera_make, view.exif.camera_model)),
        ("lens", lambda view: _named(view.exif.lens_model)),
        ("focal_length", _focal_length),
    ):
        kinds = {tuple(of(view).items()): view.name for view in views}
        if len(kinds) > 1:
            (one, first_photo), (other, second_photo), *_ = kinds.items()
            return Finding(
                "not_one_camera",
                {
                    "case": case,
                    "first_photo": first_photo,
                    "second_photo": second_photo,
                    **{f"first{name}": value for name, value in one},
                    **{f"second{name}": value for name, value in other},
                },
            )
    return None


def _size(view: View) -> dict[str, Value]:
    return {"_width_px": view.size_px[0], "_height_px": view.size_px[1]}


def _named(*parts: str | None) -> dict[str, Value]:
    name = " ".join(part for part in parts if part)
    return {"": "named", "_name": name} if name else {"": "none"}


def _focal_length(view: View) -> dict[str, Value]:
    length_mm = view.exif.focal_length_mm
    return {"": "none"} if length_mm is None else {"": "focal_length", "_focal_mm": length_mm}


def _missing(views: Sequence[View], normals: Array, size: tuple[int, int]) -> list[Finding]:
    """Findings about what the photos lack for a calibration."""
    missing = []
    distinct = _distinct(views, normals, size)
    if distinct < MIN_VIEWS:
        if len(views) < MIN_VIEWS:
            missing.append(_too_few(len(views)))
        else:
            missing.append(
                Finding(
                    "views_too_similar",
                    {"photos": len(views), "distinct": distinct, "least": MIN_VIEWS},
                )
            )
    lean = np.degrees(np.arccos(np.clip(np.abs(normals[:, 2]), 0, 1)))
    leaning = int((lean >= LEANING_DEG).sum())
    if leaning < MIN_LEANING:
        missing.append(
            Finding(
                "views_not_leaning",
                {"leaning": leaning, "lean_deg": LEANING_DEG, "least": MIN_LEANING},
            )
        )
    covered = _covered(views, size)
    if covered < MIN_COVERED:
        missing.append(
            Finding(
                "picture_not_covered",
                {"covered_share": covered, "least_share": MIN_COVERED},
            )
        )
    return missing


def _distinct(views: Sequence[View], normals: Array, size: tuple[int, int]) -> int:
    """The number of views that differ from all before them in direction or place."""
    diagonal = math.hypot(*size)
    kept: list[tuple[Array, Array]] = []
    for view, normal in zip(views, normals, strict=True):
        middle = np.asarray(view.seen_px, np.float64).mean(axis=0) / diagonal
        for other, place in kept:
            angle = math.degrees(math.acos(min(1.0, abs(float(normal @ other)))))
            if angle < SAME_VIEW_DEG and math.dist(middle, place) < SAME_VIEW_SHIFT:
                break
        else:
            kept.append((normal, middle))
    return len(kept)


def _covered(views: Sequence[View], size: tuple[int, int]) -> float:
    points = np.concatenate([np.asarray(view.seen_px, np.float64) for view in views])
    cells = np.clip(points / size * COVERED_GRID, 0, COVERED_GRID - 1).astype(int)
    return len(np.unique(cells, axis=0)) / COVERED_GRID**2


def _too_few(count: int) -> Finding:
    return Finding("views_too_few", {"photos": count, "least": MIN_VIEWS})
