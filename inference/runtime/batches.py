"""Checks the inputs of a network and cuts them into batches."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt


def batches(
    pictures: npt.NDArray[np.uint8], side_px: int, count: int, noun: str
) -> Iterator[npt.NDArray[np.uint8]]:
    """At most ``count`` pictures at a time.

    Args:
        noun: what the pictures are called in the sentence, such as ``Tiles``.

    Raises:
        ValueError: for pictures that are not (N, side_px, side_px, 3) uint8, before the first.
    """
    if (
        pictures.ndim != 4
        or pictures.shape[1:] != (side_px, side_px, 3)
        or pictures.dtype != np.uint8
    ):
        raise ValueError(
            f"{noun} must be (N, {side_px}, {side_px}, 3) uint8, "
            f"not {pictures.shape} {pictures.dtype}."
        )
    return (pictures[first : first + count] for first in range(0, len(pictures), count))
