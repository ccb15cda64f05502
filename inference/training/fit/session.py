"""Runs one training from the recipe to the shipped model."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from torch import nn

from inference.runtime.card import CARD_NAME
from inference.training.data.contact_sheet import write_contact_sheet
from inference.training.data.gather import TrainingData, gather, load_split, save_split
from inference.training.data.large_pictures import cut_large
from inference.training.fit.checkpoint import load_averaged, load_checkpoint
from inference.training.fit.devices import find_device, in_words
from inference.training.fit.loop import CHECKPOINT_NAME, FitSettings, fit
from inference.training.fit.recipe import Recipe
from inference.training.fit.report import Report, write_report
from inference.training.fit.report.recipe_text import recipe_text
from inference.training.fit.tasks import find_task
from inference.training.fit.training_log import LOG_NAME, read_log
from inference.training.ship.shipping import ship

SPLIT_NAME = "split.json"
REPORT_NAME = "report.html"
RECIPE_NAME = "recipe.toml"
RECIPES = Path(__file__).parents[1] / "recipes"
PIECES_NAME = "pieces"
EXAMPLES_SHOWN = 12
VALIDATIONS_A_TRAINING = 15
FIGURES_SHOWN = ("n_images", "f1", "precision", "recall", "iou", "accuracy", "auprc")


@dataclass(frozen=True, slots=True)
class Session:
    """The folders of a training.

    Attributes:
        data_folder: what the recipe's paths are relative to; may hold ``TASK/SET/test`` for the
            card's figures.
        out: checkpoint, log, split, report; made if missing.
        models_folder: the finished model becomes a folder in it; None ships nothing.
        resume: go on from the checkpoint in ``out``.
        checkpoint: skip training and ship this checkpoint.
        rendered_folder: where rendered sets are kept; ``out/rendered`` for None.
        workers: processes that prepare samples; 0 prepares them in this one.
        samples: write a contact sheet of training samples here, and stop.
        device, bar: see :class:`inference.training.fit.loop.FitSettings`.
    """

    data_folder: Path
    out: Path
    models_folder: Path | None
    resume: bool = False
    checkpoint: Path | None = None
    rendered_folder: Path | None = None
    threads: int = 2
    workers: int = 1
    samples: Path | None = None
    device: str = "auto"
    bar: bool = False


def train_and_ship(recipe: Recipe, session: Session, *, say: Callable[[str], None]) -> Path:
    """Train (or resume, or only export), write the report, then export, quantise and evaluate.

    Returns:
        The model's folder, or ``session.out`` where nothing is shipped.

    Raises:
        ValueError: a sentence that names what is wrong and what to do.
    """
    device = find_device(session.device)  # before the pictures are compared
    session.out.mkdir(parents=True, exist_ok=True)
    data = cut_large(_data(recipe, session, say), session.out / PIECES_NAME, say)
    recipe = find_task(recipe.task).settle(recipe, data.training)
    if session.samples is not None:
        write_contact_sheet(session.samples, recipe, data.training)
        say(f"Contact sheet: {session.samples}")
        return session.out
    checkpoint = session.checkpoint
    if checkpoint is None:
        fit(recipe, data, session.data_folder, session.out, _settings(recipe, session), say)
        checkpoint = session.out / CHECKPOINT_NAME
    network = load_averaged(checkpoint, recipe)
    state = load_checkpoint(checkpoint, recipe)
    trained = {
        "steps": state["step"],
        "minutes": round(state["spent_s"] / 60, 1),
        "samples": state["step"] * recipe.optimisation.batch,
        "hardware": in_words(device, session.threads),
        "recipe": str(recipe_file(recipe, session.out)),
        **({"note": recipe.note} if recipe.note else {}),
    }
    report_path = session.out / REPORT_NAME
    report = _report(recipe, data, network, checkpoint, state, trained)
    write_report(report_path, report)
    say(f"Report: {report_path}")
    if session.models_folder is None:
        return session.out
    folder = ship(
        network,
        recipe,
        data,
        session.data_folder,
        session.models_folder,
        trained=trained,
        threads=session.threads,
        say=say,
    )
    tables = {"Test pictures, shipped model": card_figures(folder)}
    write_report(report_path, replace(report, tables=tables))
    return folder


def recipe_file(recipe: Recipe, out: Path) -> Path:
    """The recipe's file among ours; one that was made up is written beside the checkpoint."""
    if (RECIPES / f"{recipe.name}.toml").is_file():
        return Path("inference/training/recipes") / f"{recipe.name}.toml"
    path = out / RECIPE_NAME
    path.write_text(recipe_text(recipe), encoding="utf-8")
    return Path(path.name)


def _settings(recipe: Recipe, session: Session) -> FitSettings:
    budget_s = recipe.optimisation.minutes * 60
    return FitSettings(
        threads=session.threads,
        workers=session.workers,
        resume=session.resume,
        validate_every_s=min(420.0, max(20.0, budget_s / VALIDATIONS_A_TRAINING)),
        device=session.device,
        bar=session.bar,
    )


def _report(
    recipe: Recipe,
    data: TrainingData,
    network: nn.Module,
    checkpoint: Path,
    state: Mapping[str, Any],
    trained: Mapping[str, Any],
) -> Report:
    device = next(network.parameters()).device
    kept_step = state["patience"]["best_step"] if state.get("best") else None
    facts = {
        "steps": f"{trained['steps']:,}",
        "minutes": f"{trained['minutes']:g}",
        "samples seen": f"{trained['samples']:,}",
        "network": recipe.family,
        "computed on": trained["hardware"],
        "seed": str(recipe.seed),
    }
    notes = []
    if not any(data.validation.values()):
        notes.append(
            "No pictures were held back to evaluate it on: that takes at least four source "
            "photographs or sites in a set. Nothing is known of how good this network is."
        )
    return Report(
        recipe=recipe,
        data=data,
        log=list(read_log(checkpoint.parent / LOG_NAME)),
        facts=facts,
        examples=find_task(recipe.task).examples(network, data.validation, device, EXAMPLES_SHOWN),
        kept_step=kept_step,
        tables={},
        notes=notes,
    )


def card_figures(folder: Path) -> dict[str, dict[str, Any]]:
    """The card's test figures of the first precision, as a table."""
    card = json.loads((folder / CARD_NAME).read_text(encoding="utf-8"))
    rows = {}
    for name, by_precision in card.get("metrics", {}).items():
        figures = next(iter(by_precision.values()), None)
        if isinstance(figures, Mapping):
            rows[name] = {key: figures[key] for key in FIGURES_SHOWN if key in figures}
    return rows


def _data(recipe: Recipe, session: Session, say: Callable[[str], None]) -> TrainingData:
    """The split beside the checkpoint, or a fresh one."""
    rendered = session.rendered_folder or session.out / "rendered"
    beside = session.checkpoint.parent if session.checkpoint else session.out
    path = beside / SPLIT_NAME
    if session.resume or session.checkpoint:
        if not path.is_file():
            raise ValueError(f"There is no {path}, so the split of that training is unknown.")
        return load_split(path, recipe, session.data_folder, rendered)
    data = gather(recipe, session.data_folder, rendered, say=say)
    save_split(data, path)
    for name in data.training:
        say(f"{name}: {len(data.training[name])} train, {len(data.validation[name])} validate")
    say(f"{len(data.left_out)} training pictures left out, because they repeat test pictures.")
    return data
