"""Widths, state bars, times and symbols as templates write them."""

from __future__ import annotations

import datetime as dt
import re
from html import unescape

import pytest
from django.template import Context, Template
from django.utils import timezone

from portal.wording import width_decimals


def draw(source: str, **context: object) -> str:
    return Template("{% load hairline %}" + source).render(Context(context))


def text(html: str) -> str:
    return unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html)).strip())


@pytest.mark.parametrize(
    ("mm", "u", "words"),
    [
        (0.352, 0.04, "0.35 ± 0.08 mm"),
        (1.62, 0.105, "1.62 ± 0.21 mm"),
        (0.0271, 0.003, "0.027 ± 0.006 mm"),
        (0.5, 0.01, "0.500 ± 0.020 mm"),
        (12.3, 1.0, "12.3 ± 2.0 mm"),
        (0.35, None, "0.35 mm"),
    ],
)
def test_width_shows_expanded_uncertainty_and_its_decimals(
    mm: float, u: float | None, words: str
) -> None:
    assert text(draw("{% width mm=mm u=u %}", mm=mm, u=u)) == words


def test_width_without_scale_is_in_px_and_never_zero_mm() -> None:
    assert text(draw("{% width mm=None px=11.2 px_u=1.0 %}")) == "11 ± 2 px"
    assert text(draw("{% width mm=None px=4.26 px_u=0.3 %}")) == "4.3 ± 0.6 px"
    assert text(draw("{% width mm=None px=None %}")) == "not measurable"


def test_decimals_never_finer_than_the_instrument_reads() -> None:
    assert width_decimals(0.2, 0.0004, "mm") == 3
    assert width_decimals(8.0, 0.02, "px") == 1


def test_state_caption_names_likely_states_first_and_never_says_certain() -> None:
    assert text(draw("{% statecap 0.35 0.04 %}")) == "CS2 89 % CS1 11 %"
    assert text(draw("{% statecap 2.5 0.05 %}")) == "CS3 > 99 %"
    assert draw("{% statecap None None %}") == ""


def test_state_bar_parts_cover_the_bar() -> None:
    bar = draw("{% statebar 0.35 0.04 %}")
    parts = re.findall(r'x="([\d.]+)%" width="([\d.]+)%" height="100%" class="fill-(\d)"', bar)
    assert [level for _x, _w, level in parts] == ["1", "2"]
    assert float(parts[1][0]) + float(parts[1][1]) == pytest.approx(100.2, abs=0.2)
    assert "style=" not in bar


@pytest.mark.parametrize(
    ("level", "symbol", "name"),
    [
        (-2, "s-none", "None seen"),
        (0, "s-0", "0 Excellent"),
        (3, "s-3", "3 Poor"),
        (None, "s-nm", "Ungraded"),
        (-1, "s-nm", "Ungraded"),
    ],
)
def test_symbol_says_the_level(level: int | None, symbol: str, name: str) -> None:
    drawn = draw("{% sev level %}", level=level)
    assert f"#{symbol}" in drawn
    assert name in drawn
    assert 'aria-hidden="true"' in draw("{% sev level quiet=True %}", level=level)


def test_ago_is_relative_below_an_hour_and_a_date_after() -> None:
    now = timezone.now()
    assert text(draw("{% ago t %}", t=now - dt.timedelta(minutes=6, seconds=5))) == "6 min ago"
    assert text(draw("{% ago t %}", t=now)) == "just now"
    old = draw("{% ago t %}", t=dt.datetime(2024, 5, 14, 10, 42, tzinfo=dt.UTC))
    assert text(old) == "14 May 2024"
    assert 'title="14 May 2024, 10:42 UTC"' in old
    assert text(draw("{% ago None %}")) == "never"


def test_spark_of_one_visit_is_a_point_without_division_by_zero() -> None:
    drawn = draw("{% spark points %}", points=[(0.0, 0.3, 0.0)])
    assert drawn.count("<circle") == 1
    assert "nan" not in drawn
    assert draw("{% spark points %}", points=[]) == ""


def test_json_in_a_script_cannot_end_it() -> None:
    drawn = draw("{{ text|safe_json }}", text='{"a": "</script><b>&"}')
    assert "<" not in drawn
    assert "\\u003C/script\\u003E" in drawn
