"""One picture of a run: error by true width, every method, as SVG."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape
from itertools import pairwise

import numpy as np

from tests.benchmarks.width.records import Record
from tests.benchmarks.width.score import METHODS

WIDE, HIGH, MARGIN = 860, 460, 64
FROM_PX, TO_PX = 0.1, 100.0
LEAST, MOST = 0.005, 50.0
COLOURS = {"hairline": "#0b6e4f", "distance transform": "#b3541e", "across skeleton": "#5b5b8c"}
BINS = 16


def draw(by_band: Mapping[tuple[float, float], Sequence[Record]]) -> str:
    """Median and 95th percentile of the absolute error over the true width, both logarithmic."""
    records = [r for some in by_band.values() for r in some if r.spec.in_table]
    edges = np.geomspace(FROM_PX, TO_PX, BINS + 1)
    parts = [_frame()]
    for row, (name, method) in enumerate(METHODS.items()):
        middle, upper = [], []
        for low, high in pairwise(edges):
            errors = [
                abs(widths["p50"] - r.truth_px["p50"])
                for r in records
                if low <= r.truth_px["p50"] < high and (widths := method(r)) is not None
            ]
            if len(errors) >= 5:
                x = math.sqrt(low * high)
                middle.append((x, float(np.median(errors))))
                upper.append((x, float(np.percentile(errors, 95))))
        parts.append(_line(middle, COLOURS[name], ""))
        parts.append(_line(upper, COLOURS[name], ' stroke-dasharray="4 4"'))
        y = MARGIN + 18 * row
        parts.append(
            f'<text x="{MARGIN + 16}" y="{y + 8}" fill="{COLOURS[name]}">{escape(name)}</text>'
        )
    body = "\n".join(parts)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDE} {HIGH}" '
        f'font-family="sans-serif" font-size="13">\n<rect width="{WIDE}" height="{HIGH}" '
        f'fill="white"/>\n{body}\n</svg>\n'
    )


def _frame() -> str:
    parts = [
        f'<text x="{WIDE / 2}" y="24" text-anchor="middle">Error of the median width, px: median '
        "(line) and 95th percentile (dashes)</text>",
        f'<text x="{WIDE / 2}" y="{HIGH - 14}" text-anchor="middle">true width, px</text>',
    ]
    for value in (0.1, 0.3, 1, 3, 10, 30, 100):
        x = _x(value)
        parts.append(f'<path d="M{x:.1f} {MARGIN}V{HIGH - MARGIN}" stroke="#ddd"/>')
        parts.append(
            f'<text x="{x:.1f}" y="{HIGH - MARGIN + 18}" text-anchor="middle">{value}</text>'
        )
    for value in (0.01, 0.1, 1, 10):
        y = _y(value)
        parts.append(f'<path d="M{MARGIN} {y:.1f}H{WIDE - MARGIN}" stroke="#ddd"/>')
        parts.append(f'<text x="{MARGIN - 8}" y="{y + 4:.1f}" text-anchor="end">{value}</text>')
    return "\n".join(parts)


def _line(points: Sequence[tuple[float, float]], colour: str, dashes: str) -> str:
    where = " ".join(f"{_x(x):.1f},{_y(y):.1f}" for x, y in points)
    return f'<polyline points="{where}" fill="none" stroke="{colour}" stroke-width="2"{dashes}/>'


def _x(value: float) -> float:
    share = math.log(value / FROM_PX) / math.log(TO_PX / FROM_PX)
    return MARGIN + share * (WIDE - 2 * MARGIN)


def _y(value: float) -> float:
    share = math.log(min(max(value, LEAST), MOST) / LEAST) / math.log(MOST / LEAST)
    return HIGH - MARGIN - share * (HIGH - 2 * MARGIN)
