"""Evaluates files of a segmentation network as the product uses them: Retinex and tiles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from inference.measure.line.confidence import read_calibration
from inference.runtime import SegmentationModel
from inference.runtime.onnx_network import OnnxNetwork
from inference.runtime.segmentation import NetworkSegmentation
from inference.training.data.datasets import Pair
from inference.training.data.gather import TrainingData
from inference.training.evaluate.candidates import Say, Weights, card_without_folder
from inference.training.evaluate.candidates.speed import time_once
from inference.training.evaluate.confidence import by_group, confidence_entry
from inference.training.evaluate.metrics import PictureScore, f1_by_level, level_of
from inference.training.evaluate.pictures import (
    choose_threshold,
    evaluate_pairs,
    threshold_that_marks_alike,
)
from inference.training.evaluate.set_groups import CONCRETE, group_of
from inference.training.evaluate.sets import (
    EvaluatedModel,
    evaluate_sets,
    find_test_sets,
    model_figures,
)
from inference.training.fit.recipe import Recipe
from inference.training.ship.calibration_tiles import calibration_tiles
from inference.types import RgbImage

LOSS_ALLOWED = 0.01  # F1 of int8 below float, on each concrete set
CONVENTION = (
    "Counts are pooled over the test pictures of a set, at the card's threshold, for the crack "
    "class and for exact pixels unless a figure says otherwise. The pictures go through the "
    "product's Retinex and search (tiles, and wide cracks in a copy a quarter as large). See "
    "inference/training/evaluate/metrics.py. Intervals: 95 %, percentile bootstrap over pictures."
)
SET_ENTRIES_LEFT_OUT = ("model", "runtime", "threshold")  # the card says them once


@dataclass(frozen=True, slots=True)
class SegmentationAnswers:
    """Scores of the validation pictures with and without cracks."""

    concrete: Mapping[str, Sequence[PictureScore]]
    clean: Sequence[PictureScore]

    def choose_threshold(self) -> float:
        """See :func:`inference.training.evaluate.pictures.choose_threshold`."""
        return choose_threshold(self.concrete, self.clean)

    def threshold_like(self, unrounded: SegmentationAnswers) -> float:
        """The threshold at which this file marks as much as the unrounded one does at its own.

        Rounding shifts the logits of all sets the same way: a network that marked just enough then
        marks 5 to 7 % too little. The curve of F1 is too flat, and validation pictures are too
        few, to show that.
        """
        return threshold_that_marks_alike(
            self.concrete, unrounded.concrete, unrounded.choose_threshold()
        )

    def figure(self, threshold: float) -> float:
        """Mean F1 over the concrete sets, each counting once."""
        level = level_of(threshold)
        return float(np.mean([f1_by_level(each)[level] for each in self.concrete.values()]))


@dataclass(frozen=True)
class SegmentationEvaluation:
    """See :class:`inference.training.evaluate.candidates.Evaluation`."""

    recipe: Recipe
    data: TrainingData
    data_folder: Path
    threads: int

    @property
    def input_px(self) -> int:
        """Side of the tiles."""
        return self.recipe.shipping.tile_px

    @property
    def input_entry(self) -> dict[str, Any]:
        """The card's ``input``."""
        return {
            "tile_px": self.input_px,
            "format": "uint8 RGB, N x H x W x 3, after multi-scale Retinex",
        }

    def calibration(self) -> list[RgbImage]:
        """Training pictures, evened and cut to tiles."""
        return self._calibration

    @cached_property
    def _calibration(self) -> list[RgbImage]:
        return calibration_tiles(self.recipe, self.data.training, self.input_px)

    def validate(self, weights: Weights) -> SegmentationAnswers:
        """Scores of every validation picture of the concrete and the clean sets.

        Photographs of clean walls speak alone where there are any: a rendered wall is cluttered
        on purpose, and would ask for a stricter threshold than walls do.

        Raises:
            ValueError: if none of them has cracks.
        """
        model = self._model(weights, 0.5)
        concrete: dict[str, list[PictureScore]] = {}
        photographed: list[PictureScore] = []
        rendered: list[PictureScore] = []
        for each in self.recipe.sets:
            pairs = self.data.validation.get(each.name, ())
            if not pairs or each.kind == "other":
                continue
            scores = evaluate_pairs(model, pairs, with_lines=False)
            if each.kind == "concrete":
                concrete[each.name] = scores
            else:
                (rendered if each.rendered else photographed).extend(scores)
        if not concrete:
            raise ValueError(
                "No validation pictures with cracks: mark a set as concrete in the recipe, with "
                "at least four source photographs."
            )
        return SegmentationAnswers(concrete, photographed or rendered)

    def evaluate(self, files: Mapping[str, Weights], threshold: float, say: Say) -> dict[str, Any]:
        """Every test set in the data folder; the shipped file also on rendered crack-free walls."""
        sets = self._test_sets()
        models = {
            precision: self._model(weights, threshold) for precision, weights in files.items()
        }
        walls = self.recipe.shipping.rendered_walls if sets else 0
        return evaluate_on_tests(models, sets, self.data.validation, walls, say)

    def speed(self, weights: Weights) -> dict[str, Any]:
        """Milliseconds a tile."""
        model = self._model(weights, 0.5)
        tile = np.zeros((1, self.input_px, self.input_px, 3), np.uint8)
        return time_once(lambda: model.predict(tile), self.threads)

    def _test_sets(self) -> dict[str, tuple[Pair, ...]]:
        folder = self.data_folder / "segmentation"
        return find_test_sets(folder) if any(folder.glob("*/test/masks")) else {}

    def _model(self, weights: Weights, threshold: float) -> NetworkSegmentation:
        card, file = card_without_folder(self.recipe, weights, threshold, tile_px=self.input_px)
        network = OnnxNetwork(
            weights.content, card, file, threads=self.threads, tensors=weights.tensors
        )
        return NetworkSegmentation(network, card, file)


def evaluate_on_tests(
    models: Mapping[str, SegmentationModel],
    sets: Mapping[str, Sequence[Pair]],
    validation: Mapping[str, Sequence[Pair]],
    rendered_walls: int,
    say: Say,
) -> dict[str, Any]:
    """The card's entries of test pictures.

    Args:
        models: by precision, the shipped one first, with the card's threshold.
        sets: test pictures by set.
        validation: pictures by set that the confidence of traced cracks is fitted on.
        rendered_walls: crack-free walls of each kind that the shipped one also sees.
    """
    shipped = next(iter(models))
    evaluated: dict[str, EvaluatedModel] = {}
    for precision, model in models.items():
        say(f"Testing {precision} on {sum(map(len, sets.values()))} pictures …")
        evaluated[precision] = evaluate_sets(
            model,
            sets,
            quick=precision != shipped,
            rendered_per_kind=rendered_walls if precision == shipped else 0,
        )
    reports = {
        precision: model_figures(each, with_confidence=False)
        for precision, each in evaluated.items()
    }
    metrics = {
        name: {
            **{precision: _entry(each["sets"][name]) for precision, each in reports.items()},
            "group": group_of(name),
        }
        for name in sets
    }
    for name, entry in metrics.items():
        say(f"{name}: {_in_words(entry, list(models))}")
    main = reports[shipped]
    return {
        "metrics_convention": CONVENTION,
        "metrics": metrics,
        "false_alarms_by_kind": main["false_alarms_by_kind"],
        "rendered_false_alarms_by_kind": main["rendered_false_alarms_by_kind"],
        "confidence_calibration": _confidence(models[shipped], evaluated[shipped], validation),
        "falls_short": shortfalls(metrics, list(models)),
    }


def evaluation_of(
    recipe: Recipe, data: TrainingData, data_folder: Path, threads: int
) -> SegmentationEvaluation:
    """See :func:`inference.training.evaluate.candidates.evaluation_of`."""
    return SegmentationEvaluation(recipe, data, data_folder, threads)


def _confidence(
    model: SegmentationModel, evaluated: EvaluatedModel, validation: Mapping[str, Sequence[Pair]]
) -> dict[str, Any] | None:
    """Fitted on validation pictures, told on the lines that the test has traced already."""
    entry = confidence_entry(model, validation, {})
    if entry is not None:
        lines = {name: each.lines for name, each in evaluated.sets.items()}
        entry["test"] = by_group(lines, read_calibration(entry))
    return entry


def _entry(report: Mapping[str, Any]) -> dict[str, Any]:
    left_out = {*SET_ENTRIES_LEFT_OUT, "group"}
    return {key: value for key, value in report.items() if key not in left_out}


def shortfalls(metrics: Mapping[str, Mapping[str, Any]], precisions: Sequence[str]) -> list[str]:
    """What a person must be told: crack-free walls that were marked, F1 lost by rounding.

    Args:
        metrics: the card's. precisions: the shipped one first, then one it is compared with.
    """
    sentences = []
    shipped, compared = precisions[0], precisions[1] if len(precisions) > 1 else None
    for name, entry in metrics.items():
        over, n = (
            entry[shipped]["n_clean_images_over_0_1_percent"],
            entry[shipped]["n_clean_images"],
        )
        if over:
            sentences.append(
                f"{over} of {n} crack-free pictures of {name} have more than 0.1 % of their pixels "
                "marked."
            )
        if compared is None or entry["group"] != CONCRETE or entry[shipped]["f1"] is None:
            continue
        lost = entry[compared]["f1"] - entry[shipped]["f1"]
        if lost > LOSS_ALLOWED:
            sentences.append(
                f"{shipped} loses {lost:.3f} F1 against {compared} on {name}; {LOSS_ALLOWED:g} was "
                "allowed."
            )
    return sentences


def _in_words(entry: Mapping[str, Any], precisions: Sequence[str]) -> str:
    parts = []
    for precision in precisions:
        figures = entry[precision]
        if figures["f1"] is not None:
            parts.append(f"F1 {figures['f1']:.3f} {precision}")
        else:
            parts.append(
                f"{figures['false_positive_px_per_megapixel']:.0f} false px per megapixel, "
                f"{figures['n_clean_images_over_0_1_percent']} of {figures['n_images']} over "
                f"0.1 % {precision}"
            )
    return ", ".join(parts)
