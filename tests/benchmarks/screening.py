"""The tiles that the screen skips and the length that it loses on mosaics, and its time.

Mosaics of 12 megapixels, most of their squares from crack-free walls; see
``inference.training.data.mosaics``. The peer of the costs is the same photo searched whole.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from inference.imaging.retinex import estimate_illumination
from inference.imaging.tiles import plan_tiles, predict_probability
from inference.runtime.registry import find_screen, load_classifier, load_model
from inference.training.data.datasets import pair_by_stem
from inference.training.data.mosaics import Mosaic, lay_mosaic
from inference.training.evaluate.screening import ScreeningScore, evaluate_screening, screen_mosaic
from tests.benchmarks.table import Row

CRACKED = ("rissbilder_walls", "concrete_wall_photos", "deepcrack_256")
CLEAN = "noncrack_walls"
SEED = 20_261_122
THREADS = 2


def measure(data: Path, *, mosaics: int = 6) -> list[Row]:
    """A row a set, all of them together, and the time of a mosaic with and without the screen."""
    card = find_screen()
    if card is None:
        return [Row("screen", "not shipped here")]
    screen = load_classifier(card.name, threads=THREADS)
    clean = _pairs(data, CLEAN)
    rows, total, last = [], ScreeningScore(), None
    for number, name in enumerate(CRACKED):
        cracked, score = _pairs(data, name), ScreeningScore()
        for each in range(mosaics):
            last = lay_mosaic(cracked, clean, np.random.default_rng([SEED, number, each]))
            score += evaluate_screening(screen_mosaic(screen, last), last, screen.info.threshold)
        rows.append(_row(f"mosaics of {name} (n={mosaics})", score))
        total += score
    assert last is not None
    return [*rows, _row(f"all (n={mosaics * len(CRACKED)})", total), _time(last, screen)]


def _pairs(data: Path, name: str) -> list:
    folder = data / "segmentation" / name / "test"
    return pair_by_stem(folder / "images", folder / "masks")


def _row(what: str, score: ScreeningScore) -> Row:
    return Row(
        what,
        f"{score.clean_skipped_share:.1%} of {score.clean} clean tiles skipped, "
        f"{score.lost_share:.2%} of {score.length_px / 1000:.0f} kpx of crack lost",
        "",
        "aim 70 % and 0.5 %",
    )


def _time(mosaic: Mosaic, screen) -> Row:
    """Screening and search of what is left, beside the search of all."""
    model = load_model("trace-edge", threads=THREADS)
    even_out = estimate_illumination(mosaic.pixels).even_out
    height, width = mosaic.mask.shape
    plan = plan_tiles(width, height, model.tile_px)

    def search(tiles) -> None:
        predict_probability(mosaic.pixels, model.predict, even_out=even_out, tiles=tiles)

    def screened() -> None:
        search(screen_mosaic(screen, mosaic).needed(plan, screen.info.threshold))

    pairs = [(_seconds(screened), _seconds(lambda: search(plan))) for _ in range(3)]
    return Row(
        "search of one mosaic",
        f"{statistics.median(a for a, _ in pairs):.2f} s with the screen",
        f"{statistics.median(b for _, b in pairs):.2f} s without",
        f"{THREADS} threads, median of 3 pairs",
    )


def _seconds(work: Callable[[], None]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began
