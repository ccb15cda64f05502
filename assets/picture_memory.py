"""The memory that a worker needs for a picture, from the picture's size alone.

Measured with whole analyses by the network that is the default on a CPU: what takes most is the
tracing of cracks (13 to 15 bytes a pixel), in which the picture, its map of probabilities, masks
and labels lie in memory together. How a file stores its pixels matters less: reading takes 7 to 10
bytes a pixel, whatever its depth and channels, and 16 from WebP. A picture that its quality keeps
from being searched takes no more than reading.
"""

from __future__ import annotations

# The interpreter, the libraries, the networks and the tiles they look at.
RESTING_BYTES = 300_000_000
BYTES_PER_PIXEL = 16


def working_bytes(pixels: int) -> int:
    """Peak memory, bytes, of the process that analyses a picture of this many pixels."""
    return RESTING_BYTES + BYTES_PER_PIXEL * pixels


def most_pixels(memory_bytes: int) -> int:
    """How many pixels a picture may have where a worker has so much memory; 0 where none fits."""
    return max(0, (memory_bytes - RESTING_BYTES) // BYTES_PER_PIXEL)
