"""The scripts' own tests (tests/js), in one: pure parts, and the rules that `make lint` adds."""

from __future__ import annotations

import re

from tests.javascript import ROOT, deno


def test_the_scripts_own_tests_pass() -> None:
    answer = deno("test", "--quiet", "--no-remote", "tests/js")
    told = answer.stdout + answer.stderr
    assert answer.returncode == 0, told
    count = re.search(r"ok \| (\d+) passed \| 0 failed", told)
    assert count
    files = len(list((ROOT / "tests/js").glob("*.test.js")))
    assert files >= 14
    assert int(count[1]) >= 5 * files
