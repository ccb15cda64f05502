"""Near-duplicates between pictures that train and pictures that test.

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

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

THUMBNAIL_PX = 32

# Pearson correlation of thumbnails without the slow change of light. The known pair reaches
# 0.996; below 0.75 there are only different places of similar walls and roads.
SAME_PICTURE_CORRELATION = 0.75

# SIFT features that agree on one affine map. Unrelated pictures reach 9 by chance, pieces of
# one photograph 16 to 240.
SAME_PHOTOGRAPH_INLIERS = 14
FEATURES_PER_PICTURE = 400
SAME_FEATURE_COSINE = 0.93  # of RootSIFT descriptors
INLIER_PX = 3.0


@dataclass(frozen=True, slots=True)
class Duplicate:
    """A training picture and the test picture that it repeats; ``how`` says by which test."""

    kept_out: Path
    of: Path
    how: str


@dataclass(frozen=True, slots=True)
class _Features:
    points: npt.NDArray[np.float32]  # (K, 2)
    descriptors: npt.NDArray[np.float32]  # (K, 128), unit norm


def same_pictures(training: Sequence[Path], testing: Sequence[Path]) -> list[Duplicate]:
    """Training pictures that show the same as some test picture, as a whole.

    Returns:
        One entry per such training picture, with its closest test picture.
    """
    if not training or not testing:
        return []
    train_thumbnails = _flat(np.stack([_thumbnail(path) for path in training]))
    best = np.full(len(training), -1.0)
    best_index = np.zeros(len(training), dtype=np.intp)
    for variant in _turns(np.stack([_thumbnail(path) for path in testing])):
        correlation = train_thumbnails @ _flat(variant).T
        index = correlation.argmax(axis=1)
        value = correlation[np.arange(len(training)), index]
        better = value > best
        best[better], best_index[better] = value[better], index[better]
    return [
        Duplicate(
            training[i], testing[int(best_index[i])], f"thumbnails correlate at {best[i]:.2f}"
        )
        for i in np.flatnonzero(best >= SAME_PICTURE_CORRELATION).tolist()
    ]


def same_photographs(training: Sequence[Path], testing: Sequence[Path]) -> list[Duplicate]:
    """Training pictures that share a piece of their photograph with some test picture.

    Returns:
        One entry per such training picture, with the test picture that shares the most.
    """
    detector = cv2.SIFT_create(FEATURES_PER_PICTURE)  # type: ignore[attr-defined]
    tested = [(path, found) for path in testing if (found := _features(path, detector))]
    if not tested:
        return []
    descriptors = np.concatenate([features.descriptors for _, features in tested])
    ends = np.cumsum([len(features.points) for _, features in tested])
    duplicates = []
    for path in training:
        own = _features(path, detector)
        if own is None:
            continue
        cosine = own.descriptors @ descriptors.T
        parts = np.split(cosine, ends[:-1], axis=1)
        inliers = [
            _agreeing(own, features, part)
            for (_, features), part in zip(tested, parts, strict=True)
        ]
        most = int(np.argmax(inliers))
        if inliers[most] >= SAME_PHOTOGRAPH_INLIERS:
            how = f"{inliers[most]} features agree on one map"
            duplicates.append(Duplicate(path, tested[most][0], how))
    return duplicates


def _agreeing(own: _Features, theirs: _Features, cosine: npt.NDArray[np.float32]) -> int:
    """Mutual best matches that one affine map explains."""
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


def _features(path: Path, detector: cv2.SIFT) -> _Features | None:
    """RootSIFT (Arandjelovic, Zisserman, CVPR 2012); None where a picture has next to none."""
    keypoints, descriptors = detector.detectAndCompute(_grey(path), None)
    if descriptors is None or len(keypoints) < SAME_PHOTOGRAPH_INLIERS:
        return None
    root = np.sqrt(descriptors / np.maximum(descriptors.sum(axis=1, keepdims=True), 1e-6))
    points = np.array([keypoint.pt for keypoint in keypoints], dtype=np.float32)
    return _Features(points, root.astype(np.float32))


def _grey(path: Path) -> npt.NDArray[np.uint8]:
    grey = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
    if grey is None:
        raise ValueError(f"{path} cannot be read as a picture; remove it or replace it.")
    return np.asarray(grey, dtype=np.uint8)


def _thumbnail(path: Path) -> npt.NDArray[np.float32]:
    """(32, 32) float32 of zero mean and unit norm, without the slow change of light."""
    size = (THUMBNAIL_PX, THUMBNAIL_PX)
    small = cv2.resize(_grey(path), size, interpolation=cv2.INTER_AREA).astype(np.float32)
    detail = small - cv2.GaussianBlur(small, (0, 0), THUMBNAIL_PX / 6)
    detail -= detail.mean()
    return np.asarray(detail / max(float(np.linalg.norm(detail)), 1e-6), dtype=np.float32)


def _turns(stack: npt.NDArray[np.float32]) -> list[npt.NDArray[np.float32]]:
    """The eight turns and mirrorings of (N, h, w)."""
    mirrored = stack[:, :, ::-1]
    return [np.rot90(each, k, axes=(1, 2)) for each in (stack, mirrored) for k in range(4)]


def _flat(stack: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    return np.ascontiguousarray(stack).reshape(len(stack), -1)
