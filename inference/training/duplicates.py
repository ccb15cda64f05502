"""Near-duplicates between pictures that train and pictures that test.

A picture that was seen in training says nothing when it is tested. Two pictures count as
the same when their small grey thumbnails agree, in any of the eight turns and mirrorings:
Pearson correlation of 32 x 32 values, after the slow change of light over the picture has
been taken away, because otherwise any two walls lit from the left agree.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

THUMBNAIL_PX = 32

# On the shared sets the one known pair (deepcrack 11158 / 11216) correlates at 0.97 and the
# closest unrelated pictures, of the same road, below 0.75.
SAME_PICTURE_CORRELATION = 0.88


@dataclass(frozen=True, slots=True)
class Duplicate:
    """A training picture and the test picture that it repeats."""

    kept_out: Path
    of: Path
    correlation: float


def find_duplicates(
    training: Sequence[Path],
    testing: Sequence[Path],
    *,
    threshold: float = SAME_PICTURE_CORRELATION,
) -> list[Duplicate]:
    """Training pictures that show the same as some test picture.

    Returns:
        One entry per such training picture, with its closest test picture.
    """
    if not training or not testing:
        return []
    train_signatures = np.stack([_signature(path) for path in training])
    best = np.full(len(training), -1.0)
    best_index = np.zeros(len(training), dtype=np.intp)
    test_thumbnails = np.stack([_signature(path) for path in testing])
    for variant in _turns(test_thumbnails):
        correlation = _flat(train_signatures) @ _flat(variant).T
        index = correlation.argmax(axis=1)
        value = correlation[np.arange(len(training)), index]
        better = value > best
        best[better], best_index[better] = value[better], index[better]
    return [
        Duplicate(training[i], testing[best_index[i]], float(best[i]))
        for i in np.flatnonzero(best >= threshold)
    ]


def _signature(path: Path) -> npt.NDArray[np.float32]:
    """(32, 32) float32 of zero mean and unit norm, without the slow change of light."""
    grey = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
    if grey is None:
        raise ValueError(f"{path} cannot be read as a picture; remove it or replace it.")
    small = cv2.resize(grey, (THUMBNAIL_PX, THUMBNAIL_PX), interpolation=cv2.INTER_AREA)
    small = small.astype(np.float32)
    detail = small - cv2.GaussianBlur(small, (0, 0), THUMBNAIL_PX / 6)
    detail -= detail.mean()
    return np.asarray(detail / max(float(np.linalg.norm(detail)), 1e-6), dtype=np.float32)


def _turns(stack: npt.NDArray[np.float32]) -> list[npt.NDArray[np.float32]]:
    """The eight turns and mirrorings of (N, h, w)."""
    mirrored = stack[:, :, ::-1]
    return [np.rot90(each, k, axes=(1, 2)) for each in (stack, mirrored) for k in range(4)]


def _flat(stack: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    return np.ascontiguousarray(stack).reshape(len(stack), -1)
