"""Evaluates a patch classifier on every test set: labelled pictures, and patches cut by masks.

Intervals resample pictures, not patches: patches of one picture resemble each other. Needs torch
for the module that cuts patches as training does, not for the classifier itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from inference.runtime import ClassificationModel
from inference.training.data.datasets import Entry, Labelled
from inference.training.evaluate.bootstrap import CountTable, Figure, difference, f1, interval
from inference.training.evaluate.classification_metrics import (
    classification_figures,
    predicted_classes,
)
from inference.training.evaluate.set_groups import CONCRETE, ROADS, WALLS, group_of
from inference.training.evaluate.sets import chosen_sets, find_test_sets

NO_CRACK, CRACK = "no_crack", "crack"
# Number of labelled pictures that are read and evaluated at a time: memory small, batches full.
ENTRIES_AT_ONCE = 64


@dataclass(frozen=True, slots=True)
class EvaluatedPatches:
    """The answers of a classifier to the patches of a set.

    Attributes:
        probabilities: (patches, classes).
        labels: (patches,) index into ``classes``.
        picture: (patches,) number of the picture that each is of.
    """

    classes: tuple[str, ...]
    probabilities: npt.NDArray[np.float32]
    labels: npt.NDArray[np.int64]
    picture: npt.NDArray[np.int64]
    n_images: int


def accuracy(counts: CountTable) -> npt.NDArray[np.float64]:
    """Share of right answers of rows of a confusion table."""
    return np.asarray((counts[:, 0] + counts[:, 3]) / np.maximum(counts.sum(axis=1), 1))


FIGURES: Mapping[str, Figure] = {"accuracy": accuracy, "f1": f1}


def find_patch_sets(data: Path, names: Sequence[str] | None = None) -> dict[str, tuple[Entry, ...]]:
    """Test parts under a folder: ``classification/SET/test`` and those with masks.

    Raises:
        ValueError: if there is nothing, or a name is unknown.
    """
    from inference.training.data.layouts import read_layout

    labelled = sorted(path.parent for path in (data / "classification").glob("*/test"))
    if not labelled and not (data / "segmentation").is_dir():
        dataset = read_layout(data)
        part = next((each for each in ("test", "validation", "all") if each in dataset.parts), None)
        if part is None:
            raise ValueError(
                f"{data} has only a training part. Give pictures that the model has not learned "
                "from."
            )
        return {data.resolve().name: tuple(dataset.parts[part])}
    cut = find_test_sets(data) if (data / "segmentation").is_dir() else {}
    chosen = chosen_sets([path.name for path in labelled] + list(cut), names, data)
    found: dict[str, tuple[Entry, ...]] = {}
    for path in labelled:
        if path.name in chosen:
            found[path.name] = tuple(read_layout(path, "folders").parts["test"])
    return found | {name: tuple(pairs) for name, pairs in cut.items() if name in chosen}


def evaluate_patches(
    model: ClassificationModel,
    entries: Sequence[Entry],
    *,
    on_picture: Callable[[], object] | None = None,
) -> EvaluatedPatches:
    """Predict every decided patch of some pictures.

    Sets that only know crack and no crack are evaluated so, whatever else the model tells apart.

    Raises:
        ValueError: if a file is wrong, a label is none of the model's, or no patch is decided.
    """
    from inference.training.fit.tasks.classification import labelled_patches

    classes = _classes_for(model.classes, entries)
    probabilities, labels, picture = [], [], []
    for first in range(0, len(entries), ENTRIES_AT_ONCE):
        part = entries[first : first + ENTRIES_AT_ONCE]
        cut = [labelled_patches([entry], classes, model.patch_px) for entry in part]
        patches = np.concatenate([pixels for pixels, _ in cut])
        if len(patches):
            probabilities.append(_as_classes(model.predict(patches), model.classes, classes))
        for number, (_, found) in enumerate(cut, start=first):
            labels.append(found)
            picture.append(np.full(len(found), number, np.int64))
            if on_picture is not None:
                on_picture()
    if not probabilities:
        raise ValueError(
            f"No patch of {model.patch_px} px in {len(entries)} pictures is clearly crack or "
            "clearly none. Give other pictures."
        )
    return EvaluatedPatches(
        classes,
        np.concatenate(probabilities),
        np.concatenate(labels),
        np.concatenate(picture),
        len(entries),
    )


def patch_figures(evaluated: EvaluatedPatches, name: str, threshold: float) -> dict[str, Any]:
    """What :func:`classification_figures` says, with ``group``, ``n_images`` and ``intervals``."""
    found = classification_figures(
        evaluated.probabilities, evaluated.labels, evaluated.classes, threshold=threshold
    )
    intervals = {}
    if len(evaluated.classes) == 2:
        table = _confusion_table(evaluated, threshold)
        intervals = {key: interval(table, figure) for key, figure in FIGURES.items()}
    return {
        "group": patch_group_of(name),
        "n_images": evaluated.n_images,
        "n_crack_patches": int(np.count_nonzero(evaluated.labels == 1)),
        **found,
        "intervals": {
            key: [_rounded(each.low), _rounded(each.high)] for key, each in intervals.items()
        },
    }


def compare_patches(
    ours: EvaluatedPatches, theirs: EvaluatedPatches, threshold: float, their_threshold: float
) -> dict[str, dict[str, Any]]:
    """Accuracy and F1, ours less theirs, by paired bootstrap over the pictures.

    Raises:
        ValueError: if either tells more than crack and no crack apart here, or the pictures are
            not the same.
    """
    if len(ours.classes) != 2 or len(theirs.classes) != 2:
        raise ValueError("Classifiers are compared on crack and no crack only.")
    tables = _confusion_table(ours, threshold), _confusion_table(theirs, their_threshold)
    return {
        key: {
            name: round(value, 7) if isinstance(value, float) else value
            for name, value in asdict(difference(*tables, figure)).items()
        }
        for key, figure in FIGURES.items()
    }


def patch_group_of(name: str) -> str:
    """The group of a set of masks; ``labelled`` for a set of labelled pictures."""
    return group_of(name) if group_of(name) in (CONCRETE, WALLS, ROADS) else "labelled"


def _classes_for(known: tuple[str, ...], entries: Sequence[Entry]) -> tuple[str, ...]:
    labels = {entry.label for entry in entries if isinstance(entry, Labelled)}
    if labels <= {NO_CRACK, CRACK}:
        if CRACK not in known:
            raise ValueError(f"The model does not know cracks, only {', '.join(known)}.")
        return NO_CRACK, CRACK
    strange = sorted(labels - set(known))
    if strange:
        raise ValueError(
            f"The pictures are labelled {strange[0]!r}, the model knows {', '.join(known)}."
        )
    return known


def _as_classes(
    probabilities: npt.NDArray[np.float32], known: tuple[str, ...], wanted: tuple[str, ...]
) -> npt.NDArray[np.float32]:
    """Probabilities of crack and of everything else, where only these are wanted."""
    if known == wanted:
        return probabilities
    crack = probabilities[:, known.index(CRACK)]
    return np.stack([1 - crack, crack], axis=1)


def _confusion_table(evaluated: EvaluatedPatches, threshold: float) -> CountTable:
    """(pictures, 4) patches: true positives, false positives, false negatives, true negatives."""
    predicted = predicted_classes(evaluated.probabilities, threshold)
    # Crack, marked: column 0; clean, marked: 1; crack, missed: 2; clean, left alone: 3.
    column = 2 * (predicted == 0) + (evaluated.labels == 0)
    flat = np.bincount(evaluated.picture * 4 + column, minlength=evaluated.n_images * 4)
    return flat.reshape(evaluated.n_images, 4).astype(np.float64)


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
