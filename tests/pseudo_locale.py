"""A test language that puts every text in brackets: ⟦Save⟧. Text outside is not translated.

It brackets what translators get (``tests.messages``) and what Django and the other packages have
translations of, and nothing else: a text that reaches gettext by a variable and is marked nowhere
stays bare.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from html.parser import HTMLParser
from typing import Any

from django.utils.translation import trans_real

from tests.messages import collected

OPEN, CLOSE = "⟦", "⟧"
LANGUAGE = "en-pseudo"
CONTEXT = "\x04"


@cache
def known() -> frozenset[str]:
    """Texts that have a translator, those with a context behind its sign."""
    ours: set[str] = set()
    for message in collected():
        ids = message.id if isinstance(message.id, tuple) else (message.id,)
        for one in ids:
            ours.add(f"{message.context}{CONTEXT}{one}" if message.context else one)
    theirs = trans_real.DjangoTranslation("de")._catalog.keys()
    return frozenset(ours | {key if isinstance(key, str) else key[0] for key in theirs}) - {""}


class Pseudo(trans_real.DjangoTranslation):
    """English in brackets."""

    def gettext(self, message: str) -> str:
        return _bracketed(message) if message in known() else message

    def ngettext(self, singular: str, plural: str, number: int) -> str:
        chosen = singular if number == 1 else plural
        return _bracketed(chosen) if singular in known() else chosen

    def to_language(self) -> str:
        return LANGUAGE  # its own, so that nothing is taken for English that was kept before


def _bracketed(message: str) -> str:
    return f"{OPEN}{message.rpartition(CONTEXT)[2]}{CLOSE}"


@contextmanager
def spoken() -> Iterator[None]:
    """Whatever asks for English gets it in brackets."""
    kept = dict(trans_real._translations)
    default, active = trans_real._default, getattr(trans_real._active, "value", None)
    pseudo = Pseudo("en")
    trans_real._translations["en"] = trans_real._default = pseudo
    trans_real._active.value = pseudo
    try:
        yield
    finally:
        trans_real._translations.clear()
        trans_real._translations.update(kept)
        trans_real._default = default
        if active is None:
            del trans_real._active.value
        else:
            trans_real._active.value = active


# What may stand outside, by the reason.
BARE = {
    "our name": r"\bHairline\b",
    "SI and what is written like it, alike in every language": (
        r"(?<![^\W\d_])(?:[mck]?m|px|Mpx|MP|[kMG]B|ms|mm/px|px/mm|m/m²|m²|cm²|in|ft)(?!\w)"
    ),
    "signs of quantities": r"\b(?:U|F1|p50|p95|k = 2)\b",
    "addresses": r"https?://\S+|[\w.+-]+@[\w.-]+|(?<![\w])/[\w/.-]+",
    "time zones, behind a time": r"(?<=\d\d:\d\d )[A-Z]{3,5}\b",
    "dictionaries of markers": r"\b(?:apriltag|aruco)-[\w-]+",
    "our networks": r"\btrace-(?:edge|open|deep)\b|\b(?:onnx|torch)-(?:cpu|gpu|cuda)\b",
    "a camera's maker and model": r"\bDJI [\w ]+",
    "condition states, as their standards write them": r"\bCS[1-4]\b",
    "a fingerprint": r"\b[0-9a-f]{12,}\b|\bSHA-256\b",
    "places of values in a chart": r"%\{[^}]*\}",
    "a field of the API before its error": r"\b[a-z_]+(?=:)",
}

# Elements whose text is no language's: programs, keys; and what says so itself.
CODE = {"code", "kbd", "samp"}
VOID = {
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track",
    "wbr",
}  # fmt: skip
TEXT_ATTRIBUTES = {
    "title", "alt", "placeholder", "aria-label", "aria-description", "aria-roledescription",
    "aria-valuetext", "aria-placeholder", "hx-confirm", "hx-prompt", "data-confirm",
}  # fmt: skip
BUTTONS = {"submit", "button", "reset"}
# In JSON of pages: what people read of it.
TEXT_KEYS = {"text", "title", "name", "label", "hovertemplate", "description"}
TEXT_KEYS |= {"detail", "hint", "message", "sentence", "remedy"}
LETTERS = re.compile(r"[^\W\d_]")


class _Page(HTMLParser):
    """Texts and text attributes of a page, the brackets counted through the whole of it."""

    def __init__(self) -> None:
        super().__init__()
        self.depth = 0
        self.bare: list[str] = []
        self._open: list[tuple[str, bool]] = []  # element, whether its text is no language's
        self._script: dict[str, str | None] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        foreign = "lang" in given and tag != "html"  # such as a model's own card, in English
        spared = tag in CODE or given.get("translate") == "no" or foreign or self._is_spared
        if tag not in VOID:
            self._open.append((tag, spared))
        if tag in ("script", "style"):
            self._script = given
        for name, value in given.items():
            if value and not spared and _is_text(tag, name, given):
                rest, depth = outside(value)
                self.bare += [rest, *([f"brackets not closed: {value}"] if depth else [])]

    def handle_endtag(self, tag: str) -> None:
        if tag in ("script", "style"):
            self._script = None
        while tag in (name for name, _spared in self._open) and self._open.pop()[0] != tag:
            pass

    @property
    def _is_spared(self) -> bool:
        return bool(self._open and self._open[-1][1])

    def handle_data(self, data: str) -> None:
        if self._script is None:
            rest, self.depth = outside(data, self.depth)
            self.bare += [] if self._is_spared else [rest]
        elif self._script.get("type") == "application/json" and data.strip():
            everything = str(self._script.get("id", "")).startswith("words-")
            self.bare += bare_in_json(json.loads(data), everything=everything)


def _is_text(tag: str, name: str, given: dict[str, str | None]) -> bool:
    """Whether people read this attribute, or hear it."""
    if name == "label":
        return tag in ("option", "optgroup", "track")
    if name == "value":
        return tag == "input" and given.get("type") in BUTTONS
    if name == "content":
        return given.get("name") == "description"
    return name in TEXT_ATTRIBUTES


def outside(text: str, depth: int = 0) -> tuple[str, int]:
    """What stands outside the brackets, and how many are open behind it."""
    rest: list[str] = []
    for sign in text:
        if sign == OPEN:
            depth += 1
            rest.append(" ")
        elif sign == CLOSE:
            depth -= 1
        elif depth <= 0:
            rest.append(sign)
    return "".join(rest), depth


def bare_in_json(value: Any, *, everything: bool = False, is_text: bool = False) -> list[str]:
    """The texts of JSON outside the brackets: under the keys that people read, or all.

    An annotation of a chart has a name, too, by which our script finds it again.
    """
    if isinstance(value, dict):
        told = {k: v for k, v in value.items() if k != "name" or "showarrow" not in value}
        return [
            bare
            for key, inner in told.items()
            for bare in bare_in_json(
                inner, everything=everything or key == "fields", is_text=key in TEXT_KEYS
            )
        ]
    if isinstance(value, list):
        return [
            bare
            for inner in value
            for bare in bare_in_json(inner, everything=everything, is_text=is_text)
        ]
    if isinstance(value, str) and (everything or is_text):
        return [outside(value)[0]]
    return []


def bare_in_page(html: str) -> list[str]:
    """The texts of a page outside the brackets."""
    page = _Page()
    page.feed(html)
    page.close()
    return [*page.bare, f"{page.depth} brackets not closed"] if page.depth else page.bare


def unspoken(texts: Iterable[str], entered: Iterable[str] = ()) -> list[str]:
    """Those of the texts that hold letters, but for names, units and what people entered.

    Args:
        entered: values that people gave, such as the name of a structure.
    """
    longest_first = sorted({one for one in entered if one}, key=len, reverse=True)
    names = [rf"(?<!\w){re.escape(one)}(?!\w)" for one in longest_first]
    spared = re.compile("|".join([*names, *BARE.values()]))
    found = [
        " ".join(text.split())
        for text in texts
        if LETTERS.search(text) and LETTERS.search(spared.sub(" ", text))
    ]
    return list(dict.fromkeys(found))
