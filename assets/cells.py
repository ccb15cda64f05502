"""Map cells: a position becomes one integer, and a map tile one contiguous range of integers.

A cell is the quadkey of the Web Mercator tile at zoom 24 as a number: two bits a zoom level, the
coarsest first, 48 bits in all. So every tile of a zoom level ``z`` holds exactly the cells
``[key << 2·(24 - z), (key + 1) << 2·(24 - z))``, and assets cluster by ``map_cell >> n``.
Pure Python: no Django, no arrays.
"""

from __future__ import annotations

import math

CELL_ZOOM = 24
PLACE_ZOOM = 22  # of the cells that photos of one place are found by
MAX_MERCATOR_LATITUDE = 85.05112878  # where Web Mercator becomes a square


def _spread(value: int) -> int:
    """Puts a zero bit before every bit of a number below 2**32."""
    value = (value | value << 16) & 0x0000FFFF0000FFFF
    value = (value | value << 8) & 0x00FF00FF00FF00FF
    value = (value | value << 4) & 0x0F0F0F0F0F0F0F0F
    value = (value | value << 2) & 0x3333333333333333
    return (value | value << 1) & 0x5555555555555555


def _gather(value: int) -> int:
    """Takes every second bit, from bit 0 on: the inverse of :func:`_spread`."""
    value &= 0x5555555555555555
    value = (value | value >> 1) & 0x3333333333333333
    value = (value | value >> 2) & 0x0F0F0F0F0F0F0F0F
    value = (value | value >> 4) & 0x00FF00FF00FF00FF
    value = (value | value >> 8) & 0x0000FFFF0000FFFF
    return (value | value >> 16) & 0x00000000FFFFFFFF


def tile_key(x: int, y: int) -> int:
    """The quadkey of tile (x, y) as a number; x counts eastwards, y southwards."""
    return _spread(x) | _spread(y) << 1


def cell_of(latitude: float, longitude: float) -> int:
    """The zoom-24 cell of a WGS84 position in degrees.

    Latitudes beyond Web Mercator are pulled to its edge, so that a polar station is still found.
    """
    latitude = max(-MAX_MERCATOR_LATITUDE, min(MAX_MERCATOR_LATITUDE, latitude))
    cells = 1 << CELL_ZOOM
    x = int((longitude + 180.0) / 360.0 * cells)
    phi = math.radians(latitude)
    y = int((1.0 - math.asinh(math.tan(phi)) / math.pi) / 2.0 * cells)
    return tile_key(min(max(x, 0), cells - 1), min(max(y, 0), cells - 1))


def place_cell(latitude: float, longitude: float) -> int:
    """The zoom-22 cell of a position, under 10 m wide: about what a phone knows of its place."""
    return cell_of(latitude, longitude) >> 2 * (CELL_ZOOM - PLACE_ZOOM)


def cells_around(cell: int) -> list[int]:
    """A place cell and the eight around it, itself first; fewer at the edges of the map."""
    x, y, cells = _gather(cell), _gather(cell >> 1), 1 << PLACE_ZOOM
    steps = (0, -1, 1)
    return [
        tile_key((x + east) % cells, y + south)
        for south in steps
        for east in steps
        if 0 <= y + south < cells
    ]


def tile_range(z: int, x: int, y: int) -> tuple[int, int]:
    """First cell of a map tile, and the first cell after it.

    Raises:
        ValueError: where no such tile exists at that zoom.
    """
    if not 0 <= z <= CELL_ZOOM or not (0 <= x < 1 << z and 0 <= y < 1 << z):
        raise ValueError(f"There is no map tile {z}/{x}/{y}.")
    shift = 2 * (CELL_ZOOM - z)
    key = tile_key(x, y)
    return key << shift, (key + 1) << shift


def cluster_shift(z: int, *, cells_per_tile_edge: int = 8) -> int:
    """How far to shift ``map_cell`` so that a tile of zoom ``z`` holds n x n clusters at most."""
    deeper = cells_per_tile_edge.bit_length() - 1
    return 2 * max(0, CELL_ZOOM - z - deeper)


def cell_centre(key: int, shift: int) -> tuple[float, float]:
    """Latitude and longitude, degrees, of the middle of cell ``key`` left after ``>> shift``."""
    zoom = CELL_ZOOM - shift // 2
    cells = 1 << zoom
    x, y = _gather(key) + 0.5, _gather(key >> 1) + 0.5
    longitude = x / cells * 360.0 - 180.0
    latitude = math.degrees(math.atan(math.sinh(math.pi * (1.0 - 2.0 * y / cells))))
    return latitude, longitude


def cell_box(key: int, shift: int) -> tuple[float, float, float, float]:
    """West, south, east, north of that cell, degrees."""
    zoom = CELL_ZOOM - shift // 2
    cells = 1 << zoom
    x, y = _gather(key), _gather(key >> 1)

    def latitude(row: int) -> float:
        return math.degrees(math.atan(math.sinh(math.pi * (1.0 - 2.0 * row / cells))))

    return (
        x / cells * 360.0 - 180.0,
        latitude(y + 1),
        (x + 1) / cells * 360.0 - 180.0,
        latitude(y),
    )
