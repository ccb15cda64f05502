"""Splits a facility's photos: for training, for choosing, and held out to measure the gain.

The split goes by site: a network must be tested on piers that it has not learned from.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import cv2

from inference.training.data.datasets import Dataset, Pair, group_of, read_pair
from inference.training.data.duplicates import same_photographs, same_pictures
from inference.training.data.pictures import read_picture

HELD_OUT_SHARE, VALIDATION_SHARE = 0.25, 0.15
FEWEST_PHOTOS = 6
ORDERS_TRIED = 60

# Photographs are compared at this size: features of more pixels take minutes and say no more.
COMPARED_SIDE_PX = 1024


@dataclass(frozen=True, slots=True)
class FacilitySplit:
    """The three parts, how they were made, and what a person must know of it.

    Attributes:
        by: ``site`` or ``photo``.
        left_out: photos that show the same as a held-out one.
        notes: sentences.
    """

    training: tuple[Pair, ...]
    validation: tuple[Pair, ...]
    held_out: tuple[Pair, ...]
    by: str
    left_out: tuple[Pair, ...] = ()
    notes: tuple[str, ...] = ()

    def listing(self) -> dict[str, object]:
        """File names, for the record."""
        parts = {
            "training": self.training,
            "validation": self.validation,
            "held_out": self.held_out,
            "left_out": self.left_out,
        }
        names = {part: [str(pair.image) for pair in pairs] for part, pairs in parts.items()}
        return {"by": self.by, **names}


def split_facility(dataset: Dataset, scratch: Path, *, seed: int) -> FacilitySplit:
    """Split whole sites at random; single photos where there are fewer than three sites.

    Args:
        scratch: folder for small copies that photographs are compared by.

    Raises:
        ValueError: for fewer than six photos, or too few with cracks.
    """
    pairs = [each for part in dataset.parts.values() for each in part if isinstance(each, Pair)]
    if len(pairs) < FEWEST_PHOTOS:
        raise ValueError(
            f"Fine-tuning needs at least {FEWEST_PHOTOS} reviewed photos, there are {len(pairs)}: "
            "some must be held back to tell whether it helped."
        )
    pattern = dataset.source_pattern or ".*"
    groups, by, notes = _groups(pairs, pattern)
    parts = _shared_out(groups, seed)
    left_out: tuple[Pair, ...] = ()
    if by == "photo":
        left_out = _repeating([*parts[0], *parts[1]], parts[2], scratch)
        if left_out:
            notes.append(
                f"{len(left_out)} photos show the same wall as a held-out one and were left out."
            )
    kept = [tuple(pair for pair in part if pair not in left_out) for part in parts[:2]]
    _check(kept[0], kept[1])
    n_cracked = sum(map(_cracked, parts[2]))
    if n_cracked < 10:
        notes.append(
            f"Only {n_cracked} held-out photos show cracks, so the gain is uncertain: read the "
            "interval beside it, and review more photos before you rely on it."
        )
    return FacilitySplit(kept[0], kept[1], parts[2], by, left_out, tuple(notes))


def _groups(pairs: Sequence[Pair], pattern: str) -> tuple[list[tuple[Pair, ...]], str, list[str]]:
    sites: dict[str, list[Pair]] = {}
    for pair in pairs:
        sites.setdefault(group_of(pair, pattern), []).append(pair)
    named = all(pair.site for pair in pairs)
    if len(sites) >= 3:
        notes = (
            []
            if named
            else ["No sites are named (sites.csv: photo,site), so each photograph is its own."]
        )
        return [tuple(each) for each in sites.values()], "site" if named else "photo", notes
    note = (
        f"The photos are of {len(sites)} site{'s' if len(sites) > 1 else ''}, too few to hold one "
        "back: held-out photos show the same structure, and elsewhere the gain may be less."
    )
    return [(pair,) for pair in pairs], "photo", [note]


def _shared_out(
    groups: Sequence[tuple[Pair, ...]], seed: int
) -> tuple[tuple[Pair, ...], tuple[Pair, ...], tuple[Pair, ...]]:
    """Training, validation, held out; of some random orders the first with cracks in each."""
    draw = random.Random(seed)  # noqa: S311 - a repeatable split, no secret
    order = list(groups)
    best: tuple[int, tuple[tuple[Pair, ...], ...]] | None = None
    for _ in range(ORDERS_TRIED):
        draw.shuffle(order)
        parts = _dealt(order)
        with_cracks = sum(any(map(_cracked, part)) for part in parts)
        if best is None or with_cracks > best[0]:
            best = (with_cracks, parts)
        if with_cracks == 3:
            break
    assert best is not None
    training, validation, held_out = best[1]
    return training, validation, held_out


def _dealt(order: Sequence[tuple[Pair, ...]]) -> tuple[tuple[Pair, ...], ...]:
    """Held out first, then validation, the rest trains; each gets a group at least."""
    total = sum(map(len, order))
    held_out: list[Pair] = []
    validation: list[Pair] = []
    training: list[Pair] = []
    for number, group in enumerate(order):
        left = len(order) - number
        if not held_out or (len(held_out) < HELD_OUT_SHARE * total and left > 2):
            held_out += group
        elif not validation or (len(validation) < VALIDATION_SHARE * total and left > 1):
            validation += group
        else:
            training += group
    return tuple(training), tuple(validation), tuple(held_out)


def _check(training: Sequence[Pair], validation: Sequence[Pair]) -> None:
    for part, what in ((training, "to learn from"), (validation, "to choose by")):
        if not any(map(_cracked, part)):
            raise ValueError(
                f"Too few photos with cracks: none is left {what}. Add reviewed photos with "
                "cracks, of more sites if you can."
            )


def _repeating(
    training: Sequence[Pair], held_out: Sequence[Pair], scratch: Path
) -> tuple[Pair, ...]:
    """Photos that show the same as a held-out one, or a piece of it."""
    scratch.mkdir(parents=True, exist_ok=True)
    theirs = [_small_copy(pair, scratch / f"held-{n}.png") for n, pair in enumerate(held_out)]
    ours = {_small_copy(pair, scratch / f"train-{n}.png"): pair for n, pair in enumerate(training)}
    found = {
        each.kept_out
        for each in (*same_pictures(list(ours), theirs), *same_photographs(list(ours), theirs))
    }
    return tuple(pair for path, pair in ours.items() if path in found)


def _small_copy(pair: Pair, path: Path) -> Path:
    pixels = read_picture(pair.image)
    height, width = pixels.shape[:2]
    shrink = min(1.0, COMPARED_SIDE_PX / max(height, width))
    size = max(1, round(width * shrink)), max(1, round(height * shrink))
    small = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    if not cv2.imwrite(str(path), small[..., ::-1]):
        raise ValueError(f"{path} could not be written; make room on that disk.")
    return path


@cache
def _cracked(pair: Pair) -> bool:
    return bool(read_pair(pair)[1].any())
