"""The browser's order of severity levels is the register's."""

from __future__ import annotations

from assets.severity import GRADES, NONE_OPEN, UNGRADED, rank
from portal.pages.portfolio import LEGEND
from portal.wording import level_key
from tests.javascript import STATIC, run_modules

LEVELS = [*GRADES, NONE_OPEN, UNGRADED, None]
SCRIPT = """
const { levelKey, rank } = await import(modules[0]);
console.log(JSON.stringify(words.map((level) => [levelKey(level), rank(levelKey(level))])));
"""


def test_keys_and_ranks_are_those_of_the_register() -> None:
    told = run_modules(SCRIPT, [STATIC / "levels.js"], *LEVELS)
    assert [place for _key, place in told] == [rank(level) for level in LEVELS]
    keys = dict(zip(LEVELS, (key for key, _place in told), strict=True))
    assert {level: keys[level] for level in LEGEND} == {n: level_key(n) for n in LEGEND}
    assert keys[None] == keys[UNGRADED]
