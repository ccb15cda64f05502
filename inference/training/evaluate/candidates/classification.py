"""Evaluates files of a patch classifier on patches, cut as in the product."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from inference.imaging.retinex import even_out_picture
from inference.runtime.classification import NetworkClassification
from inference.runtime.onnx_network import OnnxNetwork
from inference.training.data.datasets import Entry, Pair, pair_by_stem, read_picture
from inference.training.data.gather import TrainingData
from inference.training.data.layouts import read_layout
from inference.training.data.patches import fit_to_patch
from inference.training.evaluate.bootstrap import CountTable, interval
from inference.training.evaluate.candidates import Say, Weights, card_without_folder
from inference.training.evaluate.candidates.speed import time_once
from inference.training.evaluate.classification_metrics import (
    classification_figures,
    predicted_classes,
)
from inference.training.evaluate.set_groups import CONCRETE, group_of, in_order
from inference.training.fit.recipe import Recipe
from inference.training.fit.tasks.classification import CRACK_CLASSES, labelled_patches
from inference.types import RgbImage

LOSS_ALLOWED = 0.01
ACCURACY_WANTED = 0.97
CONVENTION = (
    "Each patch counts once. Retinex evens out a picture's light before patches are cut. Patches "
    "whose mask shows too few crack pixels to decide are left out. See "
    "inference/training/evaluate/classification_metrics.py. Intervals: 95 %, percentile bootstrap "
    "over patches."
)
# The thresholds to try. They begin low, so that no crack is lost.
THRESHOLDS = tuple(np.round(np.concatenate([np.arange(1, 10) / 100, np.arange(2, 19) / 20]), 2))

Patches = tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64]]


@dataclass(frozen=True, slots=True)
class ClassificationAnswers:
    """Probabilities of the validation patches, set by set."""

    classes: tuple[str, ...]
    recall: float
    sets: Mapping[str, tuple[npt.NDArray[np.float32], npt.NDArray[np.int64]]]

    def choose_threshold(self) -> float:
        """Of two classes: the highest that keeps the recall, or the one of best F1."""
        if len(self.classes) != 2:
            return 0.5
        found = {threshold: self._pooled(threshold) for threshold in THRESHOLDS}
        if self.recall:
            good = [t for t, report in found.items() if (report["recall"] or 0) >= self.recall]
            return float(max(good)) if good else float(min(THRESHOLDS))
        return float(max(found, key=lambda t: (found[t]["f1"] or 0.0, -abs(t - 0.5))))

    def threshold_like(self, unrounded: ClassificationAnswers) -> float:
        """Its own: patches are many, and what a threshold loses is counted."""
        return self.choose_threshold()

    def figure(self, threshold: float) -> float:
        """F1 of all validation patches together."""
        return float(self._pooled(threshold)["f1"] or 0.0)

    def _pooled(self, threshold: float) -> dict[str, Any]:
        probabilities, labels = (
            np.concatenate(each) for each in zip(*self.sets.values(), strict=True)
        )
        return classification_figures(probabilities, labels, self.classes, threshold=threshold)


@dataclass(frozen=True)
class ClassificationEvaluation:
    """See :class:`inference.training.evaluate.candidates.Evaluation`."""

    recipe: Recipe
    data: TrainingData
    data_folder: Path
    threads: int

    @property
    def input_px(self) -> int:
        """Side of the patches."""
        return self.recipe.patch_px

    @property
    def input_entry(self) -> dict[str, Any]:
        """The card's ``input``."""
        return {
            "patch_px": self.input_px,
            "format": "uint8 RGB, N x H x W x 3, cut from a picture after multi-scale Retinex",
        }

    def calibration(self) -> list[RgbImage]:
        """Whole patches and random cuts of training pictures, sets by their weight."""
        return self._calibration

    @cached_property
    def _calibration(self) -> list[RgbImage]:
        rng = np.random.default_rng(self.recipe.seed)
        names = [each.name for each in self.recipe.sets if self.data.training.get(each.name)]
        weights = np.array([each.weight for each in self.recipe.sets if each.name in names])
        patches = []
        for _ in range(self.recipe.quantisation.calibration_tiles):
            entries = self.data.training[
                names[int(rng.choice(len(names), p=weights / weights.sum()))]
            ]
            entry = entries[int(rng.integers(len(entries)))]
            patches.append(self._patch(entry, rng))
        return patches

    def validate(self, weights: Weights) -> ClassificationAnswers:
        """Probabilities of every decided validation patch.

        Raises:
            ValueError: if there are none.
        """
        model = self._model(weights, 0.5)
        sets = {
            name: (model.predict(patches), labels)
            for name, (patches, labels) in self._validation.items()
        }
        return ClassificationAnswers(self.recipe.classes, self.recipe.shipping.recall, sets)

    @cached_property
    def _validation(self) -> dict[str, Patches]:
        found = {name: self._patches(entries) for name, entries in self.data.validation.items()}
        found = {name: patches for name, patches in found.items() if len(patches[1])}
        if not found:
            raise ValueError(
                "No patches were held back from training to choose a threshold by: a set needs at "
                "least four source photographs."
            )
        return found

    def evaluate(self, files: Mapping[str, Weights], threshold: float, say: Say) -> dict[str, Any]:
        """Every test part that holds patches of these classes."""
        models = {name: self._model(weights, threshold) for name, weights in files.items()}
        metrics: dict[str, dict[str, Any]] = {}
        for name, entries in self._test_sets().items():
            patches, labels = self._patches(entries)
            if not len(labels):
                continue
            metrics[name] = {
                precision: self._report(model.predict(patches), labels, threshold)
                for precision, model in models.items()
            } | {"group": group_of(name)}
            say(f"{name}: {_in_words(metrics[name], list(files))}")
        shipped, *others = files
        return {
            "metrics_convention": CONVENTION,
            "metrics": metrics,
            "falls_short": _shortfalls(metrics, shipped, others[0] if others else None),
        }

    def speed(self, weights: Weights) -> dict[str, Any]:
        """Milliseconds a patch, of a batch of 16 as the product sends them."""
        model = self._model(weights, 0.5)
        batch = np.zeros((16, self.input_px, self.input_px, 3), np.uint8)
        found = time_once(lambda: model.predict(batch), self.threads)
        return {**found, "ms": round(found["ms"] / 16, 2)}

    def _report(
        self,
        probabilities: npt.NDArray[np.float32],
        labels: npt.NDArray[np.int64],
        threshold: float,
    ) -> dict[str, Any]:
        classes = self.recipe.classes
        right = predicted_classes(probabilities, threshold) == labels
        tables: dict[str, CountTable] = {
            "accuracy": np.stack([right, np.ones(len(right))], axis=1).astype(np.float64)
        }
        if len(classes) == 2:
            marked, crack = predicted_classes(probabilities, threshold) == 1, labels == 1
            tables["f1"] = np.stack(
                [2 * (marked & crack), marked + crack.astype(int)], axis=1
            ).astype(np.float64)
        found = {name: interval(table, _ratio) for name, table in tables.items()}
        return {
            **classification_figures(probabilities, labels, classes, threshold=threshold),
            "intervals": {
                name: [None if end is None else round(end, 4) for end in (each.low, each.high)]
                for name, each in found.items()
            },
        }

    def _patches(self, entries: Sequence[Entry]) -> Patches:
        return labelled_patches(entries, self.recipe.classes, self.input_px)

    def _patch(self, entry: Entry, rng: np.random.Generator) -> RgbImage:
        pixels = even_out_picture(read_picture(entry.image))
        if isinstance(entry, Pair) and min(pixels.shape[:2]) > self.input_px:
            y, x = (int(rng.integers(side - self.input_px + 1)) for side in pixels.shape[:2])
            return pixels[y : y + self.input_px, x : x + self.input_px]
        return fit_to_patch(pixels, self.input_px)

    def _test_sets(self) -> dict[str, Sequence[Entry]]:
        """Labelled sets of the recipe, and where it knows cracks only, every set with masks."""
        found: dict[str, Sequence[Entry]] = {}
        ours = {each.name for each in self.recipe.sets}
        for folder in self.data_folder.glob("classification/*/test"):
            if folder.parent.name in ours:
                found[folder.parent.name] = read_layout(folder.parent).parts.get("test", ())
        if self.recipe.classes == CRACK_CLASSES:
            for folder in self.data_folder.glob("segmentation/*/test"):
                if (folder / "masks").is_dir():
                    found[folder.parent.name] = pair_by_stem(folder / "images", folder / "masks")
        return {name: found[name] for name in in_order(found)}

    def _model(self, weights: Weights, threshold: float) -> NetworkClassification:
        card, file = card_without_folder(self.recipe, weights, threshold, patch_px=self.input_px)
        network = OnnxNetwork(
            weights.content, card, file, threads=self.threads, tensors=weights.tensors
        )
        return NetworkClassification(network, card, file)


def evaluation_of(
    recipe: Recipe, data: TrainingData, data_folder: Path, threads: int
) -> ClassificationEvaluation:
    """See :func:`inference.training.evaluate.candidates.evaluation_of`."""
    if recipe.shipping.mosaics:
        from inference.training.evaluate.candidates.screening import ScreeningEvaluation

        return ScreeningEvaluation(recipe, data, data_folder, threads)
    return ClassificationEvaluation(recipe, data, data_folder, threads)


def _ratio(counts: CountTable) -> npt.NDArray[np.float64]:
    part, whole = counts.T
    return np.where(whole > 0, part / np.maximum(whole, 1), np.nan)


def _shortfalls(
    metrics: Mapping[str, Mapping[str, Any]], shipped: str, compared: str | None
) -> list[str]:
    below = {
        name: entry[shipped]["accuracy"]
        for name, entry in metrics.items()
        if entry[shipped]["accuracy"] < ACCURACY_WANTED
    }
    sentences = []
    if below:
        listed = ", ".join(f"{name} {accuracy:.3f}" for name, accuracy in below.items())
        sentences.append(
            f"Accuracy is below {ACCURACY_WANTED:g} on {len(below)} of {len(metrics)} sets: "
            f"{listed}."
        )
    for name, entry in metrics.items():
        figures = entry[shipped]
        if compared is None or entry["group"] != CONCRETE:
            continue
        ours, theirs = figures["f1"], entry[compared]["f1"]
        if ours is not None and theirs is not None and theirs - ours > LOSS_ALLOWED:
            sentences.append(
                f"{shipped} loses {theirs - ours:.3f} F1 against {compared} on {name}; "
                f"{LOSS_ALLOWED:g} was allowed."
            )
    return sentences


def _in_words(entry: Mapping[str, Any], precisions: Sequence[str]) -> str:
    return ", ".join(f"accuracy {entry[each]['accuracy']:.3f} {each}" for each in precisions)
