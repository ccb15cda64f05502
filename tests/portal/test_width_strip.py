"""The strip below a photo: what it draws of a profile."""

from __future__ import annotations

import pytest

from assets.models import Analysis, Defect, Measurement
from assets.severity import DEFAULT_RULE_SET, RULE_SETS
from portal.width_strip import MOST_POINTS, width_strip

RULES = RULE_SETS[DEFAULT_RULE_SET]


def line(profile) -> Measurement:
    return Measurement(profile=profile, defect=Defect(number=23))


def profile(widths, **more):
    count = len(widths)
    u = [None if w is None else 0.1 for w in widths]
    return {"position_px": [2.0 * i for i in range(count)], "width_px": widths, "u_px": u, **more}


def test_millimetres_as_they_were_kept():
    kept = {"position_mm": [0, 1, 2], "width_mm": [0.2, None, 0.5], "u_mm": [0.02, None, 0.04]}
    strip = width_strip(line(profile([2.0, None, 5.0], **kept)), Analysis(), RULES)
    assert (strip["unit"], strip["width"], strip["U"]) == (
        "mm",
        [0.2, None, 0.5],
        [0.04, None, 0.08],
    )
    assert (strip["along"], strip["widest"]) == ([0, 1, 2], 2)
    assert [limit["code"] for limit in strip["limits"]] == ["CS2", "CS3"]
    assert strip["sentence"] == (
        "Width along crack 23: widest at 2 mm from its first end, 0.50 ± 0.08 mm."
    )


def test_an_older_profile_takes_the_scale_of_its_analysis():
    analysis = Analysis(gsd_mm_per_px=0.5, gsd_u_relative=0.02)
    strip = width_strip(line(profile([2.0, 4.0])), analysis, RULES)
    assert (strip["unit"], strip["width"], strip["along"]) == ("mm", [1.0, 2.0], [0.0, 1.0])
    assert strip["U"][1] == pytest.approx(2 * 0.5 * (0.1**2 + 0.08**2) ** 0.5, abs=1e-4)


def test_pixels_without_a_scale_have_no_limits():
    strip = width_strip(line(profile([2.0, 4.0])), Analysis(), RULES)
    assert (strip["unit"], strip["limits"]) == ("px", [])


def test_no_width_no_strip():
    assert width_strip(line(None), Analysis(), RULES) is None
    assert width_strip(line(profile([None, None])), Analysis(), RULES) is None


def test_a_long_profile_is_thinned_and_keeps_its_peak():
    widths = [2.0] * 5000
    widths[3333] = 9.0
    strip = width_strip(line(profile(widths)), Analysis(), None)
    assert len(strip["width"]) <= MOST_POINTS
    assert strip["width"][strip["widest"]] == 9.0
    assert strip["along_px"][strip["widest"]] == 6666.0
