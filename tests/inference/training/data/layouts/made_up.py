"""Tiny pictures and masks with one crack, for folders of every layout."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

WIDTH, HEIGHT = 24, 16

# The crack of every made-up picture: columns 4 to 19 of rows 6 to 8. As outlines it has its
# corners on the borders of these pixels.
CRACK = np.zeros((HEIGHT, WIDTH), np.bool_)
CRACK[6:9, 4:20] = True
CORNERS = [(4.0, 6.0), (20.0, 6.0), (20.0, 9.0), (4.0, 9.0)]


def picture(path: Path, seed: int = 0, size: tuple[int, int] = (WIDTH, HEIGHT)) -> Path:
    """A grey wall of its own texture."""
    path.parent.mkdir(parents=True, exist_ok=True)
    noise = np.random.default_rng(seed).integers(90, 180, (size[1], size[0], 3), dtype=np.uint8)
    cv2.imwrite(str(path), noise)
    return path


def mask(path: Path, values: np.ndarray | None = None) -> Path:
    """The crack as a mask file: white, or whatever array is given."""
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), np.where(CRACK, 255, 0).astype(np.uint8) if values is None else values)
    return path
