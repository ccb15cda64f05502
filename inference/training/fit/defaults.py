"""Makes a recipe for a training without one: any labelled folders, any family."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from inference.networks.registry import find_family
from inference.training.data.datasets import Dataset, Pair, read_pair
from inference.training.data.layouts import read_layout
from inference.training.fit.recipe import Augmentation, DataSet, Optimisation, Recipe

# Everything that a camera, the weather and the hour may do; see inference.training.data.augment.
ALL_CHANGES = Augmentation(
    noon=0.1, dusk=0.1, wet=0.1, stain=0.12, graffiti=0.06, cable=0.08, retinex=0.8
)

# Learning rates (pretrained part, rest). Transformers and the old networks without batch norm
# bear less than the others.
RATES = (6e-4, 2e-3)
RATES_OF_FAMILY = {"segformer": (1e-4, 6e-4), "vgg16": (1e-4, 3e-4), "vgg19": (1e-4, 3e-4)}

PATIENCE = 6
NO_TERMS = "Trained on pictures whose terms were not stated: for your own use only."


@dataclass(frozen=True, slots=True)
class Wishes:
    """The options of the command line in place of a recipe; None or empty takes the default.

    Attributes:
        data: folders in a known layout, or one with ``segmentation/SET`` or
            ``classification/SET`` in it.
        layout: of these folders; None recognises it.
        classes: names that count as crack where a layout has several.
        source_pattern: regular expression that finds the source photograph in a file's stem.
        on_duplicates: see :class:`inference.training.fit.recipe.DataSet`.
        backbone: a file of weights to start from.
    """

    task: str
    family: str
    data: Sequence[Path]
    name: str | None = None
    layout: str | None = None
    classes: Sequence[str] = ()
    source_pattern: str | None = None
    on_duplicates: str = "refuse"
    backbone: Path | None = None
    terms: str | None = None
    seed: int = 0


def default_recipe(wishes: Wishes) -> Recipe:
    """A sensible recipe for these folders.

    Raises:
        ValueError: for an unknown family, a family of another task, or a folder that cannot be
            read.
    """
    family = find_family(wishes.family)
    if family.task != wishes.task:
        raise ValueError(
            f"The family {family.name!r} does {family.task}, not {wishes.task}. "
            "See: python -m inference models"
        )
    folders = [each for folder in wishes.data for each in _sets_in(folder, wishes.task)]
    sets = tuple(
        _data_set(folder, name, wishes)
        for folder, name in zip(folders, _names(folders), strict=True)
    )
    rate_encoder, rate_decoder = RATES_OF_FAMILY.get(wishes.family, RATES)
    return Recipe(
        name=wishes.name or f"{wishes.family}-{sets[0].name}".replace("_", "-"),
        task=wishes.task,
        family=wishes.family,
        terms=wishes.terms or NO_TERMS,
        description=f"{family.title}, trained on {', '.join(each.name for each in sets)}.",
        sets=sets,
        seed=wishes.seed,
        backbone=str(wishes.backbone.resolve()) if wishes.backbone else None,
        backbone_terms=wishes.backbone.name if wishes.backbone else "",
        validation_share=0.15,
        optimisation=Optimisation(
            rate_encoder=rate_encoder if wishes.backbone else rate_decoder,
            rate_decoder=rate_decoder,
            patience=PATIENCE,
        ),
        augmentation=ALL_CHANGES,
    )


def _sets_in(folder: Path, task: str) -> list[Path]:
    """The folder itself, or the sets below ``folder/TASK``."""
    inside = folder / task
    if not inside.is_dir():
        return [folder]
    sets = [each for each in sorted(inside.iterdir()) if each.is_dir()]
    if not sets:
        raise ValueError(f"{inside} holds no folders of labelled pictures.")
    return sets


def _names(folders: Sequence[Path]) -> list[str]:
    """Names for tables and files; the same name twice gets a number."""
    names: list[str] = []
    for folder in folders:
        name = re.sub(r"[^a-z0-9]+", "_", folder.resolve().name.lower()).strip("_") or "pictures"
        taken = sum(each == name or each.startswith(f"{name}_again") for each in names)
        names.append(f"{name}_again{taken}" if taken else name)
    return names


def _data_set(folder: Path, name: str, wishes: Wishes) -> DataSet:
    found = read_layout(folder, wishes.layout, classes=wishes.classes or None)
    if found.task != wishes.task:
        raise ValueError(
            f"{folder} ({found.layout}) holds pictures for {found.task}, not for {wishes.task}. "
            f"Train with --task {found.task}, or give another folder."
        )
    n_training = len(found.parts.get("train") or found.parts.get("all") or ())
    if not n_training:
        raise ValueError(f"{folder} ({found.layout}) has no pictures to train on.")
    return DataSet(
        name=name,
        # Between "every set alike" and "every picture alike".
        weight=round(float(np.sqrt(n_training)), 2),
        kind="concrete" if has_cracks(found) else "clean",
        path=str(folder.resolve()),
        layout=found.layout,
        classes=tuple(wishes.classes),
        source_pattern=wishes.source_pattern or found.source_pattern or ".*",
        terms=wishes.terms or "not stated",
        on_duplicates=wishes.on_duplicates,
    )


def has_cracks(dataset: Dataset) -> bool:
    """Whether any mask has a crack pixel; a set of labels counts as one that has."""
    entries = [entry for part in dataset.parts.values() for entry in part]
    if dataset.task != "segmentation":
        return True
    return any(isinstance(each, Pair) and read_pair(each)[1].any() for each in entries)
