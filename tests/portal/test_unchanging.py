"""Pieces of a page that are drawn once: by language and value, blind to the person."""

from __future__ import annotations

from django.template import Context, Template
from django.utils import translation

RAIL = '{% load unchanging %}{% unchanging "shell/rail.html" place=place may_upload=may %}'


def drawn(**context):
    return Template(RAIL).render(Context(context))


def test_each_place_and_right_has_its_own_drawing():
    on_the_map = drawn(place="map", may=False)

    assert 'data-key="m" aria-current="page"' in on_the_map
    assert "/capture/" not in on_the_map and "/capture/" in drawn(place="map", may=True)
    assert 'data-key="a" aria-current="page"' in drawn(place="alerts", may=False)
    assert drawn(place="map", may=False) == on_the_map


def test_it_sees_nothing_but_what_it_is_given(tmp_path, settings):
    (tmp_path / "nosy.html").write_text("[{{ user }}{{ request }}{{ shell }}{{ place }}]")
    settings.TEMPLATES = [{**settings.TEMPLATES[0], "DIRS": [tmp_path]}]
    page = Template('{% load unchanging %}{% unchanging "nosy.html" place="map" %}')

    assert page.render(Context({"user": "Alice", "shell": "hers", "request": "r"})) == "[map]"


def test_each_language_has_its_own_drawing(settings, monkeypatch):
    from portal.templatetags import unchanging

    asked = []
    monkeypatch.setattr(
        unchanging, "render_to_string", lambda name, values: asked.append(name) or f"{len(asked)}"
    )
    page = Template('{% load unchanging %}{% unchanging "any-piece.html" %}')

    with translation.override("en"):
        first = [page.render(Context()), page.render(Context())]
    with translation.override("de"):
        second = page.render(Context())

    assert first == ["1", "1"] and second == "2"
