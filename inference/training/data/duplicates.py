"""Finds near-duplicates between training pictures and test pictures.

A picture that was seen in training says nothing when it is tested. Two tests, because
pictures repeat in two ways:

- the whole picture again: small grey thumbnails agree, in any of the eight turns and
  mirrorings, whatever the set;
- another piece of the same photograph: enough local features agree on one affine map.
  Compared within a set, where such pieces come from.

On the shared sets this finds, beyond the one pair that is known (DeepCrack 11158 / 11216),
that DeepCrack's series 11187, 11289 and 11142 overlap pictures of its test part.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TypeVar

import cv2
import numpy as np
import numpy.typing as npt

from inference.training.data.pictures import read_picture

THUMBNAIL_PX = 32

# Pearson correlation of thumbnails without the slow change of light. The known pair reaches
# 0.996; below 0.75 there are only different places of similar walls and roads.
SAME_PICTURE_CORRELATION = 0.75

# Patches of 16 px are all alike: of 1,250, 120 different ones lie between 0.75 and 0.9, seven
# that repeat lie above 0.98, none between.
SMALL_PICTURE_PX = 64
SAME_SMALL_PICTURE_CORRELATION = 0.95

# SIFT features that agree on one affine map. Unrelated pictures reach 9 by chance, pieces of
# one photograph 16 to 240.
SAME_PHOTOGRAPH_INLIERS = 14
FEATURES_PER_PICTURE = 400
SAME_FEATURE_COSINE = 0.93  # of RootSIFT descriptors
INLIER_PX = 3.0

# Larger pictures are reduced before features are sought: it is places that are compared.
FEATURE_SIDE_PX = 1024

# Which pairs of pictures are worth that comparison is found with half of the features in the
# first few principal components: one in sixteen on the shared sets, all of the 38 that repeat.
QUERY_FEATURES = 200
COMPONENTS = 24
SIMILAR_FEATURE_COSINE = 0.9  # of centred descriptors, in these components
FEW_SIMILAR = 4  # features that are like some feature of this picture and of few others
MANY_SIMILAR = 20  # features of whatever kind
FEW_PICTURES = 0.1  # of those compared with

# Above this many pairs, about ten minutes, pieces of photographs are not sought.
MOST_PAIRS = 5_000_000

_PICTURES_AT_ONCE = 64
_THUMBNAILS_AT_ONCE = 2048
_T = TypeVar("_T")
_R = TypeVar("_R")


@dataclass(frozen=True, slots=True)
class Duplicate:
    """A training picture and the test picture that it repeats; ``how`` says by which test."""

    kept_out: Path
    of: Path
    how: str


@dataclass(frozen=True, slots=True)
class _Features:
    """The strongest first."""

    points: npt.NDArray[np.float32]  # (K, 2)
    descriptors: npt.NDArray[np.float32]  # (K, 128), unit norm


def same_pictures(training: Sequence[Path], testing: Sequence[Path]) -> list[Duplicate]:
    """Training pictures that show the same as some test picture, as a whole.

    Returns:
        One entry per such training picture, with its closest test picture.
    """
    if not training or not testing:
        return []
    found = _in_threads(_thumbnail, training)
    train_thumbnails = _flat(np.stack([thumbnail for thumbnail, _ in found]))
    needed = np.array(
        [
            SAME_SMALL_PICTURE_CORRELATION if side < SMALL_PICTURE_PX else SAME_PICTURE_CORRELATION
            for _, side in found
        ]
    )
    best = np.full(len(training), -1.0)
    best_index = np.zeros(len(training), dtype=np.intp)
    test_thumbnails = np.stack([thumbnail for thumbnail, _ in _in_threads(_thumbnail, testing)])
    for first in range(0, len(testing), _THUMBNAILS_AT_ONCE):
        for variant in _turns(test_thumbnails[first : first + _THUMBNAILS_AT_ONCE]):
            correlation = train_thumbnails @ _flat(variant).T
            index = correlation.argmax(axis=1)
            value = correlation[np.arange(len(training)), index]
            better = value > best
            best[better], best_index[better] = value[better], index[better] + first
    return [
        Duplicate(
            training[i], testing[int(best_index[i])], f"thumbnails correlate at {best[i]:.2f}"
        )
        for i in np.flatnonzero(best >= needed).tolist()
    ]


def same_photographs(training: Sequence[Path], testing: Sequence[Path]) -> list[Duplicate]:
    """Training pictures that share a piece of their photograph with some test picture.

    Beyond ``MOST_PAIRS`` pairs nothing is compared; see :func:`compares_photographs`.

    Returns:
        One entry per such training picture, with the test picture that shares the most.
    """
    if not testing or not compares_photographs(len(training), len(testing)):
        return []
    tested = [
        (path, found)
        for path, found in zip(testing, _in_threads(_features, testing), strict=True)
        if found is not None
    ]
    if not tested:
        return []
    search = _Search([features for _, features in tested])

    def most_alike(path: Path) -> Duplicate | None:
        own = _features(path)
        if own is None:
            return None
        inliers = {index: _agreeing(own, tested[index][1]) for index in search.similar_to(own)}
        most = max(inliers, key=lambda index: inliers[index], default=None)
        if most is None or inliers[most] < SAME_PHOTOGRAPH_INLIERS:
            return None
        return Duplicate(path, tested[most][0], f"{inliers[most]} features agree on one map")

    return [each for each in _in_threads(most_alike, training) if each is not None]


def compares_photographs(training: int, testing: int) -> bool:
    """Whether :func:`same_photographs` compares sets of these sizes."""
    return training * testing <= MOST_PAIRS


class _Search:
    """Finds the pictures that may share a piece with another one, quickly and generously."""

    def __init__(self, tested: Sequence[_Features]) -> None:
        every = np.concatenate([features.descriptors for features in tested])
        self._mean = every.mean(axis=0)
        centred = every - self._mean
        _, vectors = np.linalg.eigh(centred.T @ centred)
        self._axes = np.ascontiguousarray(vectors[:, -COMPONENTS:])
        reduced = np.zeros((len(tested), FEATURES_PER_PICTURE, COMPONENTS), np.float32)
        for index, features in enumerate(tested):
            kept = self._reduce(features.descriptors[:FEATURES_PER_PICTURE])
            reduced[index, : len(kept)] = kept
        self._count = len(tested)
        # (components, pictures x features), so that one product compares with many pictures
        self._reduced = np.ascontiguousarray(reduced.reshape(-1, COMPONENTS).T)

    def similar_to(self, own: _Features) -> list[int]:
        """Indices of the pictures worth comparing."""
        query = self._reduce(own.descriptors[:QUERY_FEATURES])
        step = _PICTURES_AT_ONCE * FEATURES_PER_PICTURE
        alike = np.concatenate(
            [
                (query @ self._reduced[:, first : first + step])
                .reshape(len(query), -1, FEATURES_PER_PICTURE)
                .max(axis=2)
                > SIMILAR_FEATURE_COSINE
                for first in range(0, self._reduced.shape[1], step)
            ],
            axis=1,
        )
        rare = alike.sum(axis=1) <= max(3, FEW_PICTURES * self._count)
        worth = (alike[rare].sum(axis=0) >= FEW_SIMILAR) | (alike.sum(axis=0) >= MANY_SIMILAR)
        return [int(index) for index in np.flatnonzero(worth)]

    def _reduce(self, descriptors: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        components = (descriptors - self._mean) @ self._axes
        norms = np.linalg.norm(components, axis=1, keepdims=True)
        return np.asarray(components / np.maximum(norms, 1e-6), dtype=np.float32)


def _agreeing(own: _Features, theirs: _Features) -> int:
    """Mutual best matches that one affine map explains."""
    cosine = own.descriptors @ theirs.descriptors.T
    forth, back = cosine.argmax(axis=1), cosine.argmax(axis=0)
    own_index = np.arange(len(forth))
    good = (back[forth] == own_index) & (cosine[own_index, forth] > SAME_FEATURE_COSINE)
    if np.count_nonzero(good) < SAME_PHOTOGRAPH_INLIERS:
        return 0
    _, inliers = cv2.estimateAffine2D(
        own.points[good],
        theirs.points[forth[good]],
        method=cv2.RANSAC,
        ransacReprojThreshold=INLIER_PX,
    )
    return 0 if inliers is None else int(np.count_nonzero(inliers))


def _features(path: Path) -> _Features | None:
    """RootSIFT (Arandjelovic, Zisserman, CVPR 2012); None where a picture has next to none."""
    grey = _grey(path)
    reduction = FEATURE_SIDE_PX / max(grey.shape)
    if reduction < 1:
        grey = np.asarray(
            cv2.resize(grey, None, fx=reduction, fy=reduction, interpolation=cv2.INTER_AREA)
        )
    detector = cv2.SIFT_create(FEATURES_PER_PICTURE)  # type: ignore[attr-defined]
    keypoints, descriptors = detector.detectAndCompute(grey, None)
    if descriptors is None or len(keypoints) < SAME_PHOTOGRAPH_INLIERS:
        return None
    root = np.sqrt(descriptors / np.maximum(descriptors.sum(axis=1, keepdims=True), 1e-6))
    points = np.array([keypoint.pt for keypoint in keypoints], dtype=np.float32)
    order = np.argsort([-keypoint.response for keypoint in keypoints], kind="stable")
    return _Features(points[order], root[order].astype(np.float32))


def _grey(path: Path) -> npt.NDArray[np.uint8]:
    return np.asarray(cv2.cvtColor(read_picture(path), cv2.COLOR_RGB2GRAY), dtype=np.uint8)


def _thumbnail(path: Path) -> tuple[npt.NDArray[np.float32], int]:
    """(32, 32) of zero mean and unit norm without the slow change of light; the shorter side.

    Kept, because the test pictures of all sets are compared with every set.
    """
    try:
        facts = path.stat()
    except OSError as error:
        raise ValueError(f"{path} cannot be read ({error.strerror}).") from error
    return _thumbnail_of(path, facts.st_mtime_ns, facts.st_size)


@lru_cache(maxsize=8192)
def _thumbnail_of(path: Path, _changed_ns: int, _bytes: int) -> tuple[npt.NDArray[np.float32], int]:
    grey = _grey(path)
    size = (THUMBNAIL_PX, THUMBNAIL_PX)
    small = cv2.resize(grey, size, interpolation=cv2.INTER_AREA).astype(np.float32)
    detail = small - cv2.GaussianBlur(small, (0, 0), THUMBNAIL_PX / 6)
    detail -= detail.mean()
    unit = detail / max(float(np.linalg.norm(detail)), 1e-6)
    return np.asarray(unit, dtype=np.float32), min(grey.shape)


def _in_threads(function: Callable[[_T], _R], items: Sequence[_T]) -> list[_R]:
    """OpenCV and NumPy release the interpreter, so threads share the work."""
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return list(pool.map(function, items))


def _turns(stack: npt.NDArray[np.float32]) -> list[npt.NDArray[np.float32]]:
    """The eight turns and mirrorings of (N, h, w)."""
    mirrored = stack[:, :, ::-1]
    return [np.rot90(each, k, axes=(1, 2)) for each in (stack, mirrored) for k in range(4)]


def _flat(stack: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    return np.ascontiguousarray(stack).reshape(len(stack), -1)
