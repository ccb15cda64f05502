"""Cuts photographs of many megapixels into pieces that training can read quickly.

A sample is a crop of some 300 px; to decode twelve megapixels for each would take most of the
time. Pieces are kept as PNG beside the checkpoint.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np

from inference.training.data.datasets import Entry, Pair, read_pair
from inference.training.data.gather import TrainingData
from inference.training.data.pictures import upright_size
from inference.types import Mask, RgbImage

# Pictures up to this side are read as they are.
LARGEST_SIDE_PX = 1280
PIECE_PX = 768
OVERLAP_PX = 64

# Number of pieces without cracks that are kept for each piece with one, and at least for a picture.
PLAIN_FOR_EACH_CRACKED = 1
LEAST_PLAIN = 2


def cut_large(data: TrainingData, folder: Path, say: Callable[[str], None]) -> TrainingData:
    """The same data with every large picture and its mask replaced by pieces in ``folder``.

    Pieces with cracks are all kept, of the others some. Pieces that are there already are not
    cut again. Labelled pictures stay as they are.
    """
    parts: list[dict[str, tuple[Entry, ...]]] = []
    n_cut = 0
    for part, sets in (("training", data.training), ("validation", data.validation)):
        found: dict[str, tuple[Entry, ...]] = {}
        for name, entries in sets.items():
            pieces: list[Entry] = []
            for entry in entries:
                if isinstance(entry, Pair) and max(upright_size(entry.image)) > LARGEST_SIDE_PX:
                    pieces += _pieces(entry, folder / name / part)
                    n_cut += 1
                else:
                    pieces.append(entry)
            found[name] = tuple(pieces)
        parts.append(found)
    if n_cut:
        total = sum(len(entries) for part in parts for entries in part.values())
        say(f"{n_cut} large pictures were cut: {total} pictures and pieces in all.")
    return replace(data, training=parts[0], validation=parts[1])


def _pieces(pair: Pair, folder: Path) -> list[Pair]:
    # Two folders of a set may hold pictures of one name.
    path = hashlib.sha256(str(pair.image.resolve()).encode()).hexdigest()[:8]
    listing = folder / f"{pair.stem}-{path}.pieces"
    if not listing.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        names = _cut(pair, folder / listing.stem)
        partial = listing.with_name(listing.name + ".partial")
        partial.write_text("\n".join(names), encoding="utf-8")
        partial.replace(listing)
    return [
        Pair(folder / f"{name}.png", folder / f"{name}.mask.png", site=pair.site or pair.stem)
        for name in listing.read_text(encoding="utf-8").splitlines()
    ]


def _cut(pair: Pair, beginning: Path) -> list[str]:
    pixels, mask = read_pair(pair)
    cracked: list[tuple[int, int]] = []
    plain: list[tuple[int, int]] = []
    for y, x in _corners(*mask.shape):
        (cracked if mask[y : y + PIECE_PX, x : x + PIECE_PX].any() else plain).append((y, x))
    random.Random(pair.stem).shuffle(plain)  # noqa: S311 - a repeatable choice, no secret
    kept = cracked + plain[: max(LEAST_PLAIN, PLAIN_FOR_EACH_CRACKED * len(cracked))]
    return [_write(Path(f"{beginning}_{y}_{x}"), y, x, pixels, mask) for y, x in sorted(kept)]


def _write(path: Path, y: int, x: int, pixels: RgbImage, mask: Mask) -> str:
    piece, truth = (each[y : y + PIECE_PX, x : x + PIECE_PX] for each in (pixels, mask))
    for name, content in ((f"{path}.png", piece[..., ::-1]), (f"{path}.mask.png", truth)):
        if not cv2.imwrite(name, np.ascontiguousarray(content)):
            raise ValueError(f"{name} could not be written; make room on that disk.")
    return path.name


def _corners(height: int, width: int) -> Iterator[tuple[int, int]]:
    for y in _starts(height):
        for x in _starts(width):
            yield y, x


def _starts(size: int) -> Sequence[int]:
    """Evenly spaced, so that the last piece ends where the picture ends."""
    if size <= PIECE_PX:
        return [0]
    count = -(-(size - OVERLAP_PX) // (PIECE_PX - OVERLAP_PX))
    return [round(k * (size - PIECE_PX) / (count - 1)) for k in range(count)]
