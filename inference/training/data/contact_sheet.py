"""Draws a contact sheet: augmented samples with true cracks outlined, as the network sees them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from torch import Tensor

from inference.training.data.samples import Samples
from inference.training.fit.recipe import Recipe
from inference.types import RgbImage

COLUMNS, ROWS = 6, 4
OUTLINE = (255, 40, 40)


def write_contact_sheet(path: Path, recipe: Recipe, training: Mapping[str, Sequence[Any]]) -> None:
    """Write the first samples of a training as one picture.

    Raises:
        ValueError: if the file cannot be written, or its suffix names no picture.
    """
    samples = Samples(recipe, training)
    drawn = [_drawn(*samples[number]) for number in range(COLUMNS * ROWS)]
    rows = [np.hstack(drawn[k : k + COLUMNS]) for k in range(0, len(drawn), COLUMNS)]
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        done = cv2.imwrite(str(path), np.vstack(rows)[..., ::-1])
    except cv2.error:
        done = False
    if not done:
        raise ValueError(f"{path} could not be written. Give a name that ends in .jpg or .png.")


def _drawn(picture: Tensor, truth: Tensor) -> RgbImage:
    pixels = ((picture + 1) * 127.5).round().byte().permute(1, 2, 0).numpy().copy()
    if truth.ndim == 3:  # a mask; a class has no place in the picture
        mask = (truth[0] > 0.5).byte().numpy()
        around = cv2.dilate(mask, np.ones((5, 5), np.uint8)) - cv2.dilate(
            mask, np.ones((3, 3), np.uint8)
        )
        pixels[around > 0] = OUTLINE
    return np.asarray(pixels, np.uint8)
