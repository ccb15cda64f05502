"""How much of each pixel a crack covers, from distances at four samples along each axis.

This is plain geometry: it knows nothing of the intensity models that later measure the width.
Every short segment of the centreline looks at the samples around it; a sample's share is how far
it lies inside the edge on its side; where segments overlap the largest share counts.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
SAMPLES_AT_ONCE = 1_500_000  # bounds the memory of one step


@dataclass(frozen=True, slots=True)
class Coverage:
    """The covered pixels of one crack, sparse.

    Attributes:
        pixel: (K,) flat indices y * width + x, ascending.
        share: (K,) covered share, 0..1.
        floor: (K,) mean reflectance of the inside, relative to the face.
    """

    pixel: npt.NDArray[np.int64]
    share: npt.NDArray[np.float32]
    floor: npt.NDArray[np.float32]


def cover(
    points_px: FloatArray,
    left_px: FloatArray,
    right_px: FloatArray,
    floor: FloatArray,
    size: tuple[int, int],
    light_side: float = 0.0,
) -> Coverage:
    """Rasterise one crack.

    Args:
        points_px: (N, 2) centreline, neighbours about a pixel or less apart.
        left_px, right_px: (N,) distances of the edges.
        floor: (N,) reflectance of the inside.
        size: (width, height) of the picture.
        light_side: -1..1, how much the right-hand wall catches more light than the left one.
    """
    widest = float((left_px + right_px).max(initial=0.0))
    samples = 4 if widest < 10 else 2
    segments = _segments(points_px, left_px, right_px, floor, size, max(0.7, 0.3 * widest))
    reach = np.ceil(np.maximum(segments[:, 4:6].max(axis=1), segments[:, 6:8].max(axis=1)))
    keys: list[npt.NDArray[np.int64]] = []
    shares: list[npt.NDArray[np.float32]] = []
    floors: list[npt.NDArray[np.float32]] = []
    for radius in np.unique(reach):
        chosen = segments[reach == radius]
        per_segment = ((2 * int(radius) + 3) * samples) ** 2
        batch = max(1, SAMPLES_AT_ONCE // per_segment)
        for first in range(0, len(chosen), batch):
            chunk = chosen[first : first + batch]
            key, share, lit = _sample(chunk, int(radius), samples, size, light_side)
            keys.append(key)
            shares.append(share)
            floors.append(lit)
    if not keys:
        empty = np.empty(0, np.float32)
        return Coverage(np.empty(0, np.int64), empty, empty)
    return _collect(np.concatenate(keys), np.concatenate(shares), np.concatenate(floors), samples)


def _segments(
    points: FloatArray,
    left: FloatArray,
    right: FloatArray,
    floor: FloatArray,
    size: tuple[int, int],
    spacing_px: float,
) -> FloatArray:
    """(S, 10) ax, ay, bx, by, left a, left b, right a, right b, floor, 0; near the picture only."""
    steps = np.hypot(*np.diff(points, axis=0).T)
    travelled = np.concatenate([[0.0], np.cumsum(steps)])
    count = max(1, int(np.ceil(travelled[-1] / spacing_px)))
    at = np.linspace(0, travelled[-1], count + 1)
    table = np.column_stack([points, left, right, floor])
    knots = np.column_stack([np.interp(at, travelled, column) for column in table.T])
    a, b = knots[:-1], knots[1:]
    rows = np.column_stack(
        [a[:, 0], a[:, 1], b[:, 0], b[:, 1], a[:, 2], b[:, 2], a[:, 3], b[:, 3],
         (a[:, 4] + b[:, 4]) / 2, np.zeros(len(a))]
    )  # fmt: skip
    margin = float(max(left.max(initial=0), right.max(initial=0))) + 3
    inside = (
        (a[:, 0] > -margin) & (a[:, 0] < size[0] + margin)
        & (a[:, 1] > -margin) & (a[:, 1] < size[1] + margin)
    )  # fmt: skip
    return rows[inside]


def _sample(
    segments: FloatArray, radius: int, samples: int, size: tuple[int, int], light_side: float
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Keys, shares and floors of every sample that these segments touch."""
    side = (2 * radius + 3) * samples
    start = np.floor(segments[:, :2]).astype(np.int64) - radius - 1
    offset = np.arange(side)
    # Sample k of a pixel lies at (k + 0.5) / samples - 0.5 from its centre.
    within = (offset + 0.5) / samples - 0.5
    x = (start[:, 0, None] + within - segments[:, 0, None]).astype(np.float32)[:, None, :]
    y = (start[:, 1, None] + within - segments[:, 1, None]).astype(np.float32)[:, :, None]
    row = segments.astype(np.float32)[:, :, None, None]
    dx, dy = row[:, 2] - row[:, 0], row[:, 3] - row[:, 1]
    squared = np.maximum(dx * dx + dy * dy, np.float32(1e-12))
    t = np.clip((x * dx + y * dy) / squared, 0, 1)
    distance = np.hypot(x - t * dx, y - t * dy)
    # y points down, so a positive cross product is the right-hand side of the direction of travel.
    on_right = (dx * y - dy * x) > 0
    edge = np.where(
        on_right, row[:, 6] + t * (row[:, 7] - row[:, 6]), row[:, 4] + t * (row[:, 5] - row[:, 4])
    )
    share = np.clip((edge - distance) * samples + 0.5, 0, 1) * (edge > 0)
    hit = share > 0
    which, sy, sx = np.nonzero(hit)
    px = start[which, 0] + sx // samples
    py = start[which, 1] + sy // samples
    inside = (px >= 0) & (px < size[0]) & (py >= 0) & (py < size[1])
    which, sx, sy, px, py = which[inside], sx[inside], sy[inside], px[inside], py[inside]
    key = ((py * size[0] + px) * samples + sy % samples) * samples + sx % samples
    across = np.where(on_right, distance, -distance) / np.maximum(edge, np.float32(1e-6))
    lit = row[:, 8] * (1 + np.float32(light_side) * across)
    return key, share[hit][inside], np.broadcast_to(lit, share.shape)[hit][inside]


def _collect(
    keys: npt.NDArray[np.int64],
    shares: npt.NDArray[np.float32],
    floors: npt.NDArray[np.float32],
    samples: int,
) -> Coverage:
    """The largest share of each sample, then the mean of each pixel."""
    order = np.argsort(keys, kind="stable")
    keys, shares, floors = keys[order], shares[order], floors[order]
    first = np.flatnonzero(np.diff(keys, prepend=-1))
    best = np.maximum.reduceat(shares, first)
    pixel = keys[first] // samples**2
    floor = floors[first]
    starts = np.flatnonzero(np.diff(pixel, prepend=-1))
    total = np.add.reduceat(best, starts)
    mean_floor = np.add.reduceat(best * floor, starts) / np.maximum(total, 1e-9)
    return Coverage(
        pixel[starts],
        (total / samples**2).astype(np.float32),
        mean_floor.astype(np.float32),
    )
