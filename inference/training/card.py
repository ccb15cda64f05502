"""Writing the card of a model: everything that a person must know before trusting it."""

from __future__ import annotations

import hashlib
import json
import subprocess
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from inference.networks.registry import find_family
from inference.runtime.card import CARD_NAME
from inference.training.gather import TrainingData
from inference.training.operations import Operations
from inference.training.recipe import Recipe


def file_entry(path: Path, precision: str) -> dict[str, Any]:
    """What the card says about one file of weights."""
    content = path.read_bytes()
    return {
        "precision": precision,
        "file": path.name,
        "size_bytes": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
    }


def describe(
    recipe: Recipe,
    data: TrainingData,
    operations: Operations,
    *,
    trained: Mapping[str, Any],
    threshold: float,
    tile_px: int,
    files: Sequence[Mapping[str, Any]],
    quantisation: Mapping[str, Any],
    metrics: Mapping[str, Mapping[str, Any]],
    models_folder: Path,
) -> dict[str, Any]:
    """The whole card as plain values."""
    family = find_family(recipe.family)
    card = {
        "name": recipe.name,
        "task": recipe.task,
        "title": recipe.description,
        "terms": recipe.terms,
        "date": datetime.now(UTC).date().isoformat(),
        "commit": _commit(),
        "architecture": {
            "family": family.name,
            "title": family.title,
            "source": family.source,
            "options": dict(recipe.network),
            "parameters": operations.parameters,
            "macs_per_512px_tile": operations.macs_per_tile,
        },
        "input": {
            "tile_px": tile_px,
            "format": "uint8 RGB, N x H x W x 3, evened by multi-scale Retinex",
        },
        "threshold": threshold,
        "threshold_chosen_on": "validation pictures held back from the training parts",
        "files": list(files),
        "quantisation": dict(quantisation),
        "trained_on": _data_entries(recipe, data),
        "backbone": recipe.backbone_terms or None,
        "split": (
            "Test parts as they come with each set. Validation: whole source photographs, "
            f"{recipe.validation_share:.0%} of each training part, seed {recipe.seed}. Training "
            "pictures that repeat a test picture, whole or in part, were left out: "
            f"{len(data.left_out)}."
        ),
        "left_out": [
            {
                "picture": each.kept_out.parents[2].name + "/" + each.kept_out.name,
                "repeats": each.of.parents[2].name + "/" + each.of.name,
                "how": each.how,
            }
            for each in data.left_out
        ],
        "training": dict(trained),
        "metrics_convention": (
            "Pooled over the test pictures of a set at the card's threshold, crack class, through "
            "the product's Retinex and tiles; see inference/training/metrics.py."
        ),
        "metrics": {name: dict(entry) for name, entry in metrics.items()},
    }
    if recipe.compared_with:
        card["compared_with"] = _compare(metrics, models_folder / recipe.compared_with)
    return card


def write_card(folder: Path, card: Mapping[str, Any]) -> None:
    """Write ``card.json``; last of all files, because a folder with a card is a model."""
    text = json.dumps(card, indent=1, ensure_ascii=False) + "\n"
    (folder / CARD_NAME).write_text(text, encoding="utf-8")


def _data_entries(recipe: Recipe, data: TrainingData) -> list[dict[str, Any]]:
    return [
        {
            "set": each.name,
            "n_training": len(data.training[each.name]),
            "n_validation": len(data.validation[each.name]),
            "share_of_samples": round(each.weight / sum(s.weight for s in recipe.sets), 3),
            "terms": each.terms,
        }
        for each in recipe.sets
    ]


def _compare(metrics: Mapping[str, Mapping[str, Any]], other: Path) -> dict[str, Any] | None:
    """F1 of this model less that of another, per set; None where the other is not there."""
    path = other / CARD_NAME
    if not path.is_file():
        return None
    theirs = json.loads(path.read_text(encoding="utf-8"))["metrics"]
    differences = {}
    for name, entry in metrics.items():
        ours_f1, their_f1 = entry["int8"]["f1"], theirs.get(name, {}).get("int8", {}).get("f1")
        if ours_f1 is not None and their_f1 is not None:
            differences[name] = round(ours_f1 - their_f1, 4)
    return {"model": other.name, "f1_int8_difference": differences}


def _commit() -> str | None:
    """The commit of the code that made the model, marked where files differ from it."""
    here = Path(__file__).parent
    try:
        done = subprocess.run(
            ["git", "describe", "--always", "--abbrev=40", "--dirty"],
            cwd=here,
            capture_output=True,
            text=True,
            check=True,
            timeout=10,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip() or None
