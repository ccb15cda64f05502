"""Evaluates the files of a trained network before they are shipped, by task.

An evaluation knows the pictures of one recipe: those that calibrate int8, those held back from
training that decide (which file, which threshold), and the test parts that only measure. Another
kind of network joins by a module with an ``evaluation_of`` and an entry in :data:`EVALUATIONS`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol, Self

from inference.runtime.card import ModelCard, WeightsFile
from inference.training.data.gather import TrainingData
from inference.training.fit.recipe import Recipe
from inference.types import RgbImage

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Weights:
    """A file that could be shipped, and what it takes to load it.

    Attributes:
        content: the ONNX file.
        tensors: files that hold its tensors, by name; empty where it is whole.
    """

    precision: str
    content: bytes
    tensors: Mapping[str, bytes] = field(default_factory=dict)


class Answers(Protocol):
    """A file's answers to the validation pictures, kept so that thresholds can be tried on them."""

    def choose_threshold(self) -> float:
        """The threshold that suits these answers best."""
        ...

    def threshold_like(self, unrounded: Self) -> float:
        """The threshold that suits a rounded file, from the answers of the file before rounding."""
        ...

    def figure(self, threshold: float) -> float:
        """Mean F1 over the sets that decide; higher is better."""
        ...


class Evaluation(Protocol):
    """The pictures of a recipe, and what is asked of a file."""

    @property
    def input_entry(self) -> dict[str, Any]:
        """The card's ``input``: side and format of what goes in."""
        ...

    @property
    def input_px(self) -> int:
        """Side of what goes in."""
        ...

    def calibration(self) -> list[RgbImage]:
        """(input_px, input_px, 3) pictures of the training part, as the product feeds them."""
        ...

    def validate(self, weights: Weights) -> Answers:
        """The answers of a file to the validation pictures.

        Raises:
            ValueError: if there are none.
        """
        ...

    def evaluate(self, files: Mapping[str, Weights], threshold: float, say: Say) -> dict[str, Any]:
        """The card's entries about the test parts.

        Args:
            files: by precision; the first one is shipped, the others are there to compare.

        Returns:
            ``metrics`` (per set and precision), ``metrics_convention``, ``falls_short``
            (sentences), and what the task has beside them.
        """
        ...

    def speed(self, weights: Weights) -> dict[str, Any]:
        """Milliseconds that one input takes."""
        ...


EVALUATIONS: Mapping[str, str] = {
    "segmentation": "inference.training.evaluate.candidates.segmentation",
    "classification": "inference.training.evaluate.candidates.classification",
}


def evaluation_of(
    recipe: Recipe, data: TrainingData, data_folder: Path, threads: int
) -> Evaluation:
    """The evaluation of a recipe's task.

    Args:
        data_folder: holds ``segmentation/SET/test`` and ``classification/SET/test``; what is
            not there is not tested.

    Raises:
        ValueError: naming the known tasks.
    """
    if recipe.task not in EVALUATIONS:
        known = ", ".join(EVALUATIONS)
        raise ValueError(f"Nothing evaluates the task {recipe.task!r}. Known: {known}.")
    module = import_module(EVALUATIONS[recipe.task])
    evaluation: Evaluation = module.evaluation_of(recipe, data, data_folder, threads)
    return evaluation


def card_without_folder(
    recipe: Recipe, weights: Weights, threshold: float, *, tile_px: int = 0, patch_px: int = 0
) -> tuple[ModelCard, WeightsFile]:
    """A card for weights that have none yet."""
    file = WeightsFile(weights.precision, "model.onnx", "", len(weights.content))
    card = ModelCard(
        name=recipe.name,
        task=recipe.task,
        title=recipe.description,
        terms=recipe.terms,
        threshold=threshold,
        tile_px=tile_px,
        files=(file,),
        folder=Path(),
        details={},
        classes=recipe.classes,
        patch_px=patch_px,
    )
    return card, file
