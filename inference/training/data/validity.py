"""Reads every file of a data set before training, so that no mistake stops it hours later."""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from inference.training.data.datasets import Dataset, Entry, Pair, read_pair, read_picture
from inference.training.data.outlines import Outlines

# Cracks cover a few per cent. Where most pictures are marked almost everywhere, white is the
# background.
INVERTED_SHARE = 0.5


def check_entries(dataset: Dataset, folder: Path, *, kind: str) -> None:
    """Read every picture and mask.

    Args:
        kind: ``clean`` for pictures without cracks, see the recipe's ``DataSet``.

    Raises:
        ValueError: for a file that cannot be read, a mask that does not fit its picture, masks
            that mark nothing, almost everything, or a crack where there should be none.
    """
    entries = [entry for part in dataset.parts.values() for entry in part]
    # Decoding releases the interpreter, so threads share the work.
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        shares = list(pool.map(_crack_share, entries))
    pairs = [
        (entry, share) for entry, share in zip(entries, shares, strict=True) if share is not None
    ]
    if pairs:
        _check_shares([pair for pair, _ in pairs], [share for _, share in pairs], folder, kind)


def _crack_share(entry: Entry) -> float | None:
    """Share of crack pixels; None for a picture with a class."""
    if not isinstance(entry, Pair):
        read_picture(entry.image)
        return None
    _, mask = read_pair(entry)
    return float(np.count_nonzero(mask)) / mask.size


def _check_shares(pairs: Sequence[Entry], shares: Sequence[float], folder: Path, kind: str) -> None:
    marked = [pair for pair, share in zip(pairs, shares, strict=True) if share > 0]
    if kind == "clean":
        if marked:
            raise ValueError(
                f"{_mask_file(marked[0])} marks a crack in {marked[0].image.name}, but its set is "
                'said to have none (kind = "clean"). Correct the mask or the kind.'
            )
        return
    if not marked:
        raise ValueError(
            f"No mask in {folder} marks a crack. Say which classes count as crack, or that it "
            'holds pictures without cracks (kind = "clean").'
        )
    if float(np.median(shares)) > INVERTED_SHARE:
        raise ValueError(
            f"The masks in {folder} mark {np.median(shares):.0%} of the pixels as crack. They "
            "seem to be inverted: cracks must be white, or have the ids of their classes."
        )


def _mask_file(entry: Entry) -> Path:
    assert isinstance(entry, Pair)
    return entry.mask.file if isinstance(entry.mask, Outlines) else entry.mask
