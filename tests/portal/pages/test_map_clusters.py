"""Clusters on the map: the browser's own module, run in Deno, against the plain way."""

from __future__ import annotations

from typing import Any

import pytest

from tests.benchmarks.clusters import PEER
from tests.javascript import STATIC, run_modules

SCRIPT = """
const clusters = await import(modules[0]);
const { flat, made, plainApart } = await import(modules[1]);
const maps = [];
for (const kind of ["even", "towns", "one place"]) {
  for (const n of [0, 1, 2, 60, 300]) {
    for (const seed of [1, 2, 3, 4]) {
      const things = made(kind, n, seed);
      const moved = (it) => {
        const p = flat(it);
        [p.x, p.y] = [p.x - 800, p.y - 500];
        return p;
      };
      const shown = clusters.apart(things, moved);
      const gaps = [];
      for (const [i, a] of shown.entries()) {
        for (const b of shown.slice(i + 1)) {
          const apart = moved(a).distanceTo(moved(b));
          gaps.push(apart - (clusters.reach(a) + clusters.reach(b)) * 0.86);
        }
      }
      maps.push({
        things, shown, plain: plainApart(things, moved, clusters), least: Math.min(1e9, ...gaps),
      });
    }
  }
}
console.log(JSON.stringify(maps));
"""


@pytest.fixture(scope="module")
def maps() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = run_modules(SCRIPT, [STATIC / "clusters.js", PEER])
    assert len(found) == 60
    return found


def test_the_same_marks_as_by_the_plain_way(maps: list[dict[str, Any]]) -> None:
    for each in maps:
        assert each["shown"] == each["plain"]
    joined = [each for each in maps if len(each["shown"]) < len(each["things"])]
    assert len(joined) >= 24  # all with 60 or 300 things


def test_no_two_marks_lie_on_each_other(maps: list[dict[str, Any]]) -> None:
    assert min(each["least"] for each in maps) >= 0


def test_nothing_is_lost_and_nothing_counted_twice(maps: list[dict[str, Any]]) -> None:
    def counts(things: list[dict[str, Any]]) -> dict[str, int]:
        total: dict[str, int] = {}
        for it in things:
            assert sum(it["counts"].values()) == it["count"]
            for level, n in it["counts"].items():
                total[level] = total.get(level, 0) + n
        return total

    for each in maps:
        assert counts(each["shown"]) == counts(each["things"])
