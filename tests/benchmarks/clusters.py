"""Merging what lies on each other on the map, in Deno, against the merging as it was before.

Both run in one process on the same things; the result is compared, mark for mark.
"""

from __future__ import annotations

from pathlib import Path

from tests.benchmarks.table import Row
from tests.javascript import STATIC, run_modules

TITLE = "Clusters on the map, in Deno"
PEER = Path(__file__).with_name("clusters.mjs")

SCRIPT = """
const clusters = await import(modules[0]);
const { compared, made } = await import(modules[1]);
const rows = [];
for (const kind of ["even", "towns", "one place"]) {
  for (const size of ["screen", "wall"]) {
    rows.push({ kind, size, ...compared(clusters, made(kind, 1000, 7, size)) });
  }
}
console.log(JSON.stringify(rows));
"""


def measure() -> list[Row]:
    """One row a made-up map of 1,000 things.

    Raises:
        RuntimeError: ours does not show what the peer shows.
    """
    rows = []
    for found in run_modules(SCRIPT, [STATIC / "clusters.js", PEER]):
        if not found["same"]:
            raise RuntimeError(f"Other marks than the peer's on the map {found['kind']!r}.")
        times = found["plain_ms"] / found["ours_ms"]
        rows.append(
            Row(f"1,000 things, {found['kind']}, {found['size']}", f"{found['ours_ms']:.2f} ms",
                f"{found['plain_ms']:.0f} ms", f"{times:.0f} × as fast, same marks, median of 5")
        )  # fmt: skip
    return rows
