"""Runs of different widths and places, averaged as if they were one."""

from __future__ import annotations

import numpy as np
import pytest

from inference.measure.alignment import aligned, needs_alignment, spread_px
from inference.measure.blur import SIGMAS_PX, blurred_boxes
from inference.measure.estimators import CrackFit, fit_crack, fit_runs, under_shade

OFFSETS = np.arange(-24.0, 24.25, 0.5)
SIGMA = int(np.searchsorted(SIGMAS_PX, 1.0))
COVARIANCE = 1e-5 * np.eye(len(OFFSETS))
CONTRAST = 0.9


def _runs(widths_px: np.ndarray, centres_px: np.ndarray) -> np.ndarray:
    family, sigma = np.array([0]), np.array([SIGMA])
    return np.stack(
        [
            CONTRAST * blurred_boxes(OFFSETS - centre, np.array([width]), family, sigma).shape[0]
            for width, centre in zip(widths_px, centres_px, strict=True)
        ]
    )


@pytest.fixture(scope="module")
def wandering() -> tuple[np.ndarray, np.ndarray, CrackFit]:
    """Widths, profiles of the runs, and the fit of their plain mean."""
    widths_px = 8.0 + 1.5 * np.sin(np.linspace(0.0, 6.0 * np.pi, 40))
    dark = _runs(widths_px, 0.2 * np.cos(np.arange(40)))
    return widths_px, dark, fit_crack(dark.mean(axis=0), OFFSETS, COVARIANCE / 40)


def test_aligned_runs_have_the_flanks_of_one_of_them(
    wandering: tuple[np.ndarray, np.ndarray, CrackFit],
) -> None:
    widths_px, dark, crack = wandering
    runs = fit_runs(dark, OFFSETS, COVARIANCE, crack)
    assert needs_alignment(crack, runs)
    assert spread_px(runs) == pytest.approx(float(widths_px.std()), rel=0.1)
    straight = aligned(dark, OFFSETS, crack, runs)
    again = fit_crack(straight.mean(axis=0), OFFSETS, COVARIANCE / 40)
    # The mean of all widths looks softer than any of them; aligned it has the lens' own blur.
    assert crack.blur_px > 1.10 * SIGMAS_PX[SIGMA]
    assert again.blur_px == pytest.approx(SIGMAS_PX[SIGMA], rel=0.05)
    assert again.width_px == pytest.approx(float(widths_px.mean()), abs=0.1)
    found = fit_runs(dark, OFFSETS, COVARIANCE, again)
    # However far a run is from the mean: several blurs here.
    assert np.abs(found.width_px - widths_px).max() < 0.15


def test_even_runs_are_left_as_they_are() -> None:
    dark = _runs(np.full(12, 4.0), np.zeros(12))
    crack = fit_crack(dark.mean(axis=0), OFFSETS, COVARIANCE / 12)
    runs = fit_runs(dark, OFFSETS, COVARIANCE, crack)
    assert not needs_alignment(crack, runs)
    assert np.abs(aligned(dark, OFFSETS, crack, runs) - dark).max() < 0.02


def test_grain_goes_with_the_light() -> None:
    dark = np.array([0.0, 0.5, 0.99])
    shaded = under_shade(np.eye(3), dark)
    assert shaded[0, 0] == 1.0 and shaded[1, 1] == pytest.approx(0.25)
    # Sensor noise stays.
    assert 0.0 < shaded[2, 2] < 0.1
