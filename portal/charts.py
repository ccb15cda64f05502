"""Charts as Plotly figures, with the names of our colour tokens (``var(--accent)``) as colours.

The browser puts the colours of the theme in (``static/js/chart.js``) and draws. Figures are written
as plain dictionaries and turned into text by Plotly's encoder: its classes would look at every
property of every point again in each request. A test has them look at the same figures.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils import formats
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from assets.coverage import expanded
from assets.selectors.history import DefectHistory, HistoryPoint
from assets.severity import GRADES, RuleSet
from assets.severity.areas import AREA_RULES
from portal.wording import extent_words, number, width_decimals

MOST_LINES = 8  # further cracks are in the table only; more lines than this nobody can follow
HEADROOM = 1.12
THRESHOLD_INK = {level: f"var(--sev-{level}-ink)" for level in GRADES}


@dataclass(frozen=True)
class WidthChart:
    """A figure, the sentence that says what it shows, and what did not fit into it.

    Attributes:
        figure: Plotly's JSON; None where there is no point to draw.
        sentence: for people who do not see the chart.
        drawn, left_out: how many cracks have a line, and how many are in the table only.
        thinned: how many of the drawn cracks were measured more often than is drawn.
    """

    figure: str | None
    sentence: str
    drawn: int
    left_out: int
    thinned: int = 0


# What is drawn: a width in millimetres or pixels, or the extent of what is no crack.
EXTENT = "extent"


def _value(point: HistoryPoint, unit: str) -> float | None:
    if unit == EXTENT:
        return point.extent_mm
    return point.width_mm_p95 if unit == "mm" else point.width_px_p95


def _expanded(point: HistoryPoint, unit: str) -> float:
    if unit == EXTENT:
        u = point.extent_mm_u
    else:
        u = point.width_mm_u if unit == "mm" else point.width_px_u
    return expanded(u) if u else 0.0


def _words(value: float, bar: float, unit: str) -> str:
    """A value with its U, in its unit."""
    if unit == EXTENT:
        return f"{extent_words(value, bar)} mm"
    decimals = width_decimals(value, bar or None, unit)
    sure = f" ± {number(bar, decimals)}" if bar else ""
    return f"{number(value, decimals)}{sure} {unit}"


def spark_points(points: Sequence[HistoryPoint]) -> list[tuple[float, float, float]]:
    """(seconds, width, U) for the sparkline: in mm where any point has mm, else in px.

    Of what is no crack, its extent.
    """
    unit = "mm" if any(point.width_mm_p95 is not None for point in points) else "px"
    if any(point.region_id is not None for point in points):
        unit = EXTENT
    return [
        (point.captured_at.timestamp(), value, _expanded(point, unit))
        for point in points
        if (value := _value(point, unit)) is not None
    ]


def width_chart(
    histories: Sequence[DefectHistory], *, unit: str, rules: RuleSet, selected: int | None = None
) -> WidthChart:
    """Width over time per crack, with bars of ± U; in mm with the thresholds of the rule set.

    Args:
        histories: open cracks, the worst first.
        unit: ``mm`` draws graded measurements, ``px`` the cracks that have no width in mm.
        selected: id of the crack that stands out; the first one where it is None or elsewhere.
    """
    if unit == "px":
        histories = [h for h in histories if all(p.width_mm_p95 is None for p in h.points)]
    return _chart(histories, unit=unit, rules=rules, selected=selected)


def extent_chart(
    histories: Sequence[DefectHistory], *, rules: RuleSet, selected: int | None = None
) -> WidthChart:
    """The largest extent of areal defects over time; arguments as of :func:`width_chart`."""
    return _chart(histories, unit=EXTENT, rules=rules, selected=selected)


def _chart(
    histories: Sequence[DefectHistory], *, unit: str, rules: RuleSet, selected: int | None
) -> WidthChart:
    lines = [
        (history, points)
        for history in histories
        if (points := [point for point in history.points if _value(point, unit) is not None])
    ]
    if not lines:
        return WidthChart(None, "", 0, 0)
    lines.sort(key=lambda line: line[0].defect.pk != selected)
    shown = lines[:MOST_LINES]
    figure = _figure(shown, unit=unit, rules=rules)
    thinned = sum(history.is_thinned for history, _points in shown)
    sentence = _sentence(shown, unit)
    return WidthChart(figure, sentence, len(shown), len(lines) - len(shown), thinned)


def _trace(
    history: DefectHistory, points: list[HistoryPoint], unit: str, first: bool
) -> dict[str, Any]:
    colour = "var(--accent)" if first else "var(--line-strong)"
    bars = [_expanded(point, unit) for point in points]
    words = [
        _words(_value(point, unit) or 0.0, bar, unit)
        for point, bar in zip(points, bars, strict=True)
    ]
    return {
        "type": "scatter",
        "x": [point.captured_at.isoformat() for point in points],
        "y": [_value(point, unit) for point in points],
        "error_y": {
            "type": "data",
            "array": bars,
            "color": colour,
            "thickness": 1.4 if first else 1,
            "width": 4,
        },
        "mode": "lines+markers+text",
        "text": [""] * (len(points) - 1) + [str(history.defect.number)],
        "textposition": "middle right",
        "textfont": {
            "color": colour if first else "var(--ink-3)",
            "weight": 650 if first else 400,
        },
        "cliponaxis": False,
        "name": str(history.defect),
        "line": {"color": colour, "width": 2 if first else 1.2},
        "marker": {
            "color": colour,
            "size": 9 if first else 6,
            "line": {"color": "var(--surface)", "width": 1.5},
        },
        "customdata": [[point.photo_id, text] for point, text in zip(points, words, strict=True)],
        "hovertemplate": "%{customdata[1]}",
        "meta": {"defect": history.defect.pk},
        "zorder": 2 if first else 1,
    }


def _figure(
    lines: list[tuple[DefectHistory, list[HistoryPoint]]], *, unit: str, rules: RuleSet
) -> str:
    from plotly import io  # here: Plotly takes half a second to import

    limits = _limits(lines, unit, rules)
    top = max(
        (_value(point, unit) or 0.0) + _expanded(point, unit)
        for _history, points in lines
        for point in points
    )
    shapes: list[dict[str, Any]] = [_across(0, "var(--line-strong)", width=1, yref="paper")]
    notes: list[dict[str, Any]] = []
    if limits:
        top = max(top, limits[0][1])
    for code, limit_mm, words in limits:
        if limit_mm > top * HEADROOM:
            continue
        ink = THRESHOLD_INK[rules.state(code).level]
        shapes.append(_across(limit_mm, ink, width=1.4, dash="dash"))
        notes.append(
            {
                "xref": "paper",
                "x": 1,
                "xanchor": "left",
                "xshift": 8,
                "y": limit_mm,
                "showarrow": False,
                "text": words,
                "font": {"color": ink, "weight": 600},
                "name": "threshold",
            }
        )
    notes.append(
        {
            "xref": "paper",
            "yref": "paper",
            "x": 0,
            "xanchor": "right",
            "xshift": -6,
            "y": 1,
            "yanchor": "bottom",
            "yshift": 4,
            "showarrow": False,
            "text": "mm" if unit == EXTENT else unit,
            "font": {"color": "var(--ink-2)"},
        }
    )
    figure = {
        "data": [
            _trace(history, points, unit, n == 0) for n, (history, points) in enumerate(lines)
        ],
        "layout": {
            "paper_bgcolor": "rgba(0,0,0,0)",
            "plot_bgcolor": "rgba(0,0,0,0)",
            "font": {"size": 11, "color": "var(--ink-3)"},
            "margin": {"l": 44, "r": 112, "t": 22, "b": 30},
            "height": 290,
            "showlegend": False,
            "hovermode": "x unified",
            "hoverlabel": {
                "bgcolor": "var(--raised)",
                "bordercolor": "var(--line)",
                "font": {"color": "var(--ink)"},
            },
            "xaxis": {
                "type": "date",
                "gridcolor": "rgba(0,0,0,0)",
                "ticks": "outside",
                "tickcolor": "var(--line-strong)",
                "ticklen": 4,
                "fixedrange": True,
                **_time_range(lines),
            },
            "yaxis": {
                "range": [0, top * HEADROOM],
                "gridcolor": "var(--line)",
                "zerolinecolor": "var(--line-strong)",
                "fixedrange": True,
                "nticks": 7,
            },
            "shapes": shapes,
            "annotations": notes,
        },
    }
    return io.to_json(figure, validate=False)


def _limits(
    lines: list[tuple[DefectHistory, list[HistoryPoint]]], unit: str, rules: RuleSet
) -> list[tuple[str, float, str]]:
    """(state, millimetres, words) of the limits that hold for what is drawn, the least first."""
    if unit == "mm":
        return [
            (code, mm, _("%(code)s from %(mm)s") % {"code": code, "mm": number(mm, 2)})
            for code, mm in rules.thresholds_mm()
        ]
    if unit != EXTENT:
        return []
    # Each kind has its own; most have none, since seeing them is enough.
    kinds = {str(h.defect.kind): h.defect.get_kind_display() for h, _points in lines}
    named = _("%(kind)s: %(code)s<br>above %(mm)s")
    found = [
        (code, mm, named % {"kind": name, "code": code, "mm": number(mm, 1)})
        for kind, name in kinds.items()
        if (rule := AREA_RULES.get(rules.key, {}).get(kind))
        for code, mm in rule.limits_mm
    ]
    return sorted(found, key=lambda limit: limit[1])


def _across(y: float, colour: str, *, width: float, dash: str = "solid", yref: str = "y") -> dict:
    """A line from one side of the plot to the other."""
    line = {"color": colour, "width": width, "dash": dash}
    ends = {"xref": "paper", "x0": 0, "x1": 1, "yref": yref, "y0": y, "y1": y}
    return {"type": "line", "layer": "below", "line": line, **ends}


def _time_range(lines: list[tuple[DefectHistory, list[HistoryPoint]]]) -> dict[str, Any]:
    """A margin beside the first and the last visit; half a year each where there is one visit."""
    times = sorted(point.captured_at for _history, points in lines for point in points)
    span = (times[-1] - times[0]).total_seconds()
    margin_ms = 1000 * (0.07 * span if span > 86_400 else 182 * 86_400)
    first, last = 1000 * times[0].timestamp(), 1000 * times[-1].timestamp()
    return {"range": [first - margin_ms, last + margin_ms], "nticks": 7}


def _sentence(lines: list[tuple[DefectHistory, list[HistoryPoint]]], unit: str) -> str:
    history, points = lines[0]
    first, last = points[0], points[-1]
    words = {
        "n": history.defect.number,
        "defect": history.defect,
        "first": _spoken(first, unit),
        "last": _spoken(last, unit),
        "from": formats.date_format(first.captured_at, "YEAR_MONTH_FORMAT"),
        "to": formats.date_format(last.captured_at, "YEAR_MONTH_FORMAT"),
    }
    if unit == EXTENT and len(points) == 1:
        sentence = _("Extent of %(defect)s in %(to)s: %(last)s.") % words
    elif unit == EXTENT:
        sentence = _("Extent of %(defect)s from %(from)s, %(first)s, to %(to)s, %(last)s.") % words
    elif len(points) == 1:
        sentence = _("Width of crack %(n)d in %(to)s: %(last)s.") % words
    else:
        sentence = _("Width of crack %(n)d from %(from)s, %(first)s, to %(to)s, %(last)s.") % words
    others = len(lines) - 1
    if others and unit == EXTENT:
        sentence += " " + ngettext(
            "%(n)d other defect is drawn in grey.", "%(n)d other defects are drawn in grey.", others
        ) % {"n": others}
    elif others:
        sentence += " " + ngettext(
            "%(n)d other crack is drawn in grey.", "%(n)d other cracks are drawn in grey.", others
        ) % {"n": others}
    return sentence


def _spoken(point: HistoryPoint, unit: str) -> str:
    value, bar = _value(point, unit) or 0.0, _expanded(point, unit)
    if unit == EXTENT:
        return _words(value, bar, unit)
    decimals = width_decimals(value, bar or None, unit)
    return f"{number(value, decimals)} ± {number(bar, decimals)} {unit}"
