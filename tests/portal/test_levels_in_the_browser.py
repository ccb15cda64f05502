"""The browser's order of severity levels is the register's."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from django.conf import settings as django_settings

from assets.severity import GRADES, NONE_OPEN, UNGRADED, rank
from portal.pages.portfolio import LEGEND, _level_key

LEVELS = [*GRADES, NONE_OPEN, UNGRADED, None]
SCRIPT = """
const { levelKey, rank } = await import(process.argv[1]);
const levels = JSON.parse(process.argv[2]);
console.log(JSON.stringify(levels.map((level) => [levelKey(level), rank(levelKey(level))])));
"""


def test_keys_and_ranks_are_those_of_the_register(tmp_path: Path) -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("node was not found; the browser test sees the keys on the map.")
    module = tmp_path / "levels.mjs"
    shutil.copy(Path(django_settings.BASE_DIR) / "static/js/levels.js", module)
    answer = subprocess.run(
        [node, "--input-type=module", "-e", SCRIPT, module.as_uri(), json.dumps(LEVELS)],
        text=True, capture_output=True, check=True, timeout=60,
    )  # fmt: skip
    told = json.loads(answer.stdout)
    assert [place for _key, place in told] == [rank(level) for level in LEVELS]
    keys = dict(zip(LEVELS, (key for key, _place in told), strict=True))
    assert {level: keys[level] for level in LEGEND} == {n: _level_key(n) for n in LEGEND}
    assert keys[None] == keys[UNGRADED]
