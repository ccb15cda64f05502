"""Writes the card of a model: what a person must know before trusting it."""

from __future__ import annotations

import hashlib
import json
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from inference.networks.registry import find_family
from inference.runtime.card import CARD_NAME
from inference.training.data.gather import TrainingData
from inference.training.fit.recipe import DataSet, Recipe
from inference.training.ship.operations import Operations

FORMAT = 2  # of the card; 1 had no intervals and no speed
CODE = "inference"  # what of the repository makes a model
WEIGHTS = "inference/weights"


@dataclass(frozen=True, slots=True)
class Origin:
    """The code that makes a model.

    Attributes:
        commit: 40 hexadecimal digits; None where the code lies in no repository.
        changed: files of the code that differ from the commit.
    """

    commit: str | None
    changed: tuple[str, ...]

    def in_words(self) -> str | None:
        """A sentence where the commit does not say everything."""
        if self.commit is None:
            return "The code that made this model lay in no repository, so no commit is named."
        if self.changed:
            return (
                f"Made by code that differed from this commit in {len(self.changed)} files, "
                f"{self.changed[0]} among them: the commit alone does not give this model again."
            )
        return None


def find_origin(here: Path = Path(__file__).parent) -> Origin:
    """The commit of the code, and what of it was changed since; weights and tests do not count."""

    def git(*arguments: str) -> str:
        return subprocess.run(
            ["git", *arguments], cwd=here, capture_output=True, text=True, check=True, timeout=20
        ).stdout

    try:
        root = git("rev-parse", "--show-toplevel").strip()
        commit = git("rev-parse", "HEAD").strip()
        listed = git("-C", root, "status", "--porcelain", "--untracked-files=no", "--", CODE)
    except (OSError, subprocess.SubprocessError):
        return Origin(None, ())
    changed = [line[3:] for line in listed.splitlines()]
    return Origin(commit, tuple(path for path in changed if not path.startswith(WEIGHTS)))


def file_entry(path: Path, precision: str, tensors_in: str | None = None) -> dict[str, Any]:
    """The card's entry for one file of weights."""
    content = path.read_bytes()
    return {
        "precision": precision,
        "file": path.name,
        "size_bytes": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
        **({"tensors_in": tensors_in} if tensors_in else {}),
    }


def describe(
    recipe: Recipe,
    data: TrainingData,
    operations: Operations,
    *,
    trained: Mapping[str, Any],
    threshold: float,
    input_entry: Mapping[str, Any],
    files: Sequence[Mapping[str, Any]],
    quantisation: Mapping[str, Any],
    speed: Mapping[str, Mapping[str, Any]],
    evaluated: Mapping[str, Any],
    origin: Origin,
    models_folder: Path,
) -> dict[str, Any]:
    """The whole card as plain values.

    Args:
        operations: of the network as it is shipped, all its scales together.
        speed: by precision, of one input.
        evaluated: what :meth:`inference.training.evaluate.candidates.Evaluation.evaluate` says.
        models_folder: where the model is that this one is compared with.
    """
    family = find_family(recipe.family)
    architecture: dict[str, Any] = {
        "family": family.name,
        "title": family.title,
        "source": family.source,
        "options": recipe.network_options,
        "parameters": operations.parameters,
        "macs_per_input": operations.macs_per_tile,
    }
    if recipe.task == "segmentation":
        architecture["macs_per_512px_tile"] = round(
            operations.macs_per_tile * (512 / input_entry["tile_px"]) ** 2
        )
    card = {
        "format": FORMAT,
        "name": recipe.name,
        "task": recipe.task,
        "title": recipe.description,
        "terms": recipe.terms,
        "date": datetime.now(UTC).date().isoformat(),
        "commit": origin.commit,
        "commit_note": origin.in_words(),
        "architecture": architecture,
        "input": dict(input_entry),
        **({"classes": list(recipe.classes)} if recipe.classes else {}),
        "threshold": threshold,
        "threshold_chosen_on": "validation pictures held back from the training parts",
        "files": list(files),
        "quantisation": dict(quantisation),
        "speed": {precision: dict(entry) for precision, entry in speed.items()},
        "trained_on": [_data_entry(each, recipe, data) for each in recipe.sets],
        "only_rendered": list(_only_rendered(recipe, data)),
        "backbone": recipe.backbone_terms or None,
        "split": (
            "Test parts as they come with each set. Validation: whole source photographs, "
            f"{recipe.validation_share:.0%} of each training part, seed {recipe.seed}. Training "
            "pictures that repeat a test picture, whole or in part, were left out: "
            f"{len(data.left_out)}."
        ),
        "left_out": [
            {
                "picture": _set_and_name(each.kept_out),
                "repeats": _set_and_name(each.of),
                "how": each.how,
            }
            for each in data.left_out
        ],
        "training": dict(trained),
        **evaluated,
    }
    if recipe.compared_with:
        card["compared_with"] = compare(evaluated["metrics"], models_folder / recipe.compared_with)
    return card


def _data_entry(each: DataSet, recipe: Recipe, data: TrainingData) -> dict[str, Any]:
    return {
        "set": each.name,
        "n_training": len(data.training.get(each.name, ())),
        "n_validation": len(data.validation.get(each.name, ())),
        "share_of_samples": round(each.weight / sum(other.weight for other in recipe.sets), 3),
        "rendered": bool(each.rendered),
        "terms": each.terms,
    }


def _only_rendered(recipe: Recipe, data: TrainingData) -> Sequence[str]:
    """What the recipe names, and the classes of which no photograph was seen."""
    if recipe.task != "classification":
        return recipe.only_rendered
    photographed: set[str] = set()
    for each in recipe.sets:
        if each.rendered:
            continue
        for entry in data.training.get(each.name, ()):
            label = getattr(entry, "label", None)
            photographed |= {label} if label else set(recipe.classes)  # a mask shows both
    unseen = [name for name in recipe.classes if name not in photographed]
    return tuple(dict.fromkeys((*recipe.only_rendered, *unseen)))


def _set_and_name(picture: Path) -> str:
    """``deepcrack_256/11142.jpg`` of ``…/deepcrack_256/train/images/11142.jpg``."""
    return f"{picture.parents[2].name}/{picture.name}"


def compare(metrics: Mapping[str, Mapping[str, Any]], other: Path) -> dict[str, Any] | None:
    """F1 of this model less that of another, per set; None where the other is not there."""
    path = other / CARD_NAME
    if not path.is_file():
        return None
    theirs = json.loads(path.read_text(encoding="utf-8"))["metrics"]
    differences = {}
    for name, entry in metrics.items():
        ours_f1, their_f1 = _shipped_f1(entry), _shipped_f1(theirs.get(name, {}))
        if ours_f1 is not None and their_f1 is not None:
            differences[name] = round(ours_f1 - their_f1, 4)
    return {"model": other.name, "f1_difference": differences}


def _shipped_f1(entry: Mapping[str, Any]) -> float | None:
    for precision in ("int8", "float16"):
        if precision in entry:
            f1: float | None = entry[precision]["f1"]
            return f1
    return None
