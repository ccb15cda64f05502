"""From a checkpoint to a model that the product can load, in one go.

Export, quantise, choose the threshold on validation pictures, evaluate float and int8 on the
test parts, write the card. The model's folder appears only when all of it is there.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from torch import nn

from inference.runtime.card import ModelCard, WeightsFile
from inference.runtime.onnx_segmentation import OnnxSegmentation
from inference.training.calibration import calibration_tiles
from inference.training.card import describe, file_entry, write_card
from inference.training.datasets import Pair, pair_by_stem
from inference.training.evaluation import choose_threshold, report, score_pairs
from inference.training.export import TILE_PX, export_onnx
from inference.training.gather import TrainingData
from inference.training.metrics import PictureScore, f1_by_level, level_of
from inference.training.operations import count_operations
from inference.training.quantise import last_convolutions, quantise
from inference.training.recipe import Recipe
from inference.types import RgbImage

INT8_NAME = "model.onnx"
FLOAT_NAME = "model.float.onnx"

# Convolutions at the output end that stay in float, tried in this order until int8 is good.
FLOAT_CONVOLUTIONS_TRIED = (0, 1, 3, 6)


@dataclass(frozen=True, slots=True)
class _Candidate:
    """An int8 file with what the validation pictures say about it."""

    content: bytes
    threshold: float
    f1: float
    float_f1: float
    float_convolutions: int


def ship(
    network: nn.Module,
    recipe: Recipe,
    data: TrainingData,
    test_folder: Path,
    models_folder: Path,
    *,
    trained: Mapping[str, Any],
    threads: int,
    say: Callable[[str], None],
) -> Path:
    """Write ``models_folder/<recipe.name>/`` with both ONNX files and the card.

    Args:
        network: in evaluation mode.
        data: its validation part chooses the threshold, its training part calibrates.
        test_folder: has ``SET/test/{images,masks}``; every set found there is evaluated.
        trained: facts about the training for the card (steps, minutes).

    Returns:
        The model's folder.
    """
    models_folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=models_folder, prefix=".new-") as name:
        folder = Path(name) / recipe.name
        folder.mkdir()
        export_onnx(network, folder / FLOAT_NAME)
        float_content = (folder / FLOAT_NAME).read_bytes()
        chosen = _quantise_well(recipe, data, folder, float_content, threads, say)
        (folder / INT8_NAME).write_bytes(chosen.content)
        models = {
            "int8": _model(recipe, chosen.content, "int8", chosen.threshold, threads),
            "float32": _model(recipe, float_content, "float32", chosen.threshold, threads),
        }
        card = describe(
            recipe,
            data,
            count_operations(network, TILE_PX),
            trained=trained,
            threshold=chosen.threshold,
            tile_px=TILE_PX,
            files=[
                file_entry(folder / INT8_NAME, "int8"),
                file_entry(folder / FLOAT_NAME, "float32"),
            ],
            quantisation={
                "scheme": "static, per channel, QDQ, uint8 activations, int8 weights",
                "calibration_tiles": recipe.quantisation.calibration_tiles,
                "convolutions_kept_in_float": chosen.float_convolutions,
                "validation_f1_float32": round(chosen.float_f1, 4),
                "validation_f1_int8": round(chosen.f1, 4),
            },
            metrics=_test_metrics(models, test_folder, chosen.threshold, say),
            models_folder=models_folder,
        )
        write_card(folder, card)
        final = models_folder / recipe.name
        if final.exists():
            shutil.rmtree(final)
        folder.rename(final)
    say(f"Shipped {final} with threshold {chosen.threshold:g}.")
    return final


def _quantise_well(
    recipe: Recipe,
    data: TrainingData,
    folder: Path,
    float_content: bytes,
    threads: int,
    say: Callable[[str], None],
) -> _Candidate:
    """int8 with as few float convolutions as the allowed loss of F1 lets it."""
    tiles: list[RgbImage] = calibration_tiles(recipe, data.training, TILE_PX)
    float_path, int8_path = folder / FLOAT_NAME, folder / INT8_NAME
    float_model = _model(recipe, float_content, "float32", 0.5, threads)
    float_scores = _validation_scores(float_model, data.validation)
    candidates = []
    for count in FLOAT_CONVOLUTIONS_TRIED:
        kept = last_convolutions(float_path, count) if count else []
        quantise(float_path, int8_path, tiles, float_nodes=kept)
        content = int8_path.read_bytes()
        scores = _validation_scores(_model(recipe, content, "int8", 0.5, threads), data.validation)
        concrete, clean = _by_kind(recipe, scores)
        threshold = choose_threshold(concrete, clean)
        f1, float_f1 = (
            _mean_f1(_by_kind(recipe, each)[0], threshold) for each in (scores, float_scores)
        )
        say(
            f"int8 with {count} float convolutions: threshold {threshold:g}, validation F1 "
            f"{f1:.4f} (float {float_f1:.4f}), {len(content) / 2**20:.1f} MiB"
        )
        candidates.append(_Candidate(content, threshold, f1, float_f1, count))
        if float_f1 - f1 <= recipe.quantisation.f1_loss_allowed:
            return candidates[-1]
    return max(candidates, key=lambda candidate: candidate.f1)


def _model(
    recipe: Recipe, content: bytes, precision: str, threshold: float, threads: int
) -> OnnxSegmentation:
    """A model from bytes that have no card yet."""
    file = WeightsFile(precision=precision, name=recipe.name, sha256="", size_bytes=len(content))
    card = ModelCard(
        name=recipe.name,
        task=recipe.task,
        title=recipe.description,
        terms=recipe.terms,
        threshold=threshold,
        tile_px=TILE_PX,
        files=(file,),
        folder=Path(),
        details={},
    )
    return OnnxSegmentation(content, card, file, threads=threads)


def _validation_scores(
    model: OnnxSegmentation, validation: Mapping[str, Sequence[Pair]]
) -> dict[str, list[PictureScore]]:
    return {name: score_pairs(model, pairs) for name, pairs in validation.items() if pairs}


def _by_kind(
    recipe: Recipe, scores: Mapping[str, list[PictureScore]]
) -> tuple[dict[str, list[PictureScore]], list[PictureScore]]:
    kind_of = {each.name: each.kind for each in recipe.sets}
    concrete = {name: each for name, each in scores.items() if kind_of[name] == "concrete"}
    clean = [score for name, each in scores.items() if kind_of[name] == "clean" for score in each]
    return concrete, clean


def _mean_f1(scores: Mapping[str, Sequence[PictureScore]], threshold: float) -> float:
    level = level_of(threshold)
    return float(np.mean([f1_by_level(each)[level] for each in scores.values()]))


def _test_metrics(
    models: Mapping[str, OnnxSegmentation],
    test_folder: Path,
    threshold: float,
    say: Callable[[str], None],
) -> dict[str, dict[str, Any]]:
    metrics: dict[str, dict[str, Any]] = {}
    for folder in sorted(test_folder.glob("*/test")):
        pairs = pair_by_stem(folder / "images", folder / "masks")
        name = folder.parent.name
        metrics[name] = {
            precision: report(model, score_pairs(model, pairs), threshold)
            for precision, model in models.items()
        }
        say(f"{name}: F1 {_f1_in_words(metrics[name])}")
    return metrics


def _f1_in_words(by_precision: Mapping[str, Mapping[str, Any]]) -> str:
    parts = []
    for precision, entry in by_precision.items():
        if entry["f1"] is not None:
            parts.append(f"{entry['f1']:.3f} {precision}")
        else:
            parts.append(
                f"- {precision} ({entry['false_positive_px_per_megapixel']:.0f} false px per "
                f"megapixel, {entry['n_clean_images_over_0_1_percent']} of {entry['n_images']} "
                "over 0.1 %)"
            )
    return ", ".join(parts)
