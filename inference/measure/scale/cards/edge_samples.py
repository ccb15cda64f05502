"""Sample places along every printed edge between black and white cells."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from inference.measure.scale.families import Pattern

Array = npt.NDArray[np.float64]
# The plane's parameters and points of it, millimetres, to pixels of the picture.
Projection = Callable[[Array, Array], Array]

SAMPLES_PER_EDGE_PX = 1.0
MAX_SAMPLES = 6000


@dataclass(frozen=True, slots=True)
class SeenMarker:
    """One marker to fit.

    Attributes:
        cells: its pattern, upright in its own frame.
        side_mm: of the black square.
        to_plane: (n parameters, (N, 2) mm in the marker's frame) -> (N, 2) mm on the plane.
    """

    cells: Pattern
    side_mm: float
    to_plane: Projection


@dataclass(frozen=True, slots=True)
class EdgeSamples:
    """Places on edges, in the frames of their markers, millimetres.

    Attributes:
        marker, edge: (P,) numbers of the marker and of the edge.
        white_mm: (P, 2) unit vector from black to white.
        to_end_mm: (P,) to the nearer end of the edge.
        reach_mm: (P,) half a cell: how far the next edge leaves room.
    """

    marker: npt.NDArray[np.intp]
    edge: npt.NDArray[np.intp]
    at_mm: Array
    white_mm: Array
    to_end_mm: Array
    reach_mm: Array


def sample_edges(markers: Sequence[SeenMarker], theta: Array, project: Projection) -> EdgeSamples:
    """Evenly spaced places along all edges of all markers."""
    rows: list[tuple[int, int, Array, Array, float, float]] = []
    total = 0.0
    edge = 0
    for number, marker in enumerate(markers):
        cell_mm = marker.side_mm / len(marker.cells)
        for begin, end, to_white in _edges(marker.cells):
            ends = np.array([begin, end], np.float64) * cell_mm
            seen = project(theta, marker.to_plane(theta, ends))
            length_px = float(np.hypot(*(seen[1] - seen[0])))
            total += length_px
            rows.append((number, edge, ends, np.array(to_white, np.float64), length_px, cell_mm))
            edge += 1
    thin = max(1.0, total * SAMPLES_PER_EDGE_PX / MAX_SAMPLES)
    pieces = []
    for number, edge, ends, white, length_px, cell_mm in rows:
        count = max(2, round(length_px * SAMPLES_PER_EDGE_PX / thin))
        share = (np.arange(count) + 0.5) / count
        length_mm = float(np.hypot(*(ends[1] - ends[0])))
        at = ends[0] + share[:, None] * (ends[1] - ends[0])
        pieces.append(
            (
                np.full(count, number),
                np.full(count, edge),
                at,
                np.tile(white, (count, 1)),
                np.minimum(share, 1 - share) * length_mm,
                np.full(count, 0.5 * cell_mm),
            )
        )
    columns = [np.concatenate(column) for column in zip(*pieces, strict=True)]
    return EdgeSamples(*columns)


def place(
    samples: EdgeSamples,
    markers: Sequence[SeenMarker],
    theta: Array,
    project: Projection,
    moved_mm: Array | None = None,
) -> Array:
    """(P, 2) pixels of the places, each moved by ``moved_mm`` (P, 2) in its marker's frame."""
    at = samples.at_mm if moved_mm is None else samples.at_mm + moved_mm
    placed = np.empty_like(at)
    for number, marker in enumerate(markers):
        mine = samples.marker == number
        placed[mine] = marker.to_plane(theta, at[mine])
    return project(theta, placed)


def _edges(
    cells: Pattern,
) -> list[tuple[tuple[int, int], tuple[int, int], tuple[int, int]]]:
    """Straight edges of a pattern in cells: begin, end, direction to white; (x, y)."""
    padded = np.pad(cells, 1, constant_values=True).astype(int)
    found: list[tuple[tuple[int, int], tuple[int, int], tuple[int, int]]] = []
    for vertical in (True, False):
        grid = padded if vertical else padded.T
        steps = np.diff(grid, axis=1)  # +1: white lies at larger x
        for k in range(steps.shape[1]):
            column = steps[:, k]
            changes = np.flatnonzero(np.diff(column)) + 1
            for piece in np.split(np.arange(len(column)), changes):
                sign = int(column[piece[0]])
                if sign == 0:
                    continue
                a, b = int(piece[0]) - 1, int(piece[-1])
                if vertical:
                    found.append(((k, a), (k, b), (sign, 0)))
                else:
                    found.append(((a, k), (b, k), (0, sign)))
    return found
