"""Finds masks that lie beside their cracks, by what a network marks, and moves them back.

When masks are drawn in one program and pictures saved in another, all masks of a set may be off by
a few pixels. Then a mask misses half of a crack that is three pixels wide. No network can score
well on such a set. A network that learns from it learns to blur, because training turns and mirrors
pictures, and the offset with them. (``rissbilder_walls``: two pixels right and two down, in the
training and the test part.)
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from inference.types import Mask

REACH_PX = 4
SIDE = 2 * REACH_PX + 1

Hits = npt.NDArray[np.int64]  # (SIDE, SIDE): rows down, columns right, no offset in the middle


def moved_back(mask: Mask, offset_px: tuple[int, int]) -> Mask:
    """The mask where its cracks are; what comes in at the border is no crack.

    Args:
        mask: (H, W).
        offset_px: how far it lies (right, down) of its picture.
    """
    if offset_px == (0, 0):
        return mask
    right, down = offset_px
    moved = np.zeros_like(mask)
    here, there = _overlap(mask.shape, right, down)
    moved[here] = mask[there]
    return moved


def hits_by_offset(marked: npt.NDArray[np.bool_], true: npt.NDArray[np.bool_]) -> Hits:
    """How many marked pixels are true ones if the mask lies (column, row) - REACH_PX away.

    Args:
        marked: (H, W), what a network marks.
        true: (H, W), what the mask says.
    """
    hits = np.zeros((SIDE, SIDE), np.int64)
    if not true.any() or not marked.any():
        return hits
    for row, column in np.ndindex(hits.shape):
        here, there = _overlap(marked.shape, column - REACH_PX, row - REACH_PX)
        hits[row, column] = np.count_nonzero(marked[here] & true[there])
    return hits


def best_offset_px(hits: Hits) -> tuple[int, int]:
    """(right, down) of most hits; the nearest to none among equals."""
    rows, columns = np.nonzero(hits == hits.max())
    right, down = columns - REACH_PX, rows - REACH_PX
    nearest = int(np.argmin(right**2 + down**2))
    return int(right[nearest]), int(down[nearest])


def _overlap(
    shape: tuple[int, ...], right: int, down: int
) -> tuple[tuple[slice, slice], tuple[slice, slice]]:
    """Where a picture has its pixels, and where a mask that lies beside it has the same ones."""
    height, width = shape[:2]
    here = (
        slice(max(0, -down), height - max(0, down)),
        slice(max(0, -right), width - max(0, right)),
    )
    there = (
        slice(max(0, down), height - max(0, -down)),
        slice(max(0, right), width - max(0, -right)),
    )
    return here, there
