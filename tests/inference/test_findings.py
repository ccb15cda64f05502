"""Whatever the instrument cannot do, it says in three parts: a code, a sentence, a remedy."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2] / "inference"
PARTS = ("code", "sentence", "remedy")


def calls() -> Iterator[tuple[str, list[ast.expr]]]:
    for path in sorted(ROOT.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            named = isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
            if named and node.func.id in ("Finding", "NotMeasurable"):
                given = [*node.args, *(word.value for word in node.keywords)]
                yield f"{path.relative_to(ROOT)}:{node.lineno}", given


FOUND = list(calls())


def test_there_are_some():
    assert len(FOUND) > 40


@pytest.mark.parametrize(("where", "given"), FOUND, ids=[where for where, _ in FOUND])
def test_each_has_a_code_a_sentence_and_a_remedy(where, given):
    assert len(given) == len(PARTS), f"{where} leaves a part out"
    for part, value in zip(PARTS, given, strict=True):
        if isinstance(value, ast.Constant):
            assert isinstance(value.value, str) and value.value.strip(), f"{where}: no {part}"
            if part == "code":
                assert re.fullmatch(r"[a-z_]+", value.value), where
            else:
                assert value.value.rstrip()[-1] in ".:`…", f"{where}: {part} is no sentence"
