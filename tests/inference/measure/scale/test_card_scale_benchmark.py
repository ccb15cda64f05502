"""The benchmark of the scale draws what it says, and its figures hold on a few of its pictures."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from inference.measure.scale import homography
from tests.benchmarks.card_scale import AIM_AT_CARD, AIM_AWAY, SIDE_MM, draw, errors, spec_of


def test_the_square_lies_where_the_known_plane_puts_it() -> None:
    spec = replace(spec_of(0), family="aruco-4x4", blur_px=0.5, noise=0.0, spread_px=0,
                   light_gradient=0.0, jpeg=95)  # fmt: skip
    pixels, to_px = draw(spec)
    border_mm = SIDE_MM / 2 - SIDE_MM / 12  # the middle of the black border, and beyond the square
    for at, dark in ((-border_mm, True), (-SIDE_MM / 2 - SIDE_MM / 12, False)):
        x, y = np.round(homography.through(to_px, np.array([[at, 0.0]]))[0]).astype(int)
        assert (pixels[y, x].max() < 90) == dark, (at, pixels[y, x])
    # A marker's shortest side has the 200 pixels of the figure.
    corners = homography.through(to_px, np.array([[-30.0, -30], [30, -30], [30, 30], [-30, 30]]))
    sides = np.linalg.norm(np.roll(corners, -1, axis=0) - corners, axis=1)
    assert sides.min() > 0.95 * 200


def test_the_figures_hold_and_beat_the_corners() -> None:
    found = errors(3)
    ours = np.array([pair for pair in found["edges (ours)"] if pair is not None])
    assert len(ours) == 3
    assert ours[:, 0].max() <= AIM_AT_CARD and ours[:, 1].max() <= AIM_AWAY
    for name, pairs in found.items():
        known = np.array([pair for pair in pairs if pair is not None])
        if name != "edges (ours)" and len(known):
            assert known[:, 0].mean() > ours[:, 0].mean(), name


def test_a_longer_list_begins_with_the_shorter_one_and_seeds_differ() -> None:
    assert spec_of(2) == spec_of(2)
    assert spec_of(2) != spec_of(3)
    assert spec_of(2, seed=1).blur_px != pytest.approx(spec_of(2).blur_px)
