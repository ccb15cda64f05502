"""Fine-tuning: the shipped network learns a facility's own walls from reviewed photos.

Gently, because a facility has few photos: low rates, early stopping, old pictures in between
where they are at hand, and in the end only as far from the shipped weights as validation bears
out. What was gained and what was lost is measured and said.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from torch import Tensor

from inference.networks.state_files import read_state
from inference.runtime.card import CARD_NAME, ModelCard, read_card
from inference.runtime.registry import WEIGHTS_FOLDER, find_card, load_model
from inference.training.checkpoint import load_checkpoint
from inference.training.datasets import Entry, Pair
from inference.training.defaults import ALL_CHANGES
from inference.training.devices import find_machine
from inference.training.fine_tune_choice import Choice, choose_between
from inference.training.fine_tune_outcome import Outcome, Row, measure
from inference.training.fine_tune_split import FacilitySplit, split_facility
from inference.training.fit import CHECKPOINT_NAME, FitSettings, fit
from inference.training.gather import TrainingData
from inference.training.large_pictures import cut_large
from inference.training.layouts import read_layout
from inference.training.recipe import DataSet, Optimisation, Quantisation, Recipe, Shipping
from inference.training.rehearsal import gather_rehearsal
from inference.training.report import Report, write_report
from inference.training.session import (
    PIECES_NAME,
    REPORT_NAME,
    SPLIT_NAME,
    VALIDATIONS_A_TRAINING,
    recipe_file,
)
from inference.training.set_report import find_test_sets
from inference.training.ship import ship
from inference.training.tasks import find_task
from inference.training.training_log import LOG_NAME, read_log

# Export, int8 and measuring take the rest of the budget.
SHARE_OF_TRAINING = 0.65

# A third to a sixth of the rates of a first training.
RATES = (1e-4, 4e-4)
REHEARSAL_SHARE = 0.35  # of the samples, where old pictures are given
PATIENCE = 5
EXAMPLES_SHOWN = 8
CALIBRATION_TILES = 48


@dataclass(frozen=True, slots=True)
class Facility:
    """What to learn from, what to start with, where to write.

    Attributes:
        data: folder of reviewed photos in any layout; ``sites.csv`` in it names their sites.
        classes: names that count as crack where the layout has several.
        model: the shipped model to start from.
        start: its weights as a checkpoint or safetensors file; None takes the model's own.
        name: of the new model; None joins the model's and the folder's.
        minutes: for everything together.
        rehearse: folder with the old training data (``segmentation/SET/train``), or None.
        old_tests: folder with the old test sets, or None.
        models_folder: gets the new model; None is ``out/models``.
    """

    data: Path
    out: Path
    layout: str | None = None
    classes: tuple[str, ...] = ()
    model: str = "trace-edge"
    start: Path | None = None
    name: str | None = None
    minutes: float = 50.0
    steps: int | None = None
    rehearse: Path | None = None
    old_tests: Path | None = None
    models_folder: Path | None = None
    known_models: Path = WEIGHTS_FOLDER
    resume: bool = False
    seed: int = 0
    threads: int = 2
    workers: int = 1
    device: str = "auto"
    bar: bool = False


def fine_tune(facility: Facility, *, say: Callable[[str], None]) -> Path | None:
    """Split, train, choose, ship, measure, print.

    Returns:
        The new model's folder; None where nothing was better than the shipped model, and none
        was written.

    Raises:
        ValueError: a sentence that names what is wrong and what to do.
        ModelError: if the model to start from is not there or damaged.
    """
    find_machine(facility.device, 1)
    card = find_card(facility.model, facility.known_models)
    recipe = _recipe(facility, card)
    facility.out.mkdir(parents=True, exist_ok=True)
    start = _start_of(facility, card)
    split = _split(facility)
    for note in split.notes:
        say(note)
    recipe, data = _with_rehearsal(facility, recipe, split, say)
    say(
        f"{len(split.training)} photos train, {len(split.validation)} choose, "
        f"{len(split.held_out)} are held out, split by {split.by}."
    )
    data = cut_large(data, facility.out / PIECES_NAME, say)
    tuned = fit(
        replace(recipe, start=str(start.resolve())),
        data,
        Path(),
        facility.out,
        _settings(facility, recipe),
        say,
    )
    start_state = _complete(read_state(start), tuned.state_dict())
    choice = choose_between(start_state, tuned, recipe, data.validation, say)
    _report(facility, recipe, data, split, choice, None)
    if choice.step == 0:
        say(
            f"Nothing learnt here was better than {card.name} on the validation photos, so it "
            "stays, and no model was written. More reviewed photos may change that."
        )
        return None
    say(f"Kept {choice.step:.0%} of the way from {card.name} to the fine-tuned weights.")
    folder = _ship(facility, recipe, data, choice, split, say)
    outcome = measure(
        load_model(card.name, threads=facility.threads, device="cpu", folder=facility.known_models),
        load_model(recipe.name, threads=facility.threads, device="cpu", folder=folder.parent),
        (recipe.sets[0].name, split.held_out),
        find_test_sets(facility.old_tests) if facility.old_tests else {},
    )
    _note_in_card(folder, card, split, choice, outcome)
    _report(facility, recipe, data, split, choice, outcome)
    for line in outcome.lines():
        say(line)
    return folder


def _recipe(facility: Facility, card: ModelCard) -> Recipe:
    if card.task != "segmentation":
        raise ValueError(
            f"{card.name} does {card.task}; fine-tuning is for models that trace cracks."
        )
    place = _plain(facility.data.resolve().name)
    name = facility.name or f"{card.name}-{place}".replace("_", "-")
    if name in {card.name, "trace-edge", "trace-deep", "trace-open", "screen"}:
        raise ValueError(f"{name} is the name of a shipped model; give the new one another --name.")
    architecture = card.details["architecture"]
    minutes = facility.minutes * SHARE_OF_TRAINING
    return Recipe(
        name=name,
        task=card.task,
        family=architecture["family"],
        network=dict(architecture.get("options") or {}),
        terms=f"Fine-tuned on this facility's own photos, from {card.name}. {card.terms}",
        description=f"{card.name}, fine-tuned on {place}.",
        seed=facility.seed,
        backbone_terms=f"{card.name} of {card.details.get('date', 'unknown date')}",
        compared_with=None,
        sets=(
            DataSet(
                name=place,
                weight=1.0,
                kind="concrete",
                path=str(facility.data.resolve()),
                layout=facility.layout,
                classes=facility.classes,
                terms="the facility's own",
            ),
        ),
        optimisation=Optimisation(
            minutes=minutes if facility.steps is None else float("inf"),
            steps=facility.steps or 1_000_000,
            batch=8,
            rate_encoder=RATES[0],
            rate_decoder=RATES[1],
            warmup_steps=60,
            ema_decay=0.995,
            patience=PATIENCE,
            freeze_norms=True,  # statistics of a few photos are worse than those of many
        ),
        augmentation=ALL_CHANGES,
        quantisation=Quantisation(calibration_tiles=CALIBRATION_TILES),
        shipping=_shipping(card),
    )


def _shipping(card: ModelCard) -> Shipping:
    """The files that the model is shipped as; no test walls, they are measured separately."""
    return Shipping(
        precision="float16" if card.weights().precision == "float16" else "int8",
        tile_px=card.tile_px,
        rendered_walls=0,
    )


def _start_of(facility: Facility, card: ModelCard) -> Path:
    """The file of the weights to start from, checked."""
    if facility.start is not None:
        return facility.start
    for file in card.files:
        if file.kind == "safetensors":
            card.content(file)  # is it the one of the card?
            return card.folder / file.name
    raise ValueError(
        f"{card.name} ships no tensors to learn on from (weights.safetensors). "
        "Give its training's checkpoint: --start CHECKPOINT."
    )


def _complete(state: Mapping[str, Tensor], like: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """With batch norm's counters, which shipped tensors leave out."""
    return {name: state.get(name, value) for name, value in like.items()}


def _split(facility: Facility) -> FacilitySplit:
    dataset = read_layout(facility.data, facility.layout, classes=facility.classes or None)
    if dataset.task != "segmentation":
        raise ValueError(
            f"{facility.data} ({dataset.layout}) holds class names, not where the cracks are. "
            "Fine-tuning needs masks or outlines."
        )
    split = split_facility(dataset, facility.out / "compared", seed=facility.seed)
    path = facility.out / SPLIT_NAME
    listing = json.dumps(split.listing(), indent=1)
    if facility.resume and (not path.is_file() or path.read_text(encoding="utf-8") != listing):
        raise ValueError(
            f"The photos are not the ones that {path} names, so the training cannot be gone on "
            "with. Begin anew without --resume."
        )
    path.write_text(listing, encoding="utf-8")
    return split


def _with_rehearsal(
    facility: Facility, recipe: Recipe, split: FacilitySplit, say: Callable[[str], None]
) -> tuple[Recipe, TrainingData]:
    """The recipe's sets and their pictures; old ones among them where they are given."""
    place = recipe.sets[0].name
    training: dict[str, tuple[Entry, ...]] = {place: split.training}
    validation: dict[str, tuple[Entry, ...]] = {place: split.validation}
    if facility.rehearse is None:
        say(
            "No old training pictures are mixed in (--rehearse FOLDER), so the network may forget "
            "some of what it knew of other walls."
        )
        return recipe, TrainingData(training, validation, ())
    rehearsed = gather_rehearsal(facility.rehearse, facility.model, facility.out, facility.seed)
    total = sum(each.weight for each in rehearsed.sets)
    sets = (
        replace(recipe.sets[0], weight=1 - REHEARSAL_SHARE),
        *(replace(each, weight=REHEARSAL_SHARE * each.weight / total) for each in rehearsed.sets),
    )
    data = TrainingData(
        {**training, **rehearsed.data.training},
        {**validation, **rehearsed.data.validation},
        rehearsed.data.left_out,
    )
    n_old = sum(len(each) for each in rehearsed.data.training.values())
    say(f"{n_old} old pictures of {len(rehearsed.sets)} sets are mixed in.")
    return replace(recipe, sets=sets), data


def _settings(facility: Facility, recipe: Recipe) -> FitSettings:
    return FitSettings(
        threads=facility.threads,
        workers=facility.workers,
        validate_every_s=max(
            30.0, min(300.0, recipe.optimisation.minutes * 60 / VALIDATIONS_A_TRAINING)
        ),
        resume=facility.resume,
        device=facility.device,
        bar=facility.bar,
    )


def _ship(
    facility: Facility,
    recipe: Recipe,
    data: TrainingData,
    choice: Choice,
    split: FacilitySplit,
    say: Callable[[str], None],
) -> Path:
    state = load_checkpoint(facility.out / CHECKPOINT_NAME, recipe)
    trained = {
        "steps": state["step"],
        "minutes": round(state["spent_s"] / 60, 1),
        "samples": state["step"] * recipe.optimisation.batch,
        "hardware": find_machine(facility.device, 1).in_words(facility.threads),
        "recipe": str(recipe_file(recipe, facility.out)),
        "note": f"Fine-tuned from {facility.model}; {choice.step:.0%} of the way was kept. "
        + " ".join(split.notes),
    }
    return ship(
        choice.network,
        recipe,
        data,
        facility.out / "no-test-sets",  # measured beside the shipped model instead, see measure
        facility.models_folder or facility.out / "models",
        trained=trained,
        threads=facility.threads,
        say=say,
    )


def _note_in_card(
    folder: Path, card: ModelCard, split: FacilitySplit, choice: Choice, outcome: Outcome
) -> None:
    """What was gained and lost, in the new model's card."""
    path = folder / CARD_NAME
    details = dict(read_card(folder).details)
    details["fine_tuned_from"] = {
        "model": card.name,
        "date": card.details.get("date"),
        "sha256": card.files[0].sha256,
    }
    details["fine_tuning"] = {
        "split_by": split.by,
        "photos": {
            "training": len(split.training),
            "validation": len(split.validation),
            "held_out": len(split.held_out),
            "left_out": len(split.left_out),
        },
        "way_kept": choice.step,
        "validation_score_by_way": {f"{step:g}": round(s, 4) for step, s in choice.scores.items()},
        "measured": outcome.plain(),
        "in_words": outcome.sentence(),
        "notes": list(split.notes),
    }
    partial = path.with_name(path.name + ".partial")
    partial.write_text(json.dumps(details, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    os.replace(partial, path)


def _report(
    facility: Facility,
    recipe: Recipe,
    data: TrainingData,
    split: FacilitySplit,
    choice: Choice,
    outcome: Outcome | None,
) -> None:
    path = facility.out / CHECKPOINT_NAME
    state = load_checkpoint(path, recipe)
    place = recipe.sets[0].name
    shown: dict[str, tuple[Pair, ...]] = {place: split.held_out}
    tables: dict[str, dict[str, dict[str, Any]]] = {
        "Validation score on the way from the shipped to the fine-tuned weights": {
            f"{step:.0%}{' (kept)' if step == choice.step else ''}": {"score": score}
            for step, score in choice.scores.items()
        }
    }
    notes = list(split.notes)
    if outcome is not None:
        notes.insert(0, outcome.sentence())
        tables["Gained and lost"] = {
            row.name: _as_table(row) for row in (outcome.facility, *outcome.old)
        }
    device = next(choice.network.parameters()).device
    report = Report(
        recipe=recipe,
        data=data,
        log=list(read_log(facility.out / LOG_NAME)),
        facts={
            "from": facility.model,
            "way kept": f"{choice.step:.0%}",
            "photos that train": str(len(split.training)),
            "held out": str(len(split.held_out)),
            "steps": f"{state['step']:,}",
            "minutes": f"{state['spent_s'] / 60:.1f}",
        },
        examples=find_task(recipe.task).examples(choice.network, shown, device, EXAMPLES_SHOWN),
        kept_step=state["patience"]["best_step"] if state.get("best") else None,
        tables=tables,
        notes=notes,
    )
    write_report(facility.out / REPORT_NAME, report)


def _as_table(row: Row) -> dict[str, Any]:
    """F1 from 0 to 1; what is marked of walls without cracks in per cent."""
    figure, times = (row.figure, 1) if row.figure == "F1" else ("% marked", 100)
    return {
        "n": row.n_images,
        "figure": figure,
        "before": times * row.before,
        "after": times * row.after,
        "difference": times * row.difference,
        "low 95 %": None if row.low is None else times * row.low,
        "high 95 %": None if row.high is None else times * row.high,
    }


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_") or "facility"
