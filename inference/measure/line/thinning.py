"""Thins a mask to lines one pixel wide, touching only the pixels of the mask.

Crack masks cover a few percent of a picture, so the thinning keeps a list of border pixels and
visits nothing else: its cost follows the cracks, not the megapixels.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import numpy as np
import numpy.typing as npt

FlatIndex = npt.NDArray[np.int64]

# Half of the widest line that is thinned to one pixel: no crack in a photo is twice as wide.
MAX_HALF_WIDTH_PX = 160


def neighbour_offsets(row_px: int) -> npt.NDArray[np.int64]:
    """Steps in a flat array to the eight neighbours, clockwise from north.

    Args:
        row_px: length of one row of the flat array.

    Returns:
        (8,) int64: N, NE, E, SE, S, SW, W, NW.
    """
    return np.array(
        [-row_px, -row_px + 1, 1, row_px + 1, row_px, row_px - 1, -1, -row_px - 1], np.int64
    )


def thin(mask: npt.NDArray[np.uint8]) -> FlatIndex:
    """Skeleton of a mask by the parallel thinning of Guo and Hall (CACM 32(3), 1989, A1).

    Args:
        mask: (H, W) uint8, 0 = background. Its outermost pixels must be 0; it is not changed.

    Returns:
        Flat indices of the skeleton pixels in (H, W), ascending; 8-connected where the mask was.
    """
    rows, columns = mask.shape
    if mask[0].any() or mask[-1].any() or mask[:, 0].any() or mask[:, -1].any():
        raise ValueError("The outermost pixels of a mask to thin must be 0: pad it by one pixel.")
    # 0 background, 1 inside and not yet looked at, 2 on the border list
    state = (mask.reshape(rows * columns) != 0).astype(np.uint8)
    offsets = neighbour_offsets(columns)
    inside = np.flatnonzero(state)
    border = inside[_codes(state, inside, offsets) != 255]
    state[border] = 2
    first, second = _deletion_tables()
    for _ in range(MAX_HALF_WIDTH_PX):
        removed_any = False
        for table in (first, second):
            remove = table[_codes(state, border, offsets)]
            removed = border[remove]
            if removed.size == 0:
                continue
            removed_any = True
            state[removed] = 0
            border = np.concatenate([border[~remove], *_expose(state, removed, offsets)])
        if not removed_any:
            break
    return np.flatnonzero(state)


def _expose(
    state: npt.NDArray[np.uint8], removed: FlatIndex, offsets: npt.NDArray[np.int64]
) -> Iterator[FlatIndex]:
    """Neighbours of removed pixels that come to the border by it, each once."""
    for offset in offsets:
        neighbour = removed + offset
        neighbour = neighbour[state[neighbour] == 1]
        state[neighbour] = 2
        yield neighbour


def _codes(
    state: npt.NDArray[np.uint8], index: FlatIndex, offsets: npt.NDArray[np.int64]
) -> npt.NDArray[np.uint8]:
    """Which of the eight neighbours are set: one bit each, north lowest."""
    code = np.zeros(index.size, np.uint8)
    for bit, offset in enumerate(offsets):
        code |= (state[index + offset] != 0).astype(np.uint8) << np.uint8(bit)
    return code


@cache
def _deletion_tables() -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Neighbourhood code -> may the pixel go, for the two half-steps of Guo and Hall."""
    first = np.zeros(256, bool)
    second = np.zeros(256, bool)
    for code in range(256):
        north, ne, east, se, south, sw, west, nw = ((code >> bit) & 1 for bit in range(8))
        crossings = (
            int(not north and (ne or east))
            + int(not east and (se or south))
            + int(not south and (sw or west))
            + int(not west and (nw or north))
        )
        neighbours = min(
            (nw | north) + (ne | east) + (se | south) + (sw | west),
            (north | ne) + (east | se) + (south | sw) + (west | nw),
        )
        if crossings == 1 and 2 <= neighbours <= 3:
            first[code] = not ((south or sw or not nw) and west)
            second[code] = not ((north or ne or not se) and east)
    return first, second
