"""Evaluates a shipped model again, so that its card has the figures of the present code."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from inference.runtime import SegmentationModel
from inference.runtime.card import ModelCard
from inference.runtime.registry import load_model
from inference.training.data.datasets import Entry, Pair
from inference.training.data.layouts import read_layout
from inference.training.evaluate.candidates import Say
from inference.training.evaluate.candidates.segmentation import evaluate_on_tests, shortfalls
from inference.training.evaluate.patches import find_patch_sets
from inference.training.evaluate.patches_by_mask import patches_entry
from inference.training.evaluate.sets import find_test_sets
from inference.training.fit.recipe import Shipping
from inference.training.ship.card import compare, find_origin
from inference.training.ship.shipping import saturation


def evaluate_shipped(
    card: ModelCard,
    data_folder: Path,
    held_back: Callable[[], Mapping[str, Sequence[Pair]]],
    *,
    threads: int | None,
    say: Say,
    names: Sequence[str] | None = None,
    rendered_walls: int = Shipping().rendered_walls,
) -> dict[str, Any]:
    """The whole card with what the test pictures say now; files and threshold stay.

    Beside int8 the float weights are tested, where the model ships them, in float32.

    Args:
        held_back: gives the pictures by set that the confidence is fitted on, which the model has
            not learned from; not asked where ``names`` are given.
        names: test only these sets; the other sets' figures, those of rendered walls and the
            confidence stay as they are. For a change that cannot concern them.

    Raises:
        ValueError: if the model draws no masks or the data has no test sets, and what
            ``held_back`` raises.
    """
    if card.task != "segmentation":
        raise ValueError(
            f"{card.name!r} is no network that draws masks. Train or ship it anew to test it."
        )
    sets = find_test_sets(data_folder, names)
    validation = {} if names else held_back()
    models = _models(card, threads)
    results = evaluate_on_tests(models, sets, validation, 0 if names else rendered_walls, say)
    if names:
        results = _with_the_others(results, card.details)
    short = [*shortfalls(results["metrics"], list(models)), *saturation(card.details)]
    examined = {
        "date": datetime.now(UTC).date().isoformat(),
        "commit": find_origin().commit,
        "sets": sorted(sets),
    }
    new = {**card.details, **results, "falls_short": short, "examined": examined}
    other: Mapping[str, Any] | None = card.details.get("compared_with")
    if other is not None:
        new["compared_with"] = compare(results["metrics"], card.folder.parent / other["model"])
    return new


def evaluate_shipped_patches(
    card: ModelCard,
    data_folder: Path,
    held_back: Mapping[str, Sequence[Entry]],
    *,
    threads: int | None,
    say: Say,
) -> dict[str, Any]:
    """The whole card with how well the model tells patches with a crack from those without.

    Args:
        held_back: pictures by set that the model has not learned from. Labelled pictures of sets
            that it never saw are added from their training parts.

    Raises:
        ValueError: if the model draws no masks, or
            :func:`inference.training.evaluate.patches_by_mask.patches_entry` says so.
    """
    if card.task != "segmentation":
        raise ValueError(f"{card.name!r} is a classifier: its card tells of patches already.")
    learned = {each["set"] for each in card.details.get("trained_on") or []}
    unseen = {
        path.parent.name: read_layout(path.parent, "folders").parts["train"]
        for path in sorted((data_folder / "classification").glob("*/train"))
        if path.parent.name not in learned
    }
    testing = find_patch_sets(data_folder)
    fitted_on = {**held_back, **unseen}
    count = sum(map(len, fitted_on.values())) + sum(map(len, testing.values()))
    say(f"Looking for cracks in the patches of {count} pictures …")
    model = load_model(card.name, threads=threads, folder=card.folder.parent)
    entry = patches_entry(model, fitted_on, testing)
    for name, report in entry["metrics"].items():
        say(f"{name}: accuracy {report['accuracy']:.3f} of {report['n_patches']} patches")
    entry["date"] = datetime.now(UTC).date().isoformat()
    entry["commit"] = find_origin().commit
    return {**card.details, "patches": entry}


def _with_the_others(results: Mapping[str, Any], before: Mapping[str, Any]) -> dict[str, Any]:
    """The new figures of some sets, and what the card says of everything else."""
    new = {
        "metrics": {**before["metrics"], **results["metrics"]},
        "metrics_convention": results["metrics_convention"],
    }
    if results["false_alarms_by_kind"]:
        new["false_alarms_by_kind"] = results["false_alarms_by_kind"]
    return new


def _models(card: ModelCard, threads: int | None) -> dict[str, SegmentationModel]:
    """By precision, what the product loads on a processor first."""
    folder = card.folder.parent
    shipped = card.weights().precision
    models: dict[str, SegmentationModel] = {
        shipped: load_model(card.name, threads=threads, folder=folder)
    }
    if shipped == "int8" and any(file.kind == "safetensors" for file in card.files):
        models["float32"] = load_model(
            card.name, runtime="torch", device="cpu", threads=threads, folder=folder
        )
    return models
