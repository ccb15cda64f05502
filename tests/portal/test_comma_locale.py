"""A language with a decimal comma: people read 0,30 mm; programs get the point everywhere."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django.utils.translation import override

from portal.findings import said
from portal.templatetags.hairline import width
from portal.wording import area_words
from tests.portal.test_access_table import ROWS, world  # noqa: F401

# Attributes that programs read, whatever the language of the page.
MACHINES = re.compile(
    r"data-|hx-(?!confirm)|style$|d$|points$|viewbox$|[xy][12]?$|[cr][xy]?$|width$|height$|min$|max$"
    r"|step$|href$|src$|datetime$|id$|for$|name$|maxlength$|transform$|value$|content$"
)
# What is new at every answer, and the mark of a part, by which a page sees that its words changed.
FORGET = re.compile(r"csrf|nonce|token|client_key|data-mark", re.IGNORECASE)


class _Machine(HTMLParser):
    """What programs read in a page: attributes and blocks of JSON."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, str, str]] = []
        self.blocks: dict[str, str] = {}
        self._block: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "script" and given.get("type") == "application/json":
            self._block = given.get("id", "")
        shown = tag == "input" and given.get("type") in ("submit", "button")
        if FORGET.search(given.get("name", "")) or shown:
            return
        for name, value in given.items():
            if MACHINES.match(name) and not FORGET.search(f"{name} {value}"):
                self.found.append((tag, name, value))

    def handle_endtag(self, tag: str) -> None:
        self._block = None

    def handle_data(self, data: str) -> None:
        if self._block is not None:
            self.blocks[self._block] = data


def _read(html: str) -> _Machine:
    machine = _Machine()
    machine.feed(html)
    return machine


def _numbers(value: Any) -> Any:
    """JSON without its texts: what is left must not depend on the language."""
    if isinstance(value, dict):
        return {key: _numbers(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_numbers(inner) for inner in value]
    return None if isinstance(value, str) else value


@pytest.fixture
def _german(settings: Any) -> None:
    settings.LANGUAGES = [("en", "English"), ("de", "German")]


@pytest.mark.usefixtures("_german")
def test_pages_say_the_same_to_programs_in_both_languages(world: dict[str, Any]) -> None:  # noqa: F811
    client = Client()
    client.force_login(world["people"]["alice"])
    opened, blocks = 0, 0
    differ: dict[str, Any] = {}
    for name, method, _statuses, arguments, _sent in ROWS:
        if method != "GET" or name.startswith("api:"):
            continue
        things = {key: world.get(value, value) for key, value in arguments.items()}
        address = reverse(name, kwargs=things or None)
        answers = []
        for language in ("en", "de"):
            cache.clear()
            answers.append(client.get(address, headers={"Accept-Language": language}))
        english, german = answers
        assert english.status_code == german.status_code, address
        if not english.get("Content-Type", "").startswith("text/html"):
            continue
        assert german["Content-Language"] == "de"
        here, there = (_read(answer.content.decode()) for answer in answers)
        if there.found != here.found:
            pairs = zip(here.found, there.found, strict=False)
            differ[address] = [pair for pair in pairs if pair[0] != pair[1]]
        for key, block in here.blocks.items():
            if _numbers(json.loads(there.blocks[key])) != _numbers(json.loads(block)):
                differ[f"{address} {key}"] = there.blocks[key]
            blocks += not key.startswith("words-")
        opened += english.status_code == 200
    assert not differ
    assert opened >= 25
    assert blocks >= 3


@pytest.mark.usefixtures("_german")
def test_widths_read_with_a_comma(world: dict[str, Any]) -> None:  # noqa: F811
    client = Client()
    client.force_login(world["people"]["alice"])
    address = reverse("photo", args=[world["photo"]])
    html = client.get(address, headers={"Accept-Language": "de"}).content.decode()
    text = " ".join(re.sub(r"<(script|style).*?</\1>|<[^>]+>", " ", html, flags=re.S).split())
    assert re.search(r"\b0,\d\d ± 0,\d\d mm", text)
    pointed = re.findall(r".{10}\b\d+\.\d+ (?:±|mm).{20}", text)
    assert [one for one in pointed if "Empty: 0.5 mm" not in one] == []  # of a translator's text


@pytest.mark.usefixtures("_german")
def test_numbers_dates_and_areas_by_language() -> None:
    with override("de"):
        assert "<b>0,30</b>" in width(mm=0.3)
        assert area_words(210_000.0, 4_000.0) == "0,210 ± 0,008 m²"
        too_coarse = {"code": "pixels_too_coarse", "values": {"pixel_mm": 0.51, "limit_mm": 0.3}}
        assert "0,51 mm" in said(too_coarse).sentence
    with override("en"):
        assert "<b>0.30</b>" in width(mm=0.3)
