"""Makes the recipe of a fine-tuning: the facility's photos, small steps, old pictures mixed in."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from inference.runtime.card import ModelCard
from inference.runtime.registry import WEIGHTS_FOLDER
from inference.training.data.datasets import Entry
from inference.training.data.gather import TrainingData
from inference.training.data.rehearsal import gather_rehearsal
from inference.training.facility.split import FacilitySplit
from inference.training.fit.defaults import ALL_CHANGES
from inference.training.fit.recipe import DataSet, Optimisation, Quantisation, Recipe, Shipping

# Export, int8 and measuring take the rest of the budget.
SHARE_OF_TRAINING = 0.65

# A third to a sixth of the rates of a first training.
RATES = (1e-4, 4e-4)
REHEARSAL_SHARE = 0.35  # of the samples, where old pictures are given
PATIENCE = 5
CALIBRATION_TILES = 48


@dataclass(frozen=True, slots=True)
class Facility:
    """The inputs of a fine-tuning: photos, starting weights, folders.

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


def facility_recipe(facility: Facility, card: ModelCard) -> Recipe:
    """The recipe that trains on from a shipped model.

    Raises:
        ValueError: for a model that does not trace cracks, or a name that is taken.
    """
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


def with_rehearsal(
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


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_") or "facility"
