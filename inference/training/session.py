"""One training from recipe to shipped model, with everything it may meet on the way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from inference.training.checkpoint import load_checkpoint
from inference.training.fit import CHECKPOINT_NAME, FitSettings, fit, load_averaged
from inference.training.gather import TrainingData, gather, load_split, save_split
from inference.training.recipe import Recipe
from inference.training.ship import ship

SPLIT_NAME = "split.json"


@dataclass(frozen=True, slots=True)
class Session:
    """Where a training reads and writes.

    Attributes:
        data_folder: holds ``segmentation/SET/{train,test}`` and the backbone weights.
        out: checkpoint, log, split; made if missing.
        models_folder: the finished model becomes a folder in it.
        resume: go on from the checkpoint in ``out``.
        checkpoint: skip training and ship this checkpoint.
        rendered_folder: where rendered sets are kept; ``out/rendered`` for None.
        workers: processes that prepare samples; 0 prepares them in this one.
    """

    data_folder: Path
    out: Path
    models_folder: Path
    resume: bool = False
    checkpoint: Path | None = None
    rendered_folder: Path | None = None
    threads: int = 2
    workers: int = 1


def train_and_ship(recipe: Recipe, session: Session, *, say: Callable[[str], None]) -> Path:
    """Train (or resume, or only export), then export, quantise, evaluate and write the card.

    Returns:
        The model's folder.

    Raises:
        ValueError: a sentence that names what is wrong and what to do.
    """
    session.out.mkdir(parents=True, exist_ok=True)
    data = _data(recipe, session, say)
    checkpoint = session.checkpoint
    if checkpoint is None:
        settings = FitSettings(
            threads=session.threads, workers=session.workers, resume=session.resume
        )
        fit(recipe, data, session.data_folder, session.out, settings, say)
        checkpoint = session.out / CHECKPOINT_NAME
    network = load_averaged(checkpoint, recipe)
    numbers = load_checkpoint(checkpoint, recipe)
    trained = {
        "steps": numbers["step"],
        "minutes": round(numbers["spent_s"] / 60, 1),
        "samples": numbers["step"] * recipe.optimisation.batch,
        "hardware": f"CPU, {session.threads} threads",
        "recipe": f"inference/training/recipes/{recipe.name}.toml",
        **({"note": recipe.note} if recipe.note else {}),
    }
    return ship(
        network,
        recipe,
        data,
        session.data_folder / "segmentation",
        session.models_folder,
        trained=trained,
        threads=session.threads,
        say=say,
    )


def _data(recipe: Recipe, session: Session, say: Callable[[str], None]) -> TrainingData:
    """The split beside the checkpoint, or a fresh one."""
    folder = session.data_folder / "segmentation"
    rendered = session.rendered_folder or session.out / "rendered"
    beside = session.checkpoint.parent if session.checkpoint else session.out
    path = beside / SPLIT_NAME
    if session.resume or session.checkpoint:
        if not path.is_file():
            raise ValueError(f"There is no {path}, so the split of that training is unknown.")
        return load_split(path, recipe, folder, rendered)
    say("Comparing training with test pictures …")
    data = gather(recipe, folder, rendered)
    save_split(data, path)
    for name in data.training:
        say(f"{name}: {len(data.training[name])} train, {len(data.validation[name])} validate")
    say(f"{len(data.left_out)} training pictures left out, because they repeat test pictures.")
    return data
