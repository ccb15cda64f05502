"""Records a fine-tuning: the new model's card and the report."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from inference.runtime.card import CARD_NAME, ModelCard, read_card
from inference.training.data.datasets import Pair
from inference.training.data.gather import TrainingData
from inference.training.facility.choice import Choice
from inference.training.facility.outcome import Outcome, Row
from inference.training.facility.recipe import Facility
from inference.training.facility.split import FacilitySplit
from inference.training.fit.checkpoint import load_checkpoint
from inference.training.fit.loop import CHECKPOINT_NAME
from inference.training.fit.recipe import Recipe
from inference.training.fit.report import Report, write_report
from inference.training.fit.session import REPORT_NAME
from inference.training.fit.tasks import find_task
from inference.training.fit.training_log import LOG_NAME, read_log

EXAMPLES_SHOWN = 8


def note_in_card(
    folder: Path, card: ModelCard, split: FacilitySplit, choice: Choice, outcome: Outcome
) -> None:
    """Writes the gain and the loss into the new model's card."""
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


def report_fine_tuning(
    facility: Facility,
    recipe: Recipe,
    data: TrainingData,
    split: FacilitySplit,
    choice: Choice,
    outcome: Outcome | None,
) -> None:
    """Writes the HTML report into ``facility.out``; ``outcome`` None: nothing was measured yet."""
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
