"""A broken template is named by file and line before anybody opens its page."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.lint_templates import FOLDER, LONGEST_LINE, ROOT, faults


def _djlint(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    pytest.importorskip("djlint")  # of the full set of packages
    return subprocess.run(
        [sys.executable, "-m", "djlint", *arguments, "--configuration", ROOT / "pyproject.toml"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


def test_every_template_compiles_and_has_no_long_line() -> None:
    assert list(faults(FOLDER)) == []


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("<p>\n  {% if asset %}\n    {{ asset }}\n</p>\n", 2, "Unclosed tag on line 2: 'if'"),
        ("<p>\n\n{% endif %}</p>\n", 3, "Invalid block tag on line 3: 'endif'"),
        ("{% load hairline %}\n{{ asset|no_such_filter }}\n", 2, "Invalid filter"),
        (f"<p>\n{'x' * LONGEST_LINE}x\n</p>\n", 2, "201 characters; 200 at most"),
        # djLint pairs these with the end tags of the other branch.
        ("{% for a in b %}\n<p>\n{% empty %}\n<p></p>\n{% endfor %}\n", 2, "<p> is not closed"),
        ("{% if a %}\n<i></i></b>\n{% endif %}\n", 2, "</b> closes nothing of its branch"),
        ("<ul>\n<li {% if a > 1 %}hidden{% endif %}>\n</ul>\n", 2, "<li> is not closed"),
        ("<p>\n{# <b> #}{% comment %}<b>{% endcomment %}<br>\n", 1, "<p> is not closed"),
    ],
)
def test_a_fault_is_named_by_file_and_line(
    tmp_path: Path, text: str, line: int, words: str
) -> None:
    (tmp_path / "asset").mkdir()
    broken = tmp_path / "asset" / "broken.html"
    broken.write_text(text)
    (tmp_path / "asset" / "whole.html").write_text(f"<p>{'x' * (LONGEST_LINE - 7)}</p>\n")
    (found,) = faults(tmp_path)
    assert found.startswith(f"{broken}:{line}: ")
    assert words in found


def test_an_unclosed_element_is_named_by_file_and_line(tmp_path: Path) -> None:
    (tmp_path / "broken.html").write_text("<p>one</p>\n<section>\n  <p>two</p>\n")
    said = _djlint(tmp_path, "--lint")
    assert said.returncode == 1
    assert "broken.html" in said.stdout
    assert "H025 2:0" in said.stdout


def test_a_template_out_of_shape_is_told_and_mended(tmp_path: Path) -> None:
    template = tmp_path / "long.html"
    template.write_text("<div><p>one</p><p>two</p></div>\n")
    assert _djlint(tmp_path, "--check").returncode == 1
    _djlint(tmp_path, "--reformat")
    assert template.read_text() == "<div>\n  <p>one</p>\n  <p>two</p>\n</div>\n"
    assert _djlint(tmp_path, "--check").returncode == 0
