"""Fine-tuning: the shipped network learns a facility's own walls from reviewed photos.

Gently, because a facility has few photos: low rates, early stopping, old pictures in between
where they are at hand, and in the end only as far from the shipped weights as validation bears
out. What was gained and what was lost is measured and said.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from torch import Tensor

from inference.networks.state_files import read_state
from inference.runtime.card import ModelCard
from inference.runtime.registry import find_card, load_model
from inference.training.data.gather import TrainingData
from inference.training.data.large_pictures import cut_large
from inference.training.data.layouts import read_layout
from inference.training.evaluate.sets import find_test_sets
from inference.training.facility.choice import Choice, choose_between
from inference.training.facility.outcome import measure
from inference.training.facility.recipe import Facility, facility_recipe, with_rehearsal
from inference.training.facility.record import note_in_card, report_fine_tuning
from inference.training.facility.split import FacilitySplit, split_facility
from inference.training.fit.checkpoint import load_checkpoint
from inference.training.fit.devices import find_device, in_words
from inference.training.fit.loop import CHECKPOINT_NAME, FitSettings, fit
from inference.training.fit.recipe import Recipe
from inference.training.fit.session import (
    PIECES_NAME,
    SPLIT_NAME,
    VALIDATIONS_A_TRAINING,
    recipe_file,
)
from inference.training.ship.shipping import ship


def fine_tune(facility: Facility, *, say: Callable[[str], None]) -> Path | None:
    """Split, train, choose, ship, measure, print.

    Returns:
        The new model's folder; None where nothing was better than the shipped model, and none
        was written.

    Raises:
        ValueError: a sentence that names what is wrong and what to do.
        ModelError: if the model to start from is not there or damaged.
    """
    find_device(facility.device)
    card = find_card(facility.model, facility.known_models)
    recipe = facility_recipe(facility, card)
    facility.out.mkdir(parents=True, exist_ok=True)
    start = _start_of(facility, card)
    split = _split(facility)
    for note in split.notes:
        say(note)
    recipe, data = with_rehearsal(facility, recipe, split, say)
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
    report_fine_tuning(facility, recipe, data, split, choice, None)
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
    note_in_card(folder, card, split, choice, outcome)
    report_fine_tuning(facility, recipe, data, split, choice, outcome)
    for line in outcome.lines():
        say(line)
    return folder


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
        "hardware": in_words(find_device(facility.device), facility.threads),
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
