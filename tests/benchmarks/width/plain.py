"""The plain methods: a mask's own width, as most programs report it."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt
from scipy.ndimage import map_coordinates
from scipy.spatial import cKDTree
from skimage.morphology import skeletonize

Mask = npt.NDArray[np.bool_]
NEAR_PX = 7.0
STEP_PX = 0.1


def by_distance_transform(mask: Mask, ends_px: float = 8.0) -> npt.NDArray[np.float64]:
    """Twice the distance to the nearest pixel outside, along the skeleton, ends left out."""
    distance = cv2.distanceTransform(mask.astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    return 2.0 * distance[_skeleton(mask, ends_px)].astype(np.float64)


def across_skeleton(mask: Mask, ends_px: float = 8.0) -> npt.NDArray[np.float64]:
    """Length of the mask along the normal at every pixel of the skeleton, ends left out."""
    skeleton = np.argwhere(_skeleton(mask, ends_px)).astype(np.float64)
    if len(skeleton) < 3:
        return np.zeros(0)
    reach = float(by_distance_transform(mask, ends_px).max()) + 2.0
    steps = np.arange(-reach, reach + STEP_PX / 2, STEP_PX)
    tree = cKDTree(skeleton)
    found = np.empty(len(skeleton))
    painted = mask.astype(np.float32)
    for number, point in enumerate(skeleton):
        near = skeleton[tree.query_ball_point(point, NEAR_PX)]
        _, _, axes = np.linalg.svd(near - near.mean(axis=0), full_matrices=False)
        normal = np.array([-axes[0][1], axes[0][0]])
        samples = map_coordinates(painted, (point[:, None] + normal[:, None] * steps), order=1)
        found[number] = _run_through_middle(samples > 0.5) * STEP_PX
    return found


def _run_through_middle(inside: npt.NDArray[np.bool_]) -> int:
    middle = len(inside) // 2
    if not inside[middle]:
        return 0
    outside = np.flatnonzero(~inside)
    return int(
        outside[outside > middle].min(initial=len(inside))
        - outside[outside < middle].max(initial=-1)
        - 1
    )


def _skeleton(mask: Mask, ends_px: float) -> Mask:
    """Without what lies at the picture's edge, where a mask ends though the crack does not."""
    skeleton = np.asarray(skeletonize(mask))
    ends = int(np.ceil(ends_px))
    inner = np.zeros_like(skeleton)
    inner[ends:-ends, ends:-ends] = skeleton[ends:-ends, ends:-ends]
    return inner
