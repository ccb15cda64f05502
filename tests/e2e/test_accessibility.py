"""axe-core looks at every page, in both themes, on a desk and on a phone, and finds nothing.

tests/pages_to_open.py says how each page is opened; a new address that it does not know fails the
first test.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.conf import settings

from tests.addresses import names
from tests.e2e.conftest import DESK, PHONE
from tests.pages_to_open import NO_PAGES, PAGES, Opening
from tests.processes import ROOT, serving_site

# (theme, size, whether the theme alone is new)
LOOKS = [
    ("light", DESK, False),
    ("dark", DESK, True),
    ("dark", PHONE, False),
    ("light", PHONE, True),
]
# Every rule of axe: its own choice leaves out the experimental ones and the size of targets. One
# stays out: Leaflet's maps are reached by Tab, for their keys, and that rule wants a widget there.
# A theme changes colours and nothing else, so the second look at a size is for colours alone.
RUN_AXE = """
async (onlyColours) => {
  const rules = axe.getRules(onlyColours ? ["cat.color"] : undefined).map((rule) => rule.ruleId)
    .filter((rule) => !["focus-order-semantics", "color-contrast-enhanced"].includes(rule));
  const { violations } = await axe.run(document, {
    runOnly: { type: "rule", values: rules },
    resultTypes: ["violations"],
  });
  const say = (rule, { impact, target, html, failureSummary: remedy }) =>
    `${rule} (${impact}) at ${target.flat().join(" ")}\n${html}\n${remedy}`;
  return violations.flatMap(({ id, nodes }) => nodes.map((node) => say(id, node)));
}
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """A filled installation that answers: ``base``, ``things`` and ``sessions``."""
    folder = tmp_path_factory.mktemp("filled")
    env = {
        **{key: value for key, value in os.environ.items() if key != "PYTEST_XDIST_WORKER"},
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "DATA_DIR": str(folder),
        "DATABASE_URL": f"sqlite:///{folder}/db.sqlite3",
        "SECRET_KEY": "only-for-tests",
        "LOG_LEVEL": "WARNING",
        "OIDC_SERVER_URL": "https://login.example.org",
        "OIDC_NAME": "Rhine login",
        "OIDC_CLIENT_ID": "hairline",
        "OIDC_CLIENT_SECRET": "for tests",
    }
    told = subprocess.run(
        [sys.executable, "-m", "tests.filled_site"],
        cwd=ROOT, env=env, check=True, stdout=subprocess.PIPE, text=True,
    ).stdout  # fmt: skip
    with serving_site(env) as running:
        yield {"base": running.base, **json.loads(told.splitlines()[-1])}


def test_every_address_is_opened_or_is_no_page() -> None:
    opened, known = {one.name for one in PAGES if one.name}, names()
    assert not opened & set(NO_PAGES), "Either a page or none."
    data = {name for name in known if name.startswith("api:")}
    new = known - opened - set(NO_PAGES) - data
    assert not new, "Say in PAGES how these are opened, or in NO_PAGES why they are no pages."
    assert not (opened | set(NO_PAGES)) - known, "These addresses are gone."


@pytest.mark.browser
@pytest.mark.parametrize("who", sorted({one.who for one in PAGES}))
def test_axe_finds_nothing(who: str, browser: Any, site: dict[str, Any]) -> None:
    axe = pytest.importorskip("axe_playwright_python.base").AXE_FILE_PATH.read_text("utf-8")
    context = browser.new_context(
        viewport=DESK, base_url=site["base"], locale="en-GB", reduced_motion="reduce"
    )
    if who:
        cookie = {"name": settings.SESSION_COOKIE_NAME, "value": site["sessions"][who]}
        context.add_cookies([{**cookie, "url": site["base"]}])
    tab = context.new_page()
    tab.set_default_timeout(20_000)
    found: list[str] = []
    for opening in (one for one in PAGES if one.who == who):
        found += _look_at(tab, opening, opening.address(site["things"]), axe)
    context.close()
    assert not found, f"{len(found)} nodes of {who or 'nobody'}:\n" + "\n\n".join(found)


def _look_at(tab: Any, opening: Opening, address: str, axe: str) -> list[str]:
    """What axe finds in the page, one text a node: where, in which looks, the rule, the remedy."""
    if "#" in address:
        tab.goto("about:blank")  # else the browser would only scroll where the path is the same
    tab.set_viewport_size(DESK)
    answer = tab.goto(address)
    assert answer.status == opening.status, f"{address} answered {answer.status}"
    here, wanted = (urlsplit(one).path for one in (tab.url, address))
    assert here == wanted, f"{address} led to {here}"
    if opening.then:
        opening.then(tab)
    tab.evaluate(axe)  # not bound by the page's policy, as a script element would be
    looks: dict[str, list[str]] = {}
    for theme, size, is_new_theme in LOOKS:
        tab.emulate_media(color_scheme=theme)
        tab.set_viewport_size(size)
        for text in tab.evaluate(RUN_AXE, is_new_theme):
            looks.setdefault(text, []).append(f"{theme} {size['width']}")
    return [f"{address} ({', '.join(seen)})\n{text}" for text, seen in looks.items()]
