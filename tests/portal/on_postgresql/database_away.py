"""A lost database: a sentence and 503 everywhere, until it is back.

Collected by ``tests/portal/test_on_postgresql.py`` only: SQLite has no wire to cut.
"""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests
from django.conf import settings as django_settings
from django.db import connection
from django.test import Client

from portal.api.authentication import issue_token
from tests.portal.on_postgresql.proxy import Wire
from tests.portal.test_access_table import world  # noqa: F401
from tests.processes import running_site

PAGES = ["/", "/assets/{bridge}/", "/photos/{photo}/", "/alerts/", "/account/", "/portfolio/list/"]
FOR_PROGRAMS = ["/api/v1/assets/", "/api/v1/photos/{photo}/", "/api/v1/map/0/0/0/",
                "/photos/{photo}/original", "/photos/{photo}/thumbnail"]  # fmt: skip


@pytest.fixture(autouse=True)
def _media_of_its_own(settings: object) -> None:
    """Overrides the fixture of that name: the site's process reads the same folder."""
    settings.MEDIA_ROOT = django_settings.DATA_DIR / "media"  # type: ignore[attr-defined]


def _until_answered(ask: Any, status: int, within_s: float = 20) -> requests.Response:
    deadline = time.monotonic() + within_s
    while (answer := ask()).status_code != status and time.monotonic() < deadline:
        time.sleep(0.2)
    return answer


def _all_at_once(ask: Any, paths: list[str]) -> list[tuple[str, requests.Response]]:
    """Each waits for a connection as long as it may, so they wait together."""
    with ThreadPoolExecutor(len(paths)) as threads:
        return list(zip(paths, threads.map(ask, paths), strict=True))


@pytest.mark.django_db(transaction=True)
def test_the_database_goes_away_and_comes_back(world: dict[str, Any], ada: Any) -> None:  # noqa: F811
    browser = Client()
    browser.force_login(ada)
    cookies = {"sessionid": browser.cookies["sessionid"].value}
    token = {"Authorization": f"Token {issue_token(user=ada)[0]}"}
    chosen = connection.settings_dict
    with Wire(chosen["HOST"] or "127.0.0.1", int(chosen["PORT"] or 5432)) as wire:
        url = f"postgres://{chosen['USER']}:{chosen['PASSWORD']}@127.0.0.1:{wire.port}/{chosen['NAME']}"
        with running_site(DATABASE_URL=url) as site:

            def page(path: str) -> requests.Response:
                address = site.base + path.format(**world)
                return requests.get(address, cookies=cookies, timeout=30, allow_redirects=False)

            def call(path: str) -> requests.Response:
                return requests.get(site.base + path.format(**world), headers=token, timeout=30)

            for _ in range(3):  # several threads hold a connection by then
                assert {page(path).status_code for path in PAGES} == {200}
                assert {call(path).status_code for path in FOR_PROGRAMS} == {200}

            wire.cut()
            for _ in range(2):  # a broken connection first, and then none at all
                for path, answer in _all_at_once(page, PAGES):
                    assert answer.status_code == 503, (path, answer.text[:500])
                    assert answer.headers["Content-Type"].startswith("text/html")
                    assert int(answer.headers["Retry-After"]) > 0
                    assert "The database does not answer" in answer.text
                    assert "no-store" in answer.headers["Cache-Control"]
                for path, answer in _all_at_once(call, FOR_PROGRAMS):
                    assert answer.status_code == 503, (path, answer.text[:500])
                    assert answer.headers["Content-Type"] == "application/problem+json"
                    assert answer.json()["code"] == "database_unavailable"
                    assert int(answer.headers["Retry-After"]) > 0
            assert page("/nothing/").status_code in (404, 503)
            assert requests.get(f"{site.base}/healthz", timeout=5).status_code == 200
            assert requests.get(f"{site.base}/readyz", timeout=30).status_code == 503
            assert page("/static/css/hairline.css").status_code == 200
            signs_in = requests.post(
                f"{site.base}/api/v1/auth/token/",
                json={"username": "ada@example.org", "password": "letmein"},
                timeout=30,
            )
            assert signs_in.status_code == 503
            for size in (1000, 400_000):  # a small body reaches the view, a large one nothing
                photo = requests.post(
                    f"{site.base}/api/v1/inspections/{world['visit']}/photos/",
                    files={"file": b"x" * size},
                    headers=token,
                    timeout=30,
                )
                assert (photo.status_code, photo.json()["code"]) == (503, "database_unavailable")
                assert int(photo.headers["Retry-After"]) > 0

            wire.mend()
            assert _until_answered(lambda: page("/"), 200).status_code == 200
            assert {page(path).status_code for path in PAGES} == {200}
            assert {call(path).status_code for path in FOR_PROGRAMS} == {200}
