"""Picture and mask pairs on disk, split by source photograph.

Layout: ``SET/{train,test}/images/*`` and ``SET/{train,test}/masks/*.png`` with the same
stems; masks are 0 for background, anything else for crack, of exactly the picture's size.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from inference.types import Mask, RgbImage

PICTURE_SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".tif", ".tiff", ".webp", ".bmp"})


@dataclass(frozen=True, slots=True)
class Pair:
    """A picture and its mask."""

    image: Path
    mask: Path

    @property
    def stem(self) -> str:
        return self.image.stem


@dataclass(frozen=True, slots=True)
class Split:
    """The two parts of a training folder."""

    training: tuple[Pair, ...]
    validation: tuple[Pair, ...]


def pair_by_stem(images: Path, masks: Path) -> list[Pair]:
    """Pictures of one folder with the masks of another, by file stem, sorted.

    Raises:
        ValueError: if a folder is missing or empty, or a picture has no mask.
    """
    for folder, what in ((images, "pictures"), (masks, "masks")):
        if not folder.is_dir():
            raise ValueError(f"There is no folder {folder} to read {what} from.")
    mask_of = {path.stem: path for path in _pictures(masks)}
    pairs, without = [], []
    for image in _pictures(images):
        if image.stem in mask_of:
            pairs.append(Pair(image, mask_of[image.stem]))
        else:
            without.append(image.name)
    if without:
        raise ValueError(
            f"{len(without)} pictures in {images} have no mask of the same stem in {masks}, "
            f"the first is {without[0]}. Add the masks or take those pictures away."
        )
    if not pairs:
        raise ValueError(f"There are no pictures in {images}.")
    return pairs


def read_picture(path: Path) -> RgbImage:
    """(H, W, 3) uint8 RGB.

    Raises:
        ValueError: if the file is no picture.
    """
    bgr = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if bgr is None:
        raise ValueError(f"{path} cannot be read as a picture; remove it or replace it.")
    return np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB), dtype=np.uint8)


def read_pair(pair: Pair) -> tuple[RgbImage, Mask]:
    """The picture and its mask, (H, W, 3) RGB and (H, W) of 0 and 255.

    Raises:
        ValueError: if either cannot be read, or their sizes differ.
    """
    pixels = read_picture(pair.image)
    mask = cv2.imread(str(pair.mask), cv2.IMREAD_GRAYSCALE)
    if mask is None:
        raise ValueError(f"{pair.mask} cannot be read as a mask; remove it or replace it.")
    if mask.shape != pixels.shape[:2]:
        raise ValueError(
            f"{pair.mask} is {mask.shape[1]}x{mask.shape[0]} px, but its picture is "
            f"{pixels.shape[1]}x{pixels.shape[0]} px; they must be of one size."
        )
    return pixels, np.where(mask > 0, np.uint8(255), np.uint8(0))


def split_by_source(pairs: Sequence[Pair], source_pattern: str, share: float, seed: int) -> Split:
    """Hold back whole source photographs until they hold ``share`` of the pictures.

    Nothing is held back of fewer than four sources.
    """
    groups: dict[str, list[Pair]] = {}
    for pair in pairs:
        groups.setdefault(source_of(pair.stem, source_pattern), []).append(pair)
    names = sorted(groups)
    random.Random(seed).shuffle(names)  # noqa: S311 - a repeatable split, no secret
    held: list[Pair] = []
    held_names = set()
    if len(names) >= 4 and share > 0:
        for name in names:
            if held and len(held) + len(groups[name]) / 2 > share * len(pairs):
                continue
            held_names.add(name)
            held.extend(groups[name])
            if len(held) >= share * len(pairs):
                break
    training = [pair for name in names if name not in held_names for pair in groups[name]]
    return Split(
        training=tuple(sorted(training, key=lambda pair: pair.image)),
        validation=tuple(sorted(held, key=lambda pair: pair.image)),
    )


def source_of(stem: str, source_pattern: str) -> str:
    """The source photograph that a stem names: the first group of the pattern, or its match."""
    match = re.search(source_pattern, stem)
    if match is None:
        return stem
    return match.group(1) if match.groups() else match.group(0)


def _pictures(folder: Path) -> Iterable[Path]:
    return sorted(p for p in folder.iterdir() if p.suffix.lower() in PICTURE_SUFFIXES)
