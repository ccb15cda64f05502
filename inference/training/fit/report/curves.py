"""Draws curves as inline SVG, in colours that follow the page's light or dark style."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from html import escape

Point = tuple[float, float]

WIDTH, HEIGHT = 640, 260
LEFT, RIGHT, TOP, BOTTOM = 52, 16, 14, 34


def curve(
    points: Sequence[Point],
    *,
    title: str,
    x_name: str = "step",
    marked_x: float | None = None,
    from_zero: bool = True,
    to_one: bool = False,
) -> str:
    """One line over an axis with round numbers; each point says its value when pointed at.

    Args:
        points: (x, y), sorted by x; points that are no numbers are left out.
        title: read out instead of the picture.
        marked_x: gets an upright line, such as the step whose weights are kept.
        to_one: the y axis goes from 0 to 1, whatever the points.
    """
    points = [(x, y) for x, y in points if math.isfinite(y)]
    if not points:
        return '<p class="quiet">Nothing to draw yet.</p>'
    low, high = _range([y for _, y in points], from_zero=from_zero, to_one=to_one)
    last_x = max(points[-1][0], 1.0)

    def place(x: float, y: float) -> Point:
        across = LEFT + (WIDTH - LEFT - RIGHT) * x / last_x
        up = (HEIGHT - TOP - BOTTOM) * (y - low) / (high - low)
        return round(across, 1), round(HEIGHT - BOTTOM - up, 1)

    parts = [_grid(low, high, last_x, x_name, place)]
    if marked_x is not None and marked_x <= last_x:
        x, _ = place(marked_x, low)
        parts.append(f'<line class="kept" x1="{x}" x2="{x}" y1="{TOP}" y2="{HEIGHT - BOTTOM}"/>')
    placed = [place(x, y) for x, y in points]
    parts.append(f'<polyline class="line" points="{_joined(placed)}"/>')
    radius = 3 if len(points) <= 40 else 1.5
    parts += [
        f'<circle class="dot" cx="{cx}" cy="{cy}" r="{radius}">'
        f"<title>{escape(x_name)} {x:g}: {y:.4g}</title></circle>"
        for (cx, cy), (x, y) in zip(placed, points, strict=True)
    ]
    return (
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(title)}">'
        f"{''.join(parts)}</svg>"
    )


def spark(points: Sequence[Point], *, title: str) -> str:
    """A small line without axis, from 0 to 1, its end marked."""
    points = [(x, min(1.0, max(0.0, y))) for x, y in points if math.isfinite(y)]
    if not points:
        return ""
    width, height, margin = 150, 44, 5
    last_x = max(points[-1][0], 1.0)
    placed = [
        (
            round(margin + (width - 2 * margin) * x / last_x, 1),
            round(height - margin - (height - 2 * margin) * y, 1),
        )
        for x, y in points
    ]
    (cx, cy) = placed[-1]
    return (
        f'<svg class="spark" viewBox="0 0 {width} {height}" role="img" '
        f'aria-label="{escape(title)}">'
        f'<line class="rule" x1="{margin}" x2="{width - margin}" y1="{height - margin}" '
        f'y2="{height - margin}"/><polyline class="line" points="{_joined(placed)}"/>'
        f'<circle class="dot" cx="{cx}" cy="{cy}" r="3"/></svg>'
    )


def _grid(
    low: float, high: float, last_x: float, x_name: str, place: Callable[[float, float], Point]
) -> str:
    parts = []
    for value in _round_values(low, high):
        _, y = place(0, value)
        parts.append(
            f'<line class="rule" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y}" y2="{y}"/>'
            f'<text class="tick" x="{LEFT - 8}" y="{y + 4}" text-anchor="end">{value:g}</text>'
        )
    for value in _round_values(0, last_x):
        x, _ = place(value, low)
        parts.append(
            f'<text class="tick" x="{x}" y="{HEIGHT - BOTTOM + 18}" text-anchor="middle">'
            f"{value:g}</text>"
        )
    parts.append(
        f'<text class="tick" x="{WIDTH - RIGHT}" y="{HEIGHT - 2}" text-anchor="end">'
        f"{escape(x_name)}</text>"
    )
    return "".join(parts)


def _range(values: Sequence[float], *, from_zero: bool, to_one: bool) -> Point:
    if to_one:
        return 0.0, 1.0
    low, high = (0.0 if from_zero else min(values)), max(values)
    return (low, high) if high > low else (low, low + 1.0)


def _round_values(low: float, high: float, wanted: int = 5) -> list[float]:
    """About ``wanted`` round numbers from ``low`` to ``high``."""
    rough = (high - low) / wanted
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * each for each in (1, 2, 5, 10) if power * each >= rough)
    first = math.ceil(low / step)
    return [round(k * step, 10) for k in range(first, math.floor(high / step + 1e-9) + 1)]


def _joined(points: Sequence[Point]) -> str:
    return " ".join(f"{x},{y}" for x, y in points)
