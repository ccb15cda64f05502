"""Evaluates a screen: the clean tiles that it skips, and the crack length that it loses.

A tile is clean if no pixel of it is crack. Crack length is the length of the masks' centrelines;
lost is what lies in no tile that is searched, whether or not the segmentation network would have
found it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from inference.imaging.retinex import estimate_illumination
from inference.imaging.screening import Screening, screen_picture
from inference.imaging.tiles import TILE_PX, plan_tiles
from inference.runtime import ClassificationModel
from inference.training.data.mosaics import Mosaic

CRACK = "crack"

# Of the crack length of validation mosaics, this may be lost at the chosen threshold; on others it
# will be more.
LOST_ON_VALIDATION = 0.001
# The chosen threshold is this part of the highest that keeps to it.
SAFETY = 0.7
THRESHOLDS = tuple(round(float(t), 3) for t in np.concatenate([
    np.arange(0.01, 0.10, 0.01), np.arange(0.10, 0.96, 0.025)]))  # fmt: skip


@dataclass(frozen=True, slots=True)
class ScreeningScore:
    """Sums over mosaics; add scores to pool them."""

    tiles: int = 0
    clean: int = 0
    clean_skipped: int = 0
    skipped: int = 0
    length_px: int = 0
    lost_px: int = 0

    def __add__(self, other: ScreeningScore) -> ScreeningScore:
        return ScreeningScore(
            self.tiles + other.tiles,
            self.clean + other.clean,
            self.clean_skipped + other.clean_skipped,
            self.skipped + other.skipped,
            self.length_px + other.length_px,
            self.lost_px + other.lost_px,
        )

    @property
    def clean_skipped_share(self) -> float:
        """Share of the clean tiles that are skipped."""
        return self.clean_skipped / self.clean if self.clean else 0.0

    @property
    def skipped_share(self) -> float:
        """Share of all tiles that are skipped."""
        return self.skipped / self.tiles if self.tiles else 0.0

    @property
    def lost_share(self) -> float:
        """Share of the crack length that lies in no searched tile."""
        return self.lost_px / self.length_px if self.length_px else 0.0


def screen_mosaic(screen: ClassificationModel, mosaic: Mosaic) -> Screening:
    """A mosaic's patches as the pipeline has them evaluated."""
    crack = screen.classes.index(CRACK)
    return screen_picture(
        mosaic.pixels,
        lambda patches: screen.predict(patches)[:, crack],
        screen.patch_px,
        even_out=estimate_illumination(mosaic.pixels).even_out,
    )


def evaluate_screening(
    screening: Screening, mosaic: Mosaic, threshold: float, tile_px: int = TILE_PX
) -> ScreeningScore:
    """The tiles and the crack length that this threshold skips and loses in one picture."""
    mask, line = mosaic.mask, mosaic.line
    plan = plan_tiles(mask.shape[1], mask.shape[0], tile_px)
    searched = set(screening.needed(plan, threshold))
    clean = [not mask[t.y0 : t.y1, t.x0 : t.x1].any() for t in plan]
    covered = np.zeros(mask.shape, bool)
    for tile in searched:
        covered[tile.y0 : tile.y1, tile.x0 : tile.x1] = True
    return ScreeningScore(
        tiles=len(plan),
        clean=sum(clean),
        clean_skipped=sum(c and t not in searched for c, t in zip(clean, plan, strict=True)),
        skipped=len(plan) - len(searched),
        length_px=int(np.count_nonzero(line)),
        lost_px=int(np.count_nonzero(line & ~covered)),
    )


def choose_screening_threshold(screenings: Sequence[Screening], mosaics: Sequence[Mosaic]) -> float:
    """The highest threshold that loses next to nothing of validation mosaics, less a margin.

    Raises:
        ValueError: if there is no mosaic with a crack.
    """
    if not any(mosaic.line.any() for mosaic in mosaics):
        raise ValueError("No validation mosaic has a crack: there is nothing that could be lost.")
    good = THRESHOLDS[0]
    for threshold in THRESHOLDS:
        score = ScreeningScore()
        for screening, mosaic in zip(screenings, mosaics, strict=True):
            score += evaluate_screening(screening, mosaic, threshold)
        if score.lost_share > LOST_ON_VALIDATION:
            break
        good = threshold
    return round(max(THRESHOLDS[0], SAFETY * good), 3)
