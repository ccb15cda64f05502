"""Cuts large pictures into overlapping tiles, and joins their predictions.

Tiling knows nothing about the network: it gets a function from tiles to probabilities.
Where tiles overlap their predictions fade into each other, the outermost pixels of a
tile, which saw the least context, counting for nothing. Memory is bounded by one band
of tiles, not by the picture.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

import cv2
import numpy as np
import numpy.typing as npt

from inference.types import RgbImage

TILE_PX = 512

# Shifting the grid changes 0.36 % of 76,000 crack pixels of 14 renderings beyond 1 px (trace-edge):
# edges of patches and joints near the threshold that flip. More overlap costs more tiles.
OVERLAP_PX = 96

# Tiles begin on multiples of this, the stride of the deepest layer of the networks: a pixel
# then falls on the same place of every layer whichever tile it is in. Off this lattice two
# tiles disagree about three times as often.
LATTICE_PX = 32

ProbabilityTile = npt.NDArray[np.float32]  # (h, w), 0..1
PredictBatch = Callable[[npt.NDArray[np.uint8]], npt.NDArray[np.float32]]
EvenOut = Callable[[RgbImage, int, int], RgbImage]


@dataclass(frozen=True, slots=True)
class Tile:
    """A rectangle of the picture: columns x0 to x1 - 1, rows y0 to y1 - 1."""

    x0: int
    y0: int
    x1: int
    y1: int


def plan_tiles(
    width: int,
    height: int,
    tile_px: int = TILE_PX,
    overlap_px: int = OVERLAP_PX,
    *,
    shift_px: int = 0,
) -> list[Tile]:
    """Cover a picture by as few tiles as the overlap allows, row by row.

    Tiles are spread evenly, so neighbours overlap by ``overlap_px`` or more, and begin on
    multiples of ``LATTICE_PX``. All are ``tile_px`` square, but cut at the picture's right and
    lower border.

    Args:
        shift_px: moves the inner borders of the grid up and left by this much, rounded to the
            lattice; the result of a prediction must hardly depend on it.

    Raises:
        ValueError: for an empty picture, a tile off the lattice, or an overlap of half a tile
            or more.
    """
    if width < 1 or height < 1:
        raise ValueError(f"A picture of {width}x{height} px has no tiles.")
    if tile_px % LATTICE_PX:
        raise ValueError(f"A tile of {tile_px} px is no multiple of {LATTICE_PX} px.")
    if not 0 <= overlap_px < tile_px / 2:
        raise ValueError(
            f"An overlap of {overlap_px} px does not fit tiles of {tile_px} px: "
            "give 0 to less than half a tile."
        )
    columns = _starts(width, tile_px, overlap_px, shift_px)
    rows = _starts(height, tile_px, overlap_px, shift_px)
    return [
        Tile(x0, y0, min(x0 + tile_px, width), min(y0 + tile_px, height))
        for y0 in rows
        for x0 in columns
    ]


def predict_probability(
    pixels: RgbImage,
    predict_batch: PredictBatch,
    *,
    even_out: EvenOut | None = None,
    tile_px: int = TILE_PX,
    overlap_px: int = OVERLAP_PX,
    batch_size: int = 4,
    shift_px: int = 0,
    tiles: Sequence[Tile] | None = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> npt.NDArray[np.uint8]:
    """Run a network over a whole picture.

    Args:
        pixels: (H, W, 3) uint8 RGB of any size.
        predict_batch: (N, tile_px, tile_px, 3) uint8 RGB -> (N, tile_px, tile_px) float32
            probabilities, N <= ``batch_size``.
        even_out: called with each tile's pixels and its x0, y0 before prediction, for
            example ``Illumination.even_out``.
        tiles: the tiles of :func:`plan_tiles` to search, in its order; pixels outside all of them
            get probability 0. None: all tiles.
        on_progress: called with (tiles done, tiles in all) after each batch.

    Returns:
        (H, W) uint8, probability * 255.
    """
    height, width = pixels.shape[:2]
    if tiles is None:
        tiles = plan_tiles(width, height, tile_px, overlap_px, shift_px=shift_px)

    def predictions() -> Iterator[tuple[Tile, ProbabilityTile]]:
        done = 0
        while done < len(tiles):
            some = tiles[done : done + batch_size]
            batch = np.stack([_cut(pixels, tile, tile_px, even_out) for tile in some])
            yield from zip(some, predict_batch(batch), strict=True)
            done += len(some)
            if on_progress is not None:
                on_progress(done, len(tiles))

    return stitch(predictions(), width, height, overlap_px)


def stitch(
    predictions: Iterable[tuple[Tile, ProbabilityTile]],
    width: int,
    height: int,
    overlap_px: int = OVERLAP_PX,
) -> npt.NDArray[np.uint8]:
    """Put predicted tiles together, overlaps faded into each other.

    Args:
        predictions: tiles of :func:`plan_tiles` in its order, all or some, each with
            probabilities of at least the tile's size (what was reflected beyond the picture is
            cut off). Where tiles are missing the others count alone; where none is, it stays 0.

    Returns:
        (H, W) uint8, probability * 255.
    """
    stitched = np.zeros((height, width), dtype=np.uint8)
    finished_rows = 0
    # Sums of weight * probability and of weight, of the rows that are still open.
    open_sum = np.zeros((0, width), dtype=np.float32)
    open_weight = np.zeros((0, width), dtype=np.float32)
    for y0, band in groupby(predictions, key=lambda item: item[0].y0):
        _write_finished(stitched, finished_rows, open_sum, open_weight, y0 - finished_rows)
        open_sum, open_weight = open_sum[y0 - finished_rows :], open_weight[y0 - finished_rows :]
        finished_rows = y0
        for tile, probability in band:
            open_sum, open_weight = (_grown(rows, tile.y1 - y0) for rows in (open_sum, open_weight))
            weight = _feather(tile, overlap_px)
            window = np.s_[: tile.y1 - y0, tile.x0 : tile.x1]
            open_sum[window] += probability[: weight.shape[0], : weight.shape[1]] * weight
            open_weight[window] += weight
    _write_finished(stitched, finished_rows, open_sum, open_weight, len(open_sum))
    return stitched


def _starts(size: int, tile_px: int, overlap_px: int, shift_px: int) -> list[int]:
    """First pixels of the tiles along one axis, multiples of the lattice."""
    # In steps of the lattice: how far the last tile begins, and the widest way between two.
    last = -(-max(0, size - tile_px) // LATTICE_PX)
    stride = (tile_px - overlap_px) // LATTICE_PX
    if not last:
        return [0]
    shift = shift_px // LATTICE_PX % stride
    count = -(-(last + shift) // stride) + 1
    even = np.linspace(0, last + shift, count)
    return sorted({max(0, int(start) - shift) * LATTICE_PX for start in even})


def _cut(pixels: RgbImage, tile: Tile, tile_px: int, even_out: EvenOut | None) -> RgbImage:
    """A tile's pixels, evened out, reflected to (tile_px, tile_px, 3) where too small."""
    cut = pixels[tile.y0 : tile.y1, tile.x0 : tile.x1]
    if even_out is not None:
        cut = even_out(cut, tile.x0, tile.y0)
    below, right = tile_px - cut.shape[0], tile_px - cut.shape[1]
    if below or right:
        cut = np.asarray(
            cv2.copyMakeBorder(cut, 0, below, 0, right, cv2.BORDER_REFLECT_101), dtype=np.uint8
        )
    return cut


def _feather(tile: Tile, overlap_px: int) -> npt.NDArray[np.float32]:
    """(h, w) weights of a tile: 1 inside, fading to almost nothing at its edges.

    Never quite 0, so that the picture's own border, which only one tile sees, is kept.
    """
    dead_px = overlap_px / 8  # convolution edges: zero padding reaches into these
    ramp_px = max(1.0, overlap_px - 2 * dead_px)

    def along(length: int) -> npt.NDArray[np.float32]:
        position = np.arange(length)
        distance = np.minimum(position, position[::-1]) + 0.5
        rising = np.clip((distance - dead_px) / ramp_px, 0.0, 1.0)
        return np.maximum(0.5 - 0.5 * np.cos(np.pi * rising), 1e-3).astype(np.float32)

    return np.outer(along(tile.y1 - tile.y0), along(tile.x1 - tile.x0))


def _grown(rows: npt.NDArray[np.float32], count: int) -> npt.NDArray[np.float32]:
    """The same rows with empty ones below, ``count`` in all."""
    missing = count - len(rows)
    if missing <= 0:
        return rows
    return np.vstack([rows, np.zeros((missing, rows.shape[1]), dtype=np.float32)])


def _write_finished(
    stitched: npt.NDArray[np.uint8],
    first_row: int,
    open_sum: npt.NDArray[np.float32],
    open_weight: npt.NDArray[np.float32],
    count: int,
) -> None:
    """Write the first ``count`` open rows, if there are so many: no later tile reaches them."""
    count = min(count, len(open_sum))
    if count <= 0:
        return
    probability = open_sum[:count] / np.maximum(open_weight[:count], 1e-12)
    stitched[first_row : first_row + count] = np.clip(probability * 255 + 0.5, 0, 255)
