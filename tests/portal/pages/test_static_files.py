"""Static files: the vendored ones are those we checked, and no page has inline code."""

from __future__ import annotations

import json
import re
from hashlib import sha256
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
STATIC = ROOT / "static"
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))


def test_vendored_files_are_those_whose_sums_were_written_down() -> None:
    lines = (STATIC / "vendor" / "CHECKSUMS").read_text().splitlines()
    sums = dict(reversed(line.split()) for line in lines)
    kept = {
        str(path.relative_to(STATIC / "vendor"))
        for path in (STATIC / "vendor").rglob("*")
        if path.is_file() and path.name not in ("CHECKSUMS", "README.md")
    }
    assert set(sums) == kept
    for name, expected in sums.items():
        assert sha256((STATIC / "vendor" / name).read_bytes()).hexdigest() == expected, name


def test_plotly_of_python_and_of_the_browser_are_a_pair() -> None:
    from plotly.offline import get_plotlyjs_version

    head = (STATIC / "vendor" / "plotly" / "plotly-strict.min.js").read_text()[:200]
    assert f"v{get_plotlyjs_version()}" in head


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_templates_hold_nothing_inline(path: Path) -> None:
    text = path.read_text()
    assert not re.search(r"\sstyle=[\"']", text), "style attribute"
    assert not re.search(r"\son[a-z]+=[\"']", text), "inline handler"
    assert "hx-on" not in text
    assert "<style" not in text
    for script in re.findall(r"<script[^>]*>", text):
        assert "src=" in script or 'type="application/json"' in script, script


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_icon_and_static_file_exists(path: Path) -> None:
    text = path.read_text()
    sprite = (STATIC / "icons.svg").read_text()
    for name in re.findall(r"{% icon [\"']([\w-]+)[\"']", text):
        assert f'id="i-{name}"' in sprite, name
    for name in re.findall(r"{% static [\"']([^\"']+)[\"'] %}", text):
        assert (STATIC / name).exists() or name.startswith(("leaflet/", "drf_spectacular")), name


def test_basemap_is_small_and_whole() -> None:
    path = STATIC / "basemap" / "world.json"
    assert path.stat().st_size < 1_000_000
    world = json.loads(path.read_text())
    assert len(world["land"]) > 1000
    assert {"Germany", "Japan", "Brazil"} <= {row[0] for row in world["countries"]}
    for ring in world["land"]:
        assert len(ring) % 2 == 0


def test_no_page_names_another_host() -> None:
    for path in [*TEMPLATES, *(STATIC / "js").glob("*.js"), *(STATIC / "css").glob("*.css")]:
        for host in re.findall(r"https?://[\w.-]+", path.read_text()):
            assert host in ("http://www.w3.org", "https://www.w3.org"), f"{path.name}: {host}"


PHYSICAL = re.compile(
    r"(?:margin|padding|border|inset)-(?:left|right)\b|text-align: *(?:left|right)|float:"
    r"|(?<![-\w])(?:left|right) *:"
)
FOUR_SIDES = re.compile(r"(?:margin|padding|inset): *([^;{}()]*)[;}]")


def test_our_sheets_speak_of_begin_and_end_not_of_left_and_right() -> None:
    """Right-to-left pages have no second sheet; scripts place what lies on maps and photos."""
    found = []
    for sheet in sorted((STATIC / "css").glob("*.css")):
        for number, line in enumerate(sheet.read_text().splitlines(), start=1):
            sides = [one.split() for one in FOUR_SIDES.findall(line)]
            if PHYSICAL.search(line) or any(len(s) == 4 and s[1] != s[3] for s in sides):
                found.append(f"{sheet.name}:{number}: {line.strip()[:80]}")
    assert found == []
