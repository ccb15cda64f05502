"""What pages repeat: the way here, titles, banners, empty lists, fields, pages of a list."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.paginator import Paginator
from django.template import Context, Template
from django.test.html import parse_html

DRAWINGS = Path(__file__).resolve().parents[3] / "templates" / "parts" / "drawings"


def draw(source: str, **context: object) -> str:
    return Template("{% load parts %}" + source).render(Context(context))


def test_a_step_of_the_way_is_a_link_where_it_has_an_address() -> None:
    assert '<a class="up" href="/members/">Members</a>' in draw('{% crumb "Members" "members" %}')
    assert 'href="/somewhere/"' in draw('{% crumb "There" to=there %}', there="/somewhere/")
    here = draw("{% crumb name %}", name="Pier <1>")
    assert "<b>Pier &lt;1&gt;</b>" in here
    assert "<a" not in here


def test_the_way_back_names_its_view_as_url_does() -> None:
    assert 'href="/assets/7/"' in draw('{% back "Bridge" "asset" 7 %}')


def test_a_title_has_a_sentence_below_it_only_where_there_is_one() -> None:
    assert "<p" not in draw('{% pagetitle "Alerts" %}')
    assert parse_html(draw('{% pagetitle "Alerts" "What waits." %}')) == parse_html(
        '<div class="grow"><h1>Alerts</h1><p class="subtitle"><span>What waits.</span></p></div>'
    )


@pytest.mark.parametrize(
    ("tag", "kind", "icon", "role"),
    [
        ("{% banner %}", "warning", "i-warn", "status"),
        ('{% banner "error" role="alert" %}', "error", "i-warn", "alert"),
        ('{% banner "info" %}', "info", "i-info", "status"),
        ('{% banner "info" icon="check" %}', "info", "i-check", "status"),
    ],
)
def test_a_banner_looks_and_speaks_as_its_kind_does(
    tag: str, kind: str, icon: str, role: str
) -> None:
    drawn = draw(tag + "<b>{{ who }}</b> is gone{% endbanner %}", who="A & B")
    assert f'<div class="banner {kind}" role="{role}">' in drawn
    assert f"#{icon}" in drawn
    assert "<b>A &amp; B</b> is gone" in drawn


def test_an_unknown_kind_of_banner_is_refused() -> None:
    with pytest.raises(KeyError):
        draw('{% banner "e" %}gone{% endbanner %}')


@pytest.mark.parametrize("drawing", sorted(path.stem for path in DRAWINGS.glob("*.html")))
def test_each_drawing_stands_above_the_words_of_an_empty_list(drawing: str) -> None:
    drawn = draw("{% nothing drawing %}<p>Nothing yet</p>{% endnothing %}", drawing=drawing)
    assert drawn.index('<svg class="art"') < drawn.index("<p>Nothing yet</p>")
    assert 'aria-hidden="true"' in drawn


def test_an_empty_list_needs_no_drawing() -> None:
    drawn = draw("{% nothing %}<p>Nothing yet</p>{% endnothing %}")
    assert parse_html(drawn) == parse_html('<div class="empty"><p>Nothing yet</p></div>')


def test_a_field_ties_its_label_and_its_hint_to_the_control() -> None:
    control = '<input id="paper" aria-describedby="paper-hint">'
    drawn = draw(f'{{% labelled "paper" "Paper" hint="A4" %}}{control}{{% endlabelled %}}')
    assert parse_html(drawn) == parse_html(
        f'<div class="field"><label for="paper">Paper</label>{control}'
        '<span class="hint" id="paper-hint">A4</span></div>'
    )
    assert "hint" not in draw('{% labelled "paper" "Paper" %}<input>{% endlabelled %}')


def pages(number: int, count: int = 5) -> str:
    page = Paginator(range(count), 2).page(number)
    return draw('{% pagination page "Newer" "Older" query=query %}', page=page, query="show=a&b")


def test_pages_lead_to_those_beside_them_and_keep_the_question() -> None:
    first, middle, last = pages(1), pages(2), pages(3)
    assert "Newer" not in first
    assert 'href="?show=a&amp;b&amp;page=2"' in first
    assert 'href="?show=a&amp;b&amp;page=1"' in middle
    assert 'href="?show=a&amp;b&amp;page=3"' in middle
    assert "Page 2 of 3" in " ".join(middle.split())
    assert "Older" not in last


def test_one_page_needs_no_pages() -> None:
    assert pages(1, count=2).strip() == ""
