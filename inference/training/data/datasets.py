"""Labelled pictures (with masks or with a class name), and their split.

Which files of a folder belong together is known by ``inference.training.data.layouts``.
"""

from __future__ import annotations

import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from inference.training.data.mask_offset import moved_back
from inference.training.data.masks import NOT_BLACK, MaskValues, read_mask
from inference.training.data.outlines import Outlines
from inference.training.data.pictures import PICTURE_SUFFIXES, Picture, read_picture, read_upright
from inference.types import Mask, RgbImage

__all__ = [
    "PICTURE_SUFFIXES",
    "Dataset",
    "Entry",
    "Labelled",
    "MaskValues",
    "Outlines",
    "Pair",
    "Split",
    "pair_by_stem",
    "read_pair",
    "read_picture",
    "source_of",
    "split_by_source",
]


@dataclass(frozen=True, slots=True)
class Pair:
    """A picture and where its cracks are.

    Attributes:
        mask: a mask file of the upright picture's size, or outlines that are drawn on reading.
        values: which values of a mask file mean crack; not looked at for outlines.
        site: the structure or place it was taken at, where the folder or a table says so.
        mask_offset_px: how far the mask lies (right, down) of its picture by a slip of who drew
            it; reading moves it back.
    """

    image: Path
    mask: Path | Outlines
    values: MaskValues = NOT_BLACK
    site: str | None = None
    mask_offset_px: tuple[int, int] = (0, 0)

    @property
    def stem(self) -> str:
        return self.image.stem


@dataclass(frozen=True, slots=True)
class Labelled:
    """A picture and the name of its class."""

    image: Path
    label: str
    site: str | None = None

    @property
    def stem(self) -> str:
        return self.image.stem


Entry = Pair | Labelled


@dataclass(frozen=True, slots=True)
class Dataset:
    """The pictures that a layout finds in a folder.

    Attributes:
        layout: name in ``inference.training.data.layouts.LAYOUTS``.
        task: ``segmentation`` (parts hold :class:`Pair`) or ``classification``
            (:class:`Labelled`).
        parts: ``train``, ``validation``, ``test`` as the layout gives them, ``all`` where it
            gives none. No part is empty.
        classes: segmentation: the names that count as crack. Classification: every label,
            ``no_crack`` and ``crack`` first.
        source_pattern: regular expression that finds the source photograph in a file's stem,
            where the layout's names hold it; see :func:`source_of`.
    """

    layout: str
    task: str
    parts: Mapping[str, tuple[Entry, ...]]
    classes: tuple[str, ...]
    source_pattern: str | None = None


@dataclass(frozen=True, slots=True)
class Split:
    """The two parts of a training folder."""

    training: tuple[Entry, ...]
    validation: tuple[Entry, ...]


def pair_by_stem(images: Path, masks: Path, values: MaskValues = NOT_BLACK) -> list[Pair]:
    """Pictures of one folder with the masks of another, by file stem, sorted.

    Raises:
        ValueError: if a folder is missing or empty, or a picture has no mask.
    """
    for folder, what in ((images, "pictures"), (masks, "masks")):
        if not folder.is_dir():
            raise ValueError(f"There is no folder {folder} to read {what} from.")
    mask_of = {path.stem: path for path in pictures_in(masks)}
    pairs, without = [], []
    for image in pictures_in(images):
        if image.stem in mask_of:
            pairs.append(Pair(image, mask_of[image.stem], values))
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


def read_pair(pair: Pair) -> tuple[RgbImage, Mask]:
    """The upright picture and its mask, (H, W, 3) RGB and (H, W) of 0 and 255.

    Raises:
        ValueError: if either cannot be read, or their sizes differ.
    """
    picture = read_upright(pair.image)
    mask = read_mask(pair.mask, pair.values)
    if mask.shape != picture.pixels.shape[:2]:
        raise ValueError(_other_size(pair, mask, picture))
    return picture.pixels, moved_back(mask, pair.mask_offset_px)


def _other_size(pair: Pair, mask: Mask, picture: Picture) -> str:
    drawn = pair.mask.file if isinstance(pair.mask, Outlines) else pair.mask
    height, width = picture.pixels.shape[:2]
    sizes = (
        f"{drawn} is {mask.shape[1]}x{mask.shape[0]} px, but its picture {pair.image} is "
        f"{width}x{height} px"
    )
    if picture.orientation >= 5 and mask.shape == (width, height):
        return (
            f"{sizes} once it is turned upright as its EXIF says. "
            "Save the picture upright without EXIF, or turn its mask."
        )
    return f"{sizes}; they must be of one size. Export that mask again, or leave the picture out."


def split_by_source(
    entries: Sequence[Entry], source_pattern: str, share: float, seed: int
) -> Split:
    """Hold back whole source photographs until they hold ``share`` of the pictures.

    A picture that knows its site goes with the site. Nothing is held back of fewer than four
    sources.
    """
    groups: dict[str, list[Entry]] = {}
    for entry in entries:
        groups.setdefault(group_of(entry, source_pattern), []).append(entry)
    names = sorted(groups)
    random.Random(seed).shuffle(names)  # noqa: S311 - a repeatable split, no secret
    held: list[Entry] = []
    held_names = set()
    if len(names) >= 4 and share > 0:
        for name in names:
            if held and len(held) + len(groups[name]) / 2 > share * len(entries):
                continue
            held_names.add(name)
            held.extend(groups[name])
            if len(held) >= share * len(entries):
                break
    training = [entry for name in names if name not in held_names for entry in groups[name]]
    return Split(
        training=tuple(sorted(training, key=_by_image)),
        validation=tuple(sorted(held, key=_by_image)),
    )


def group_of(entry: Entry, source_pattern: str) -> str:
    """What must stay on one side of a split: the site where it is known, else the source."""
    return f"site {entry.site}" if entry.site else source_of(entry.stem, source_pattern)


def source_of(stem: str, source_pattern: str) -> str:
    """The source photograph that a stem names: the first group of the pattern, or its match."""
    match = re.search(source_pattern, stem)
    if match is None:
        return stem
    return match.group(1) if match.groups() else match.group(0)


def pictures_in(folder: Path) -> list[Path]:
    """Picture files of a folder, sorted; what begins with a dot is no picture."""
    return sorted(
        path
        for path in folder.iterdir()
        if path.suffix.lower() in PICTURE_SUFFIXES and not path.name.startswith(".")
    )


def _by_image(entry: Entry) -> Path:
    return entry.image
