"""Tiny made-up walls with dark cracks, in the folder layout that training reads."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from inference.training.data.datasets import pair_by_stem, split_by_source
from inference.training.data.gather import TrainingData
from inference.training.fit.recipe import Recipe


def draw_wall(seed: int, side: int, *, cracked: bool) -> tuple[np.ndarray, np.ndarray]:
    """(side, side, 3) RGB grey texture and its (side, side) mask; the crack is jagged and dark."""
    rng = np.random.default_rng(seed)
    texture = cv2.GaussianBlur(rng.normal(0, 60, (side, side)).astype(np.float32), (0, 0), 2.0)
    picture = 150 + texture + rng.normal(0, 4, (side, side))
    mask = np.zeros((side, side), np.uint8)
    if cracked:
        xs = np.linspace(0, side - 1, 12)
        ys = side / 2 + np.cumsum(rng.normal(0, side / 40, 12))
        points = np.stack([xs, ys], axis=1).round().astype(np.int32)
        if rng.random() < 0.5:
            points = points[:, ::-1]
        cv2.polylines(mask, [np.ascontiguousarray(points)], False, 255, 3)
        dark = cv2.GaussianBlur(mask, (0, 0), 0.7).astype(np.float32) / 255
        picture *= 1 - 0.75 * dark
    return np.repeat(np.clip(picture, 0, 255).astype(np.uint8)[..., None], 3, axis=2), mask


def write_walls(
    folder: Path, part: str, count: int, *, cracked: bool, seed: int = 0, side: int = 96
) -> None:
    """``folder/{part}/{images,masks}`` with ``count`` pairs."""
    images, masks = folder / part / "images", folder / part / "masks"
    images.mkdir(parents=True)
    masks.mkdir(parents=True)
    for number in range(count):
        pixels, mask = draw_wall(seed + number, side, cracked=cracked)
        cv2.imwrite(str(images / f"wall_{number:02d}.jpg"), pixels[..., ::-1])
        cv2.imwrite(str(masks / f"wall_{number:02d}.png"), mask)


RECIPE = """
name = "tiny"
task = "segmentation"
family = "mobilenet_unet"
description = "A test."
terms = "Trained on made-up walls."
seed = 3
validation_share = 0.25

[network]
widths = [16, 16, 8, 8]

[optimisation]
minutes = 1000
steps = 150
batch = 4
crop_px = 64
rate_encoder = 2e-3
rate_decoder = 4e-3
warmup_steps = 5
ema_decay = 0.9
bf16 = false

[quantisation]
calibration_tiles = 4
f1_loss_allowed = 1.0

[sets.cracked]
weight = 1.0
kind = "concrete"
terms = "made up"

[sets.clean]
weight = 0.3
kind = "clean"
terms = "made up"
"""


def write_data(folder: Path) -> Path:
    """A data folder with two sets, and the recipe beside it. Returns the recipe's path."""
    sets = folder / "segmentation"
    write_walls(sets / "cracked", "train", 8, cracked=True, seed=0)
    write_walls(sets / "cracked", "test", 2, cracked=True, seed=100)
    write_walls(sets / "clean", "train", 4, cracked=False, seed=200)
    write_walls(sets / "clean", "test", 1, cracked=False, seed=300)
    recipe = folder / "tiny.toml"
    recipe.write_text(RECIPE, encoding="utf-8")
    return recipe


def data_of(recipe: Recipe, folder: Path) -> TrainingData:
    """What a recipe trains on, without looking for duplicates."""
    training, validation = {}, {}
    for each in recipe.sets:
        part = folder / "segmentation" / each.name / "train"
        pairs = pair_by_stem(part / "images", part / "masks")
        split = split_by_source(pairs, each.source_pattern, recipe.validation_share, recipe.seed)
        training[each.name], validation[each.name] = split.training, split.validation
    return TrainingData(training, validation, ())
