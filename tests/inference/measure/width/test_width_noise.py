"""Noise along a crack, and the uncertainty of a correction.

A third more or less of any of these constants is noticed here.
"""

from __future__ import annotations

import numpy as np
import pytest

from inference.measure.width.crack_fit import CrackFit
from inference.measure.width.run_fit import RunWidths
from inference.measure.width.statistics import statistics_of
from inference.types import WidthStatistics

RUNS = 4000
MEAN_PX = 5.0
P95_RESTS_ON = 0.1 * RUNS


def _statistics(*, apart_px: float, grain_px: float, given_back_px: float = 0.0) -> WidthStatistics:
    """Of a crack that opens and closes slowly by 0.7 px (one standard deviation).

    Its runs differ by ``apart_px`` besides, where the grain alone predicts ``grain_px``.
    """
    rng = np.random.default_rng(5)
    slowly = np.sin(np.linspace(0, 6 * np.pi, RUNS))
    width = MEAN_PX + slowly + rng.normal(0, apart_px, RUNS)
    ones = np.ones(RUNS)
    runs = RunWidths(width, grain_px * ones, ones, 0.1 * ones, ones)
    exact = CrackFit(MEAN_PX, MEAN_PX, MEAN_PX, 0.9, 1.0, 0.0, 0.0, 0.0, 0.0, 100.0, 0, 0)
    return statistics_of(
        exact, runs, np.arange(RUNS, dtype=np.float64),
        independent=1.0, runs_a_length=2, reduction=1.0, given_back_px=given_back_px,
    )  # fmt: skip


def _noise_px(found: WidthStatistics) -> float:
    """The noise of one run that the uncertainty of p95 speaks of; the fit itself is exact here."""
    assert found.terms is not None
    return float(found.terms.fit * np.sqrt(P95_RESTS_ON))


def test_noise_of_the_grain_alone_is_heard_as_it_is() -> None:
    found = _statistics(apart_px=np.hypot(0.15, 0.04 * MEAN_PX), grain_px=0.15)
    assert _noise_px(found) == pytest.approx(0.15, rel=0.05)


def test_rough_edges_are_noise_up_to_1_6_times_what_the_grain_predicts() -> None:
    found = _statistics(apart_px=1.0, grain_px=0.1)
    assert _noise_px(found) == pytest.approx(1.6 * 0.1, rel=0.1)


def test_an_opening_that_changes_by_4_percent_from_run_to_run_is_no_noise() -> None:
    """What neighbours differ by beyond that is: 0.15 px here, where the grain predicts 0.12."""
    found = _statistics(apart_px=np.hypot(0.15, 0.04 * MEAN_PX), grain_px=0.12)
    assert _noise_px(found) == pytest.approx(0.15, rel=0.1)


@pytest.mark.parametrize("given_back_px", [0.3, -0.3])
def test_of_what_is_given_back_for_jpeg_a_third_stays_unsure(given_back_px: float) -> None:
    found = _statistics(apart_px=0.1, grain_px=0.1, given_back_px=given_back_px)
    assert found.terms is not None
    assert found.terms.rounding == pytest.approx(0.35 * 0.3, rel=0.15)
