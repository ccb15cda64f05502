"""Makes a model that the product can load from a trained network.

Export, quantise (as few bits and as few float convolutions as the validation pictures allow),
choose the threshold, measure on the test parts, write the card. The model's folder appears only
when all of it is there.
"""

from __future__ import annotations

import copy
import shutil
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn

from inference.runtime.card import write_card
from inference.runtime.registry import WEIGHTS_FOLDER
from inference.training.data.gather import TrainingData
from inference.training.data.samples import batches
from inference.training.evaluate.candidates import Answers, Evaluation, Say, Weights, evaluation_of
from inference.training.fit.recipe import Recipe
from inference.training.fit.tasks import find_task
from inference.training.ship.card import describe, file_entry, find_origin
from inference.training.ship.export import export_onnx
from inference.training.ship.half_precision import round_to_half, write_graph, write_tensors
from inference.training.ship.operations import count_operations
from inference.training.ship.qat import train_rounded
from inference.training.ship.quantise import Quantiser, Scheme

MODEL_NAME = "model.onnx"
TENSORS_NAME = "weights.safetensors"
MIB = 2**20
LARGEST_FILE = 16 * MIB

# Weights of 7 bits give the same on every processor; they may cost this much F1 against 8 bits.
REDUCED_RANGE_MAY_COST = 0.003

SATURATES = (
    "On processors without VNNI instructions sums of int8 products are cut, so answers there "
    "differ a little from the ones that these figures are of."
)

# Convolutions at the output end that stay in float, tried in this order until int8 is good.
FLOAT_CONVOLUTIONS_TRIED = (0, 1, 3, 6)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A file that could be shipped, the network in it, and what the validation pictures say."""

    weights: Weights
    network: nn.Module
    scheme: Scheme
    answers: Answers
    threshold: float
    f1: float
    aware: bool = False

    def in_words(self) -> str:
        """One line for the person who waits."""
        how = "after quantisation-aware training, " if self.aware else ""
        return (
            f"{how}{self.scheme.in_words()}: threshold {self.threshold:g}, validation F1 "
            f"{self.f1:.4f}, {len(self.weights.content) / MIB:.1f} MiB"
        )


def ship(
    network: nn.Module,
    recipe: Recipe,
    data: TrainingData,
    data_folder: Path,
    models_folder: Path,
    *,
    trained: Mapping[str, Any],
    threads: int,
    say: Callable[[str], None],
) -> Path:
    """Write ``models_folder/<recipe.name>/`` with the recipe's files and the card.

    Args:
        network: trained; a copy is shipped.
        data: its validation part chooses, its training part calibrates.
        data_folder: has ``segmentation/SET/test`` or ``classification/SET/test``; every set found
            there is evaluated, none is needed.
        trained: facts about the training for the card (steps, minutes).

    Returns:
        The model's folder.

    Raises:
        ValueError: if nothing was held back to choose by, a file would be too large, or the
            repository's own models would be made by code that no commit holds.
    """
    origin = find_origin()
    if models_folder.resolve() == WEIGHTS_FOLDER and (sentence := origin.in_words()):
        raise ValueError(f"{sentence} Commit the code first, then ship with --export-only.")
    recipe = find_task(recipe.task).settle(recipe, data.training)
    network = copy.deepcopy(network).cpu().eval().float()
    evaluation = evaluation_of(recipe, data, data_folder, threads)
    models_folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=models_folder, prefix=".new-") as name:
        folder, work = Path(name) / recipe.name, Path(name) / "work"
        folder.mkdir()
        work.mkdir()
        if recipe.shipping.precision == "int8":
            files, threshold, quantisation = _as_int8(
                network, recipe, data, evaluation, folder, work, say
            )
        else:
            files, threshold, quantisation = _as_half(network, recipe, evaluation, folder, say)
        entries = _entries(folder, recipe)
        _check_sizes(entries)
        evaluated = evaluation.evaluate(files, threshold, say)
        card = describe(
            recipe,
            data,
            count_operations(network, evaluation.input_px),
            trained=trained,
            threshold=threshold,
            input_entry=evaluation.input_entry,
            files=entries,
            quantisation=quantisation,
            speed={precision: evaluation.speed(weights) for precision, weights in files.items()},
            evaluated=evaluated,
            origin=origin,
            models_folder=models_folder,
        )
        card["falls_short"] = [*evaluated["falls_short"], *saturation(card)]
        for sentence in card["falls_short"]:
            say(f"Falls short: {sentence}")
        write_card(folder, card)
        final = models_folder / recipe.name
        if final.exists():
            shutil.rmtree(final)
        folder.rename(final)
    say(f"Shipped {final} with threshold {threshold:g}.")
    return final


def _as_int8(
    network: nn.Module,
    recipe: Recipe,
    data: TrainingData,
    evaluation: Evaluation,
    folder: Path,
    work: Path,
    say: Say,
) -> tuple[dict[str, Weights], float, dict[str, Any]]:
    """The int8 file, and the float32 file beside it to compare."""
    maker = _Maker(recipe, evaluation, work)
    float_weights = maker.float_weights(network)
    float_answers = maker.unrounded = evaluation.validate(float_weights)
    chosen = _choose(maker, network, float_answers, recipe, say)
    if recipe.quantisation.qat_steps:
        aware = _aware(
            maker, network, recipe, data, evaluation, chosen.scheme.float_convolutions, say
        )
        # Where the safe file was given up for a better one, it gets its second chance here.
        second_chance = aware.scheme.reduce_range and not chosen.scheme.reduce_range
        may_cost = REDUCED_RANGE_MAY_COST if second_chance else 0.0
        if aware.f1 > chosen.f1 - may_cost:
            chosen = aware
        else:
            say("Quantisation-aware training gained nothing; the plain file is shipped.")
    float_f1 = float_answers.figure(chosen.threshold)
    say(f"Chosen: {chosen.in_words()} (float {float_f1:.4f}).")
    (folder / MODEL_NAME).write_bytes(chosen.weights.content)
    if recipe.shipping.torch_weights:
        write_tensors(chosen.network, folder / TENSORS_NAME)
    quantisation = {
        "scheme": chosen.scheme.in_words(),
        "reduce_range": chosen.scheme.reduce_range,
        "quantisation_aware_steps": recipe.quantisation.qat_steps if chosen.aware else 0,
        "calibration_tiles": recipe.quantisation.calibration_tiles,
        "convolutions_kept_in_float": chosen.scheme.float_convolutions,
        "validation_f1_float32": round(float_f1, 4),
        "validation_f1_int8": round(chosen.f1, 4),
        "validation_f1_int8_by_weight_bits": maker.f1_by_bits(),
    }
    return {"int8": chosen.weights, "float32": float_weights}, chosen.threshold, quantisation


def _as_half(
    network: nn.Module, recipe: Recipe, evaluation: Evaluation, folder: Path, say: Say
) -> tuple[dict[str, Weights], float, dict[str, Any]]:
    """Tensors in half precision and the graph over them. What is measured is what is shipped."""
    tensors = folder / TENSORS_NAME
    write_tensors(network, tensors)
    round_to_half(network)
    write_graph(
        network, folder / MODEL_NAME, tensors, task=recipe.task, input_px=evaluation.input_px
    )
    weights = Weights(
        "float16", (folder / MODEL_NAME).read_bytes(), {TENSORS_NAME: tensors.read_bytes()}
    )
    answers = evaluation.validate(weights)
    threshold = answers.choose_threshold()
    f1 = answers.figure(threshold)
    say(f"float16: threshold {threshold:g}, validation F1 {f1:.4f}")
    return (
        {"float16": weights},
        threshold,
        {
            "scheme": "weights stored as float16, computed in float32",
            "validation_f1_float16": round(f1, 4),
        },
    )


class _Maker:
    """Makes int8 candidates of float networks; each network is prepared and calibrated once.

    Attributes:
        unrounded: what the trained network says in float; thresholds follow it.
    """

    unrounded: Answers

    def __init__(self, recipe: Recipe, evaluation: Evaluation, work: Path) -> None:
        self._recipe, self._evaluation, self._work = recipe, evaluation, work
        self._quantisers: dict[int, Quantiser] = {}
        self._exported: dict[int, Path] = {}
        self._made: list[Candidate] = []

    def float_weights(self, network: nn.Module) -> Weights:
        """The network in float32."""
        return Weights("float32", self._export(network).read_bytes())

    def make(self, network: nn.Module, scheme: Scheme, *, aware: bool = False) -> Candidate:
        """The network in int8, evaluated at its own best threshold."""
        if id(network) not in self._quantisers:
            self._quantisers[id(network)] = Quantiser(
                self._export(network),
                self._evaluation.calibration(),
                self._work / f"calibrated-{len(self._quantisers)}",
            )
        path = self._work / "int8.onnx"
        self._quantisers[id(network)].write(path, scheme)
        weights = Weights("int8", path.read_bytes())
        answers = self._evaluation.validate(weights)
        # Training on the grid has moved the logits: what float marked says nothing about them.
        threshold = answers.choose_threshold() if aware else answers.threshold_like(self.unrounded)
        candidate = Candidate(
            weights, network, scheme, answers, threshold, answers.figure(threshold), aware
        )
        self._made.append(candidate)
        return candidate

    def f1_by_bits(self) -> dict[str, float]:
        """Validation F1 with weights of 7 and of 8 bits, nothing kept in float, no training."""
        return {
            "7" if each.scheme.reduce_range else "8": round(each.f1, 4)
            for each in self._made
            if not each.scheme.float_convolutions and not each.aware
        }

    def _export(self, network: nn.Module) -> Path:
        # Networks stay alive in the candidates, so their ids stay theirs.
        if id(network) not in self._exported:
            path = self._work / f"float-{len(self._exported)}.onnx"
            export_onnx(network, path, task=self._recipe.task, input_px=self._evaluation.input_px)
            self._exported[id(network)] = path
        return self._exported[id(network)]


def _choose(
    maker: _Maker, network: nn.Module, float_answers: Answers, recipe: Recipe, say: Say
) -> Candidate:
    """The file that is alike on every processor if it costs next to nothing, else the better one.

    Where int8 loses more than the recipe allows, convolutions at the output end stay in float.
    """
    tried: list[Candidate] = []
    for kept in FLOAT_CONVOLUTIONS_TRIED:
        safe, full = (maker.make(network, Scheme(reduced, kept)) for reduced in (True, False))
        for candidate in (safe, full):
            say(candidate.in_words())
        chosen = _better(safe, full)
        tried.append(chosen)
        lost = float_answers.figure(chosen.threshold) - chosen.f1
        if lost <= recipe.quantisation.f1_loss_allowed:
            return chosen
    return max(tried, key=lambda candidate: candidate.f1)


def _aware(
    maker: _Maker,
    network: nn.Module,
    recipe: Recipe,
    data: TrainingData,
    evaluation: Evaluation,
    float_convolutions: int,
    say: Say,
) -> Candidate:
    """The better file of a network that was trained on its int8 grid.

    On the coarser grid of 7 bits: what bears it bears 8 bits, too, and activations are rounded
    alike in both.
    """
    task = find_task(recipe.task)
    pictures = [
        torch.from_numpy(each).permute(2, 0, 1).float()[None] / 127.5 - 1
        for each in evaluation.calibration()
    ]
    trained = train_rounded(
        network,
        batches(recipe, data.training, 0, 0),
        lambda outputs, truth: task.loss(outputs, truth, recipe),
        pictures,
        steps=recipe.quantisation.qat_steps,
        rate=recipe.quantisation.qat_rate,
        reduce_range=True,
        say=say,
    )
    safe, full = (
        maker.make(trained, Scheme(reduced, float_convolutions, False), aware=True)
        for reduced in (True, False)
    )
    for candidate in (safe, full):
        say(candidate.in_words())
    return _better(safe, full)


def _better(safe: Candidate, full: Candidate) -> Candidate:
    """The file that is alike on every processor, unless that costs more than next to nothing."""
    return safe if full.f1 - safe.f1 <= REDUCED_RANGE_MAY_COST else full


def saturation(card: Mapping[str, Any]) -> list[str]:
    """A sentence where not every processor gives the card's figures."""
    return [SATURATES] if card["quantisation"].get("reduce_range") is False else []


def _entries(folder: Path, recipe: Recipe) -> list[dict[str, Any]]:
    precision = recipe.shipping.precision
    shared = TENSORS_NAME if precision == "float16" else None
    entries = [file_entry(folder / MODEL_NAME, precision, shared)]
    if (folder / TENSORS_NAME).is_file():
        entries.append(file_entry(folder / TENSORS_NAME, "float16"))
    return entries


def _check_sizes(entries: list[dict[str, Any]]) -> None:
    for entry in entries:
        if entry["size_bytes"] > LARGEST_FILE:
            raise ValueError(
                f"{entry['file']} would be {entry['size_bytes'] / MIB:.1f} MiB; "
                f"{LARGEST_FILE // MIB} MiB is the limit. Take a smaller network, or in the "
                'recipe\'s [shipping] precision = "int8" and torch_weights = false.'
            )
