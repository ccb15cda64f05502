"""docs/contributing.md tells the truth: its list for a new page is followed word for word."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
GUIDE = ROOT / "docs" / "contributing.md"

OF_ALL_PAGES = (
    "tests/portal/test_access_table.py",
    "tests/portal/test_pseudo_locale.py",
    "tests/e2e/test_accessibility.py::test_every_address_is_opened_or_is_no_page",
)

BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PATH = re.compile(r"`([\w/]+\.(?:py|html))`")


def _section(title: str) -> str:
    found = re.search(rf"^## {title}\n(.*?)(?=^## )", GUIDE.read_text(), re.MULTILINE | re.DOTALL)
    assert found, f"docs/contributing.md has no section {title!r}"
    return found[1]


def _steps(section: str) -> Iterator[tuple[str, str, str]]:
    """(language, file, text) of each block; the file is the last one named before it."""
    for block in BLOCK.finditer(section):
        named = PATH.findall(BLOCK.sub("", section[: block.start()]))
        yield block[1], named[-1], block[2]


def _changed(before: str, change: str) -> str:
    """The text with a change made: lines that begin with a space stay, those with + are new."""
    lines = [(line[:1], line[1:]) for line in change.splitlines(keepends=True)]
    old = "".join(line for mark, line in lines if mark in " -")
    new = "".join(line for mark, line in lines if mark in " +")
    assert before.count(old) == 1, f"not there once: {old}"
    return before.replace(old, new)


def _copy_to(folder: Path) -> None:
    left_out = shutil.ignore_patterns("__pycache__")
    for name in ("portal", "assets", "inference", "templates", "static", "tests"):
        shutil.copytree(ROOT / name, folder / name, ignore=left_out)
    for name in ("manage.py", "pyproject.toml"):
        shutil.copy2(ROOT / name, folder / name)


def _run(folder: Path, *command: str) -> None:
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PYTEST_", "DATA_DIR"))
    }
    done = subprocess.run(
        [sys.executable, *command],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.long
def test_whoever_follows_the_list_has_a_page(tmp_path: Path) -> None:
    """Every block is put where the text says; then the list's own test opens the page, and those
    of all pages find nothing amiss.
    """
    copy = tmp_path / "hairline"
    copy.mkdir()
    _copy_to(copy)
    tests = []
    for language, name, text in _steps(_section("To add a page")):
        target = copy / name
        if language == "diff":
            target.write_text(_changed(target.read_text(), text))
            continue
        assert not target.exists(), f"{name} is there already"
        target.parent.mkdir(exist_ok=True)
        target.write_text(text)
        if name.startswith("tests/"):
            tests.append(name)
    assert tests, "the list has a test"
    _run(copy, "-m", "pytest", "-q", "-p", "no:cacheprovider", *tests, *OF_ALL_PAGES)
    _run(copy, "-m", "ruff", "check", "--no-cache", "portal", "assets", *tests)
    _run(copy, "-m", "tests.lint_templates")


@pytest.mark.parametrize("page", ["contributing.md", "architecture.md"])
def test_every_file_that_the_docs_name_is_there(page: str) -> None:
    """Names of what is yet to be made have a word in capitals, or are new files of the list."""
    text = (ROOT / "docs" / page).read_text()
    made = set(re.findall(r"New file\s`([^`]+)`", text))
    named = set(re.findall(r"`((?:portal|assets|inference|templates|tests|static)/[^`\s]*)`", text))
    missing = {
        name
        for name in named - made
        if not re.search(r"[A-Z]{4}", name) and not (ROOT / name).exists()
    }
    assert not missing


def test_every_variable_of_the_settings_is_explained() -> None:
    """But the one by which a web process knows itself, which is no setting."""
    told = (ROOT / "docs" / "operator" / "settings.md").read_text()
    read = {
        name
        for path in (ROOT / "portal" / "settings").glob("*.py")
        for name in re.findall(r"\benv\.\w+\(\s*\"([A-Z][A-Z0-9_]+)\"", path.read_text())
    }
    assert len(read) > 40
    assert {name for name in read if f"`{name}`" not in told} == {"HAIRLINE_PROCESS"}
