"""Style sheets and pages use the same words: a class that nobody wears any more is found."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SHEETS = sorted((ROOT / "static" / "css").glob("*.css"))
NOT_OURS = ("leaflet-", "htmx-")
# Ends with a level where it is worn: fill-{}, limit-${…}, ln{{ … }}.
BY_LEVEL = re.compile(r"(fill-|level-|limit-|limit-name-|ln)(?:\d|nm|rev)")
CLASS = re.compile(r"\.([a-z][\w-]*)")


def _selectors(sheet: Path) -> str:
    text = re.sub(r"/\*.*?\*/", "", sheet.read_text(encoding="utf-8"), flags=re.DOTALL)
    return " ".join(re.findall(r"[^{}]+(?=\{)", text))


def _wearers() -> str:
    files = [
        *(ROOT / "templates").rglob("*.html"),
        *(ROOT / "static" / "js").glob("*.js"),
        *(ROOT / "portal").rglob("*.py"),
    ]
    return "\n".join(file.read_text(encoding="utf-8") for file in files)


def test_each_class_is_worn_somewhere() -> None:
    words = set(re.findall(r"[a-z][\w-]*", _wearers()))
    unworn = {
        (sheet.name, name)
        for sheet in SHEETS
        if sheet.name != "documentation.css"  # what Swagger UI draws
        for name in CLASS.findall(_selectors(sheet))
        if name not in words and not name.startswith(NOT_OURS) and not BY_LEVEL.fullmatch(name)
    }
    assert unworn == set()


def test_a_class_says_what_it_is() -> None:
    """One or two letters say nothing, but for words and for sizes and lines of the language."""
    kept = {"ok", "up", "qr", "sm", "xs", "l", "xl", "wm", "nm", "ln"}
    short = {
        name
        for sheet in SHEETS
        for name in CLASS.findall(_selectors(sheet))
        if len(name) < 3 and name not in kept
    }
    assert short == set()
