"""Which line or outline a click means, and where plates stand: the viewer's own module, in node."""

from __future__ import annotations

from typing import Any

import pytest

from tests.benchmarks.javascript import STATIC, node, run_modules

pytestmark = pytest.mark.skipif(node() is None, reason="node was not found.")

SCRIPT = """
const { places, under } = await import(process.argv[1]);
const square = (key, x, y, side) =>
  ({ key, closed: true, line: [[x, y], [x + side, y], [x + side, y + side], [x, y + side]] });
const crack = { key: "crack", line: [[100, 150], [200, 150]] };
const sights = [crack, square("large", 50, 50, 300), square("small", 60, 60, 60)];
const onScreen = ([x, y]) => ({ x, y });
const hit = (x, y) => under({ x, y }, sights, onScreen, 14).map(({ key }) => key);
console.log(JSON.stringify({
  onCrack: hit(150, 155), besideIt: hit(150, 200), inBoth: hit(90, 90), lastSide: hit(50, 250),
  betweenTheEnds: hit(30, 250), nowhere: hit(400, 400),
  plates: places(sights[2], 80, 24), ofACrack: places(crack, 80, 24).length,
}));
"""


@pytest.fixture(scope="module")
def told() -> Any:
    return run_modules(SCRIPT, [STATIC / "sights.js"])


def test_a_line_within_reach_comes_before_the_area_around_it(told: Any) -> None:
    assert told["onCrack"] == ["crack", "large"]
    assert told["besideIt"] == ["large"]


def test_inside_two_areas_the_smaller_is_meant(told: Any) -> None:
    assert told["inBoth"] == ["small", "large"]


def test_an_outline_is_closed_between_its_last_point_and_its_first(told: Any) -> None:
    assert told["lastSide"] == ["large"]
    assert told["betweenTheEnds"] == [] == told["nowhere"]


def test_plates_of_an_outline_stand_outside_of_it(told: Any) -> None:
    left, top, right, low = 60, 60, 120, 120
    for (x, y), offsets in told["plates"]:
        for dx, dy in offsets:
            box = x + dx, y + dy, x + dx + 80, y + dy + 24
            assert box[2] < left or box[0] > right or box[3] < top or box[1] > low
    assert len(told["plates"]) == 4 and told["ofACrack"] == 5
