"""Millimetres, their uncertainty, and density."""

from __future__ import annotations

import math

import pytest

from assets.findings import say
from inference.measure.line.density import crack_density
from inference.measure.scale import ScaleResult, to_millimetres
from inference.types import Scale, WidthStatistics

WIDTHS = WidthStatistics(p50=2.0, p95=4.0, max=5.0, u=0.2)


def test_widths_become_millimetres_with_the_uncertainty_of_the_scale() -> None:
    found = to_millimetres(WIDTHS, 800.0, Scale(0.25, u_relative=0.05))
    width_mm = found.width_mm
    assert found.length_mm == pytest.approx(200.0)
    assert found.length_u_mm == pytest.approx(10.0)
    assert width_mm is not None
    assert (width_mm.p50, width_mm.p95, width_mm.max) == pytest.approx((0.5, 1.0, 1.25))
    assert width_mm.u == pytest.approx(math.hypot(0.2 * 0.25, 1.0 * 0.05))


def test_without_a_scale_the_reason_says_how_to_give_one() -> None:
    reason = ScaleResult().why_none
    assert reason.code == "no_scale"
    assert "millimetres per pixel" in say(reason).remedy


def test_a_length_can_be_known_where_the_width_is_not() -> None:
    found = to_millimetres(None, 100.0, Scale(0.5))
    assert (found.width_mm, found.length_mm, found.mm_per_px) == (None, 50.0, 0.5)


@pytest.mark.parametrize("gsd", [0.0, -1.0, math.nan, math.inf])
def test_a_scale_is_above_zero(gsd: float) -> None:
    with pytest.raises(ValueError, match="above 0"):
        Scale(gsd)


def test_density_is_per_square_metre_with_a_scale_and_per_megapixel_without() -> None:
    # 3 m of crack on 2 m x 1.5 m.
    assert crack_density(3000.0, (2000, 1500), Scale(1.0)) == (pytest.approx(1.0), "m/m2")
    assert crack_density(3000.0, (2000, 1500), None) == (pytest.approx(1000.0), "px/Mpx")
    assert crack_density(0.0, (10, 10), None)[0] == 0.0
