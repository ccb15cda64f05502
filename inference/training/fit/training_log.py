"""The log of a training: a bar or lines for people, JSON lines for the report."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from inference.training.fit.recipe import Recipe
from inference.training.fit.tasks import find_task

LOG_NAME = "log.jsonl"
LOSSES_A_LINE = 50


class TrainingLog:
    """Losses and validation figures.

    Args:
        out: folder of the log.
        say: gets a line now and then.
        bar: draw a progress bar on standard error; the lines then only say what is new.
    """

    def __init__(
        self, out: Path, recipe: Recipe, say: Callable[[str], None], *, bar: bool = False
    ) -> None:
        self._path = out / LOG_NAME
        self._recipe = recipe
        self._task = find_task(recipe.task)
        self._losses: list[float] = []
        self._bar = tqdm(total=1.0, bar_format=_BAR, leave=False) if bar else None
        self._say = say if self._bar is None else _beside(self._bar, say)

    def say(self, text: str) -> None:
        """One line."""
        self._say(text)

    def begin(self, step: int) -> None:
        """Forget what was written after ``step``: a resumed training does it again."""
        kept = [entry for entry in read_log(self._path) if entry["step"] <= step] if step else []
        self._guarded(
            lambda: self._path.write_text(
                "".join(json.dumps(entry) + "\n" for entry in kept), encoding="utf-8"
            )
        )

    def loss(self, value: float, step: int, spent_s: float, part: float) -> None:
        """After each step.

        Raises:
            ValueError: if the loss is no number any more.
        """
        self._losses.append(value)
        if self._bar is not None:
            self._bar.n = min(1.0, part)
            self._bar.set_postfix_str(f"step {step}, loss {np.mean(self._losses[-20:]):.4f}")
        if step % LOSSES_A_LINE:
            return
        mean = float(np.mean(self._losses))
        self._losses.clear()
        if not math.isfinite(mean):
            raise ValueError("The loss is no number any more: lower the learning rates.")
        self._write({"step": step, "spent_s": round(spent_s), "loss": mean})
        if self._bar is None:
            self._say(f"step {step}  {self._how_far(step, spent_s)}  loss {mean:.4f}")

    def validation(self, figures: Mapping[str, Mapping[str, float]], step: int) -> None:
        """After each validation; says so if the network has collapsed."""
        collapsed = self._task.has_collapsed(figures)
        self._write({"step": step, "validation": figures, "collapsed": collapsed})
        self._say(f"step {step}  validation {self._task.in_words(figures)}")
        if collapsed:
            self._say(collapsed)

    def close(self) -> None:
        """Take the bar away."""
        if self._bar is not None:
            self._bar.close()

    def _how_far(self, step: int, spent_s: float) -> str:
        budget = self._recipe.optimisation
        if math.isinf(budget.minutes):
            return f"of {budget.steps}, {spent_s / 60:.1f} min"
        return f"{spent_s / 60:.1f} of {budget.minutes:g} min"

    def _write(self, entry: Mapping[str, object]) -> None:
        def append() -> None:
            with self._path.open("a", encoding="utf-8") as log:
                log.write(json.dumps(entry) + "\n")

        self._guarded(append)

    def _guarded(self, write: Callable[[], object]) -> None:
        try:
            write()
        except OSError as error:
            raise ValueError(
                f"{self._path} could not be written ({error.strerror}). The last checkpoint is "
                "kept: make room on that disk, then go on with --resume."
            ) from error


def read_log(path: Path) -> Iterator[dict[str, Any]]:
    """Entries of a log, without a last line that a kill cut short; none if there is no file."""
    if not path.is_file():
        return
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            yield json.loads(line)
        except json.JSONDecodeError:
            continue


_BAR = "{percentage:3.0f}% |{bar}| {elapsed} gone, {remaining} left, {postfix}"


def _beside(bar: tqdm[Any], say: Callable[[str], None]) -> Callable[[str], None]:
    def say_above(text: str) -> None:
        bar.clear()
        say(text)
        bar.refresh()

    return say_above
