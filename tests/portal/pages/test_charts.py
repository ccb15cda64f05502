"""Figures of the asset page: what is drawn, what is said about it, and in which tokens."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json

from plotly import graph_objects as go

from assets.models import Defect
from assets.selectors.history import DefectHistory, HistoryPoint
from assets.severity.standards import AASHTO_MBEI_RC, KISTEC_RC
from portal.charts import MOST_LINES, extent_chart, spark_points, width_chart


def point(defect: int, year: int, mm: float | None, px: float = 5.0) -> HistoryPoint:
    return HistoryPoint(
        defect_id=defect,
        measurement_id=year,
        photo_id=100 * defect + year,
        inspection_id=year,
        captured_at=dt.datetime(year, 5, 1, tzinfo=dt.UTC),
        captured_at_source="offset",
        width_mm_p95=mm,
        width_mm_u=None if mm is None else 0.04,
        width_px_p95=px,
        width_px_u=0.5,
        length_mm=None,
        length_px=100.0,
        severity="" if mm is None else "CS1",
        level=None if mm is None else 1,
        confidence=0.9,
        identity="matched",
    )


def history(number: int, *points: HistoryPoint) -> DefectHistory:
    return DefectHistory(Defect(pk=number, number=number), points)


def chart(*histories: DefectHistory, unit: str = "mm", selected: int | None = None):
    drawn = width_chart(histories, unit=unit, rules=AASHTO_MBEI_RC, selected=selected)
    if drawn.figure is not None:
        go.Figure(json.loads(drawn.figure))  # raises for a property that Plotly does not know
    return drawn


def test_bars_are_expanded_uncertainty_and_thresholds_are_named() -> None:
    drawn = chart(history(7, point(7, 2024, 0.22), point(7, 2026, 0.35)))
    figure = json.loads(drawn.figure)
    (trace,) = figure["data"]
    assert trace["y"] == [0.22, 0.35]
    assert trace["error_y"]["array"] == [0.08, 0.08]
    names = [note["text"] for note in figure["layout"]["annotations"]]
    assert "CS2 from 0.30" in names
    assert "CS3 from 1.27" not in names  # outside of the plot: it would press the data flat
    assert figure["layout"]["yaxis"]["range"][0] == 0
    assert drawn.sentence == (
        "Width of crack 7 from May 2024, 0.22 ± 0.08 mm, to May 2026, 0.35 ± 0.08 mm."
    )


def test_colours_are_names_of_tokens() -> None:
    figure = json.loads(chart(history(1, point(1, 2025, 0.2))).figure)
    assert figure["data"][0]["line"]["color"] == "var(--accent)"
    colours = json.dumps(figure)
    assert "#" not in colours.replace("%{", "")


def test_the_selected_crack_comes_first_and_stands_out() -> None:
    two = chart(history(1, point(1, 2025, 0.4)), history(2, point(2, 2025, 0.2)), selected=2)
    first, second = json.loads(two.figure)["data"]
    assert first["meta"] == {"defect": 2}
    assert second["line"]["color"] == "var(--line-strong)"
    assert "1 other crack is drawn in grey" in two.sentence


def test_more_lines_than_anybody_can_follow_are_left_to_the_table() -> None:
    many = chart(*(history(n, point(n, 2025, 0.2)) for n in range(1, MOST_LINES + 4)))
    assert (many.drawn, many.left_out) == (MOST_LINES, 3)


def test_a_thinned_history_is_told() -> None:
    some = DefectHistory(Defect(pk=1, number=1), (point(1, 2025, 0.2),), is_thinned=True)
    assert (chart(some).thinned, chart(history(1, point(1, 2025, 0.2))).thinned) == (1, 0)


def test_ungraded_cracks_have_a_chart_of_their_own_in_px() -> None:
    graded, ungraded = history(1, point(1, 2025, 0.3)), history(2, point(2, 2025, None, 8.0))
    in_mm, in_px = chart(graded, ungraded), chart(graded, ungraded, unit="px")
    assert [trace["meta"]["defect"] for trace in json.loads(in_mm.figure)["data"]] == [1]
    pixels = json.loads(in_px.figure)
    assert [trace["meta"]["defect"] for trace in pixels["data"]] == [2]
    assert not any(note.get("name") == "threshold" for note in pixels["layout"]["annotations"])


def test_nothing_measured_is_no_figure() -> None:
    assert chart().figure is None
    assert chart(history(1, point(1, 2025, None))).figure is None


def test_sparkline_prefers_mm_and_falls_back_to_px() -> None:
    assert spark_points([point(1, 2025, 0.3)])[0][1:] == (0.3, 0.08)
    assert spark_points([point(1, 2025, None, 6.0)])[0][1:] == (6.0, 1.0)


def area(number: int, kind: str, *extents_mm: float) -> DefectHistory:
    points = tuple(
        dataclasses.replace(
            point(number, 2024 + n, None), region_id=n, extent_mm=mm, extent_mm_u=0.02 * mm
        )
        for n, mm in enumerate(extents_mm)
    )
    return DefectHistory(Defect(pk=number, number=number, kind=kind), points)


def limits(*histories: DefectHistory, rules=AASHTO_MBEI_RC) -> dict[str, float]:
    figure = json.loads(extent_chart(histories, rules=rules).figure)
    go.Figure(figure)
    drawn = {
        note["text"]: note["y"]
        for note in figure["layout"]["annotations"]
        if note.get("name") == "threshold"
    }
    dashed = [s["y0"] for s in figure["layout"]["shapes"] if s["line"]["dash"] == "dash"]
    assert dashed == list(drawn.values())
    top = figure["layout"]["yaxis"]["range"][1]
    assert all(mm < top for mm in dashed)
    return drawn


def test_the_limit_of_a_spalls_extent_is_drawn_and_named() -> None:
    assert limits(area(1, "spalling", 80.0, 120.0)) == {"Spalling: CS3<br>above 152.4": 152.4}
    assert limits(area(1, "spalling", 80.0), area(2, "leakage", 900.0)) == {
        "Spalling: CS3<br>above 152.4": 152.4
    }


def test_kinds_and_rule_sets_without_a_limit_have_no_line() -> None:
    assert limits(area(1, "efflorescence", 300.0)) == {}
    assert limits(area(1, "spalling", 300.0), rules=KISTEC_RC) == {}
