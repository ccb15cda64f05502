"""Mosaics, and what a threshold skips and loses of them, on pictures that can be reckoned."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from inference.imaging.screening import Screening
from inference.training.data.datasets import Pair
from inference.training.data.mosaics import CRACKED_SHARE, SQUARE_PX, Mosaic, lay_mosaic
from inference.training.evaluate.screening import (
    SAFETY,
    ScreeningScore,
    choose_screening_threshold,
    evaluate_screening,
    screen_mosaic,
)
from inference.types import ModelInfo

PATCH_PX = 128
SIZE_PX = (2048, 1024)


class DarkIsCrack:
    """A screen that can be reckoned by hand: sure where a hundredth of the patch is black."""

    info = ModelInfo("by-hand", "0" * 64, "none", 0.5, "none")
    patch_px = PATCH_PX
    classes = ("no_crack", "crack")

    def predict(self, patches: np.ndarray) -> np.ndarray:
        crack = np.minimum(1, 100 * (patches.max(axis=3) < 30).mean(axis=(1, 2)))
        return np.stack([1 - crack, crack], axis=1).astype(np.float32)


def pairs(folder: Path, side: int, *, cracked: bool, count: int = 3) -> list[Pair]:
    """Grey pictures, with or without a black line; masks beside them."""
    found = []
    for part in ("images", "masks"):
        (folder / part).mkdir(parents=True)
    for number in range(count):
        pixels = np.full((side, side, 3), 140 + number, np.uint8)
        mask = np.zeros((side, side), np.uint8)
        if cracked:
            row = side // 3 + 5 * number
            pixels[row : row + 4], mask[row : row + 4] = 0, 255
        pair = Pair(folder / "images" / f"{number}.png", folder / "masks" / f"{number}.png")
        cv2.imwrite(str(pair.image), pixels)
        cv2.imwrite(str(pair.mask), mask)
        found.append(pair)
    return found


@pytest.fixture
def mosaic(tmp_path: Path) -> Mosaic:
    return lay_mosaic(
        pairs(tmp_path / "cracked", 256, cracked=True),
        pairs(tmp_path / "clean", SQUARE_PX, cracked=False),
        np.random.default_rng(1),
        size_px=SIZE_PX,
    )


def test_a_mosaic_is_mostly_clean_and_its_mask_fits(mosaic: Mosaic) -> None:
    assert mosaic.pixels.shape == (1024, 2048, 3) and mosaic.mask.shape == (1024, 2048)
    squares = mosaic.mask.reshape(2, SQUARE_PX, 4, SQUARE_PX).any(axis=(1, 3))
    assert squares.sum() == max(1, round(CRACKED_SHARE * 8))
    assert np.array_equal(mosaic.pixels[..., 0] < 30, mosaic.mask > 0)
    # Four small pictures a square, each with one line through it.
    assert mosaic.line.sum() == pytest.approx(4 * 256, rel=0.1)


def test_larger_pictures_are_cut_and_odd_sizes_filled(tmp_path: Path) -> None:
    laid = lay_mosaic(
        pairs(tmp_path / "cracked", 700, cracked=True),
        pairs(tmp_path / "clean", 300, cracked=False),
        np.random.default_rng(2),
        size_px=(1000, 600),
    )
    assert laid.pixels.shape == (600, 1000, 3)
    assert laid.pixels.min() == 0 and laid.mask.any()


def test_a_mosaic_needs_both_kinds(tmp_path: Path) -> None:
    some = pairs(tmp_path, 256, cracked=True)
    with pytest.raises(ValueError, match="needs pictures without cracks"):
        lay_mosaic(some, [], np.random.default_rng(0))


def test_a_screen_that_sees_every_crack_loses_nothing_and_skips_the_rest(mosaic: Mosaic) -> None:
    score = evaluate_screening(screen_mosaic(DarkIsCrack(), mosaic), mosaic, 0.5)
    assert score.lost_px == 0 and score.length_px == mosaic.line.sum()
    assert 0 < score.clean < score.tiles
    assert score.clean_skipped_share > 0.5
    assert score.skipped == score.clean_skipped


def test_a_blind_screen_loses_everything(mosaic: Mosaic) -> None:
    blind = Screening(np.zeros((8, 16), np.float32), PATCH_PX)
    score = evaluate_screening(blind, mosaic, 0.5)
    assert score.lost_share == score.skipped_share == score.clean_skipped_share == 1.0


def test_scores_add_up() -> None:
    total = ScreeningScore(10, 6, 3, 4, 1000, 5) + ScreeningScore(10, 4, 4, 4, 0, 0)
    assert total.clean_skipped_share == 0.7
    assert total.lost_share == 0.005
    assert ScreeningScore().clean_skipped_share == ScreeningScore().lost_share == 0.0


def test_the_threshold_is_below_the_weakest_crack_that_matters(mosaic: Mosaic) -> None:
    sure = screen_mosaic(DarkIsCrack(), mosaic).probability
    weak = Screening(np.where(sure > 0, np.float32(0.6), np.float32(0.02)), PATCH_PX)
    threshold = choose_screening_threshold([weak], [mosaic])
    assert evaluate_screening(weak, mosaic, threshold).lost_px == 0
    # Weak patches count in company from a lower probability, so the highest that loses nothing
    # may lie above the patches' own.
    assert threshold >= round(SAFETY * 0.6, 3)


def test_a_threshold_needs_a_crack() -> None:
    nothing = np.zeros((512, 512), np.uint8)
    empty = Mosaic(np.zeros((512, 512, 3), np.uint8), nothing, nothing > 0)
    with pytest.raises(ValueError, match="nothing that could be lost"):
        choose_screening_threshold([Screening(np.zeros((4, 4), np.float32), PATCH_PX)], [empty])
