"""Registers two photos of a face: features of each, and the homography between them.

A wrong match is worse than none (it would let one crack grow at the cost of another), so a
homography is believed only with many inliers, spread over the picture, and a plausible shape.
"""

from __future__ import annotations

import io
import math
import zipfile
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from inference.types import RgbImage

MAX_FEATURES = 2000
REDUCED_LONG_SIDE_PX = 1600
MIN_SIDE_PX = 32
# The strongest features are kept cell by cell, or one rusty corner would take them all.
CELLS_EITHER_WAY = 8
FAST_THRESHOLD = 5  # concrete is of low contrast

# A descriptor pair counts when it is mutual and clearly better than the second best.
RATIO = 0.85
REPROJECTION_PX = 3.0  # in the reduced pictures
# Unrelated pictures of concrete reached at most 8 inliers, the same face with light, zoom and
# rotation changed a hundred and more (measured; see tests/inference/measure).
MIN_INLIERS = 25
MIN_INLIER_SHARE = 0.025  # of the features in the area that both pictures show
MIN_INLIER_AREA = 0.04  # of the picture, spanned by the inliers: a date stamp is no face
MIN_SCALE, MAX_SCALE = 0.4, 2.5
MAX_STRETCH = 1.8  # the longer against the shorter axis of a mapped circle
MAX_PERSPECTIVE = 1.8  # the nearest corner against the farthest

_FORMAT = 1


@dataclass(frozen=True, slots=True)
class Features:
    """The features of a photo that are stored to find the same face again.

    Attributes:
        points: (K, 2) float32, pixels of the upright picture, K <= 2000.
        descriptors: (K, 32) uint8, ORB.
        image_size_px: (width, height).
    """

    points: npt.NDArray[np.float32]
    descriptors: npt.NDArray[np.uint8]
    image_size_px: tuple[int, int]

    def to_bytes(self) -> bytes:
        """A file of at most about 80 KB; :meth:`from_bytes` reads it."""
        buffer = io.BytesIO()
        np.savez(
            buffer,
            format=np.array(_FORMAT),
            points=self.points.astype(np.float32),
            descriptors=self.descriptors,
            image_size_px=np.array(self.image_size_px),
        )
        return buffer.getvalue()

    @staticmethod
    def from_bytes(data: bytes) -> Features:
        """Reads what :meth:`to_bytes` wrote.

        Raises:
            ValueError: for other bytes, or those of a newer Hairline.
        """
        try:
            with np.load(io.BytesIO(data), allow_pickle=False) as kept:
                if int(kept["format"]) != _FORMAT:
                    raise ValueError(f"Features of format {int(kept['format'])} are not known.")
                width, height = (int(value) for value in kept["image_size_px"])
                points = kept["points"].astype(np.float32).reshape(-1, 2)
                descriptors = kept["descriptors"].astype(np.uint8).reshape(-1, 32)
        except (OSError, EOFError, KeyError, zipfile.BadZipFile) as error:
            raise ValueError(f"These bytes hold no features of a photo: {error}") from error
        if len(points) != len(descriptors):
            raise ValueError("These features have not one descriptor for each point.")
        return Features(points, descriptors, (width, height))


@dataclass(frozen=True, slots=True)
class Registration:
    """The registration of one photo with another.

    Attributes:
        homography: (3, 3) float64; pixels of the first photo to pixels of the second.
        inliers: feature pairs that agree with it.
        residual_px: root mean square distance of those, pixels of the second photo.
        overlap: share of the second photo that the first one shows, 0..1.
    """

    homography: npt.NDArray[np.float64]
    inliers: int
    residual_px: float
    overlap: float


def extract_features(pixels: RgbImage) -> Features:
    """Features of a photo, computed on a reduced copy.

    Args:
        pixels: (H, W, 3) uint8 RGB, upright. A picture too small or too plain has few or none.
    """
    height, width = pixels.shape[:2]
    reduction = _reduction((width, height))
    size = (max(1, round(width * reduction)), max(1, round(height * reduction)))
    reduced = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA) if reduction < 1 else pixels
    nothing = Features(np.zeros((0, 2), np.float32), np.zeros((0, 32), np.uint8), (width, height))
    if min(size) < MIN_SIDE_PX:
        return nothing
    grey = cv2.cvtColor(reduced, cv2.COLOR_RGB2GRAY)
    # Light differs between visits: equalise it in cells before corners are sought.
    grey = cv2.createCLAHE(clipLimit=3.0, tileGridSize=(8, 8)).apply(grey)
    detector = cv2.ORB.create(3 * MAX_FEATURES, 1.2, 8, fastThreshold=FAST_THRESHOLD)
    found = _spread(list(detector.detect(grey, None)), size)
    kept, descriptors = detector.compute(grey, found) if found else ((), None)
    if descriptors is None:
        return nothing
    points = np.array([point.pt for point in kept], np.float32)
    # Pixel centres are whole numbers in either picture.
    steps = np.array([width / size[0], height / size[1]], np.float32)
    return Features((points + 0.5) * steps - 0.5, np.asarray(descriptors), (width, height))


def register(first: Features, second: Features) -> Registration | None:
    """The homography from the first photo to the second, or None where they do not fit.

    Feature pairs by mutual nearest neighbours with a ratio test, then USAC-MAGSAC.
    """
    pairs = _mutual_pairs(first.descriptors, second.descriptors)
    if len(pairs) < MIN_INLIERS:
        return None
    # In reduced pixels, so that one tolerance suits every size of picture.
    to_first, to_second = _reduction(first.image_size_px), _reduction(second.image_size_px)
    from_points = first.points[pairs[:, 0]] * to_first
    to_points = second.points[pairs[:, 1]] * to_second
    found, mask = cv2.findHomography(
        from_points, to_points, cv2.USAC_MAGSAC, REPROJECTION_PX, maxIters=5000, confidence=0.9999
    )
    if found is None:
        return None
    inlier = mask.ravel().astype(bool)
    homography = np.asarray(
        np.diag([1 / to_second, 1 / to_second, 1]) @ found @ np.diag([to_first, to_first, 1]),
        np.float64,
    )
    homography /= homography[2, 2] if abs(homography[2, 2]) > 1e-12 else 1.0
    if not is_plausible(homography, first.image_size_px):
        return None
    shown = _outline_in_second(homography, first.image_size_px, second.image_size_px)
    if not _enough_inliers(second.points, pairs[inlier, 1], shown, second.image_size_px):
        return None
    distance = (
        map_points(first.points[pairs[inlier, 0]], homography) - second.points[pairs[inlier, 1]]
    )
    return Registration(
        homography=homography,
        inliers=int(inlier.sum()),
        residual_px=float(np.sqrt((distance**2).sum(axis=1).mean())),
        overlap=_area(shown) / float(second.image_size_px[0] * second.image_size_px[1]),
    )


def map_points(
    points: npt.NDArray[np.floating], homography: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """(N, 2) points through a homography."""
    homogeneous = np.column_stack([points, np.ones(len(points))]) @ homography.T
    return np.asarray(homogeneous[:, :2] / homogeneous[:, 2:])


def is_plausible(homography: npt.NDArray[np.float64], image_size_px: tuple[int, int]) -> bool:
    """Whether two photos of one face could lie so: no mirror, no fold, no extreme zoom."""
    if not np.isfinite(homography).all():
        return False
    corners = np.column_stack([_corners(image_size_px), np.ones(4)])
    depth = corners @ homography[2]
    if depth.min() <= 0 or depth.max() / depth.min() > MAX_PERSPECTIVE:
        return False
    for x, y, _ in [*corners, corners.mean(axis=0)]:
        w = homography[2] @ (x, y, 1.0)
        mapped = homography[:2] @ (x, y, 1.0) / w
        jacobian = (homography[:2, :2] - np.outer(mapped, homography[2, :2])) / w
        if np.linalg.det(jacobian) <= 0:
            return False
        long_axis, short_axis = np.linalg.svd(jacobian, compute_uv=False)
        if not MIN_SCALE <= math.sqrt(long_axis * short_axis) <= MAX_SCALE:
            return False
        if long_axis > MAX_STRETCH * short_axis:
            return False
    return True


def _enough_inliers(
    points: npt.NDArray[np.float32],
    inliers: npt.NDArray[np.intp],
    shown: npt.NDArray[np.float32],
    image_size_px: tuple[int, int],
) -> bool:
    """Whether the inliers are many, among all in the common area, and spread."""
    if len(inliers) < MIN_INLIERS or _area(shown) <= 0:
        return False
    inside = sum(cv2.pointPolygonTest(shown, (float(x), float(y)), False) >= 0 for x, y in points)
    if len(inliers) < MIN_INLIER_SHARE * inside:
        return False
    spanned = _area(np.asarray(cv2.convexHull(points[inliers]), np.float32))
    return spanned >= MIN_INLIER_AREA * image_size_px[0] * image_size_px[1]


def _spread(found: list[cv2.KeyPoint], size: tuple[int, int]) -> list[cv2.KeyPoint]:
    """The strongest of every cell, at most MAX_FEATURES together."""
    share = MAX_FEATURES // CELLS_EITHER_WAY**2
    taken: dict[tuple[int, int], int] = {}
    kept: list[cv2.KeyPoint] = []
    rest: list[cv2.KeyPoint] = []
    for point in sorted(found, key=lambda p: (-p.response, p.pt)):
        cell = (
            int(point.pt[0] * CELLS_EITHER_WAY / size[0]),
            int(point.pt[1] * CELLS_EITHER_WAY / size[1]),
        )
        taken[cell] = taken.get(cell, 0) + 1
        (kept if taken[cell] <= share else rest).append(point)
    return kept + rest[: MAX_FEATURES - len(kept)]


def _mutual_pairs(
    first: npt.NDArray[np.uint8], second: npt.NDArray[np.uint8]
) -> npt.NDArray[np.intp]:
    """(P, 2) numbers of descriptors that are each other's nearest."""
    if len(first) < 2 or len(second) < 2:
        return np.zeros((0, 2), np.intp)
    matcher = cv2.BFMatcher(cv2.NORM_HAMMING)
    back = {match.queryIdx: match.trainIdx for match in matcher.match(second, first)}
    pairs = [
        (best.queryIdx, best.trainIdx)
        for best, next_best in matcher.knnMatch(first, second, k=2)
        if best.distance < RATIO * next_best.distance and back[best.trainIdx] == best.queryIdx
    ]
    return np.array(pairs, np.intp).reshape(-1, 2)


def _outline_in_second(
    homography: npt.NDArray[np.float64],
    first_size_px: tuple[int, int],
    second_size_px: tuple[int, int],
) -> npt.NDArray[np.float32]:
    """The part of the first photo that the second shows, as a convex outline in its pixels."""
    mapped = map_points(_corners(first_size_px), homography).astype(np.float32)
    area, shown = cv2.intersectConvexConvex(mapped, _corners(second_size_px).astype(np.float32))
    if area <= 0 or shown is None:
        return np.zeros((0, 1, 2), np.float32)
    return np.asarray(shown, np.float32)


def _area(outline: npt.NDArray[np.float32]) -> float:
    return float(cv2.contourArea(outline)) if len(outline) > 2 else 0.0


def _corners(image_size_px: tuple[int, int]) -> npt.NDArray[np.float64]:
    width, height = image_size_px
    return np.array([[0, 0], [width - 1, 0], [width - 1, height - 1], [0, height - 1]], np.float64)


def _reduction(image_size_px: tuple[int, int]) -> float:
    return min(1.0, REDUCED_LONG_SIDE_PX / max(image_size_px))
