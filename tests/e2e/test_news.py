"""Open pages hear what concerns them, fetch nothing else, and catch up after they were asleep."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import Installation

pytestmark = pytest.mark.browser


def _asset(installation: Installation, token: str, code: str, latitude: float) -> int:
    return installation.api(
        "POST", "/api/v1/assets/",
        {"kind": "bridge", "code": code, "name": f"Bridge {code}", "latitude": latitude,
         "longitude": 9.1}, token,
    )["id"]  # fmt: skip


def _change(installation: Installation, token: str, asset: int, **fields: Any) -> None:
    installation.api("PATCH", f"/api/v1/assets/{asset}/", fields, token)


def _asked(page: Any, base: str) -> list[str]:
    """What the page asks for from now on, but for what it asks by the clock."""
    paths: list[str] = []

    def note(request: Any) -> None:
        path = request.url.removeprefix(base).split("?")[0]
        if path != "/shell/banner/":
            paths.append(path)

    page.on("request", note)
    return paths


def test_a_page_of_another_asset_asks_what_is_new_and_nothing_else(
    page: Any, installation: Installation
) -> None:
    token = installation.token()
    mine = _asset(installation, token, "N-1", 47.1)
    other = _asset(installation, token, "N-2", 47.3)
    page.goto(f"/assets/{mine}/")
    page.wait_for_selector("#live:not([hidden]):not(.off)")
    page.wait_for_timeout(1000)
    asked = _asked(page, installation.base)

    with page.expect_response("**/news/?since=*"):
        _change(installation, token, other, note="Seen from the road.")
    page.wait_for_timeout(1500)
    assert asked == ["/news/"]

    _change(installation, token, mine, name="Bridge of mine")
    page.locator("#assetbody", has_text="Bridge of mine").wait_for()
    assert asked == ["/news/", "/news/", f"/assets/{mine}/body/"]


def test_a_map_fetches_the_tiles_that_hold_what_changed(
    page: Any, installation: Installation
) -> None:
    token = installation.token()
    here = _asset(installation, token, "N-3", 47.5)
    _asset(installation, token, "N-3b", 47.503)
    far = _asset(installation, token, "N-4", 12.5)
    page.goto("/")  # so that there is a storage to write to
    page.evaluate("sessionStorage.setItem('map-view', JSON.stringify([47.5, 9.1, 15]))")
    page.goto("/")
    page.locator("#assets", has_text="Bridge N-3").wait_for()
    page.wait_for_selector("#live:not([hidden]):not(.off)")
    page.wait_for_timeout(1000)
    asked = _asked(page, installation.base)
    lists: list[Any] = []
    page.on("response", lambda answer: lists.append(answer) if "/list/" in answer.url else None)

    with page.expect_response("**/news/?since=*"):
        _change(installation, token, far, name="Far away")
    page.wait_for_timeout(1500)
    assert asked == ["/news/"]

    _change(installation, token, here, name="Here and now")
    page.locator("#assets", has_text="Here and now").wait_for()
    page.locator('.markbtn[title="Here and now"]').wait_for(state="attached")
    # The row that did not change was not sent again, and is where it belongs.
    assert "rows=" in lists[-1].url and "Bridge N-3b" not in lists[-1].text()
    names = page.locator("#assets .name").all_text_contents()
    assert sorted(names) == ["Bridge N-3b", "Here and now"]
    assert page.locator("#assets [data-kept]").count() == 0
    tiles = [path for path in asked if path.startswith("/api/v1/map/")]
    assert len(tiles) == 1 and len(asked) == 4, asked


def test_a_page_that_was_asleep_catches_up(page: Any, installation: Installation) -> None:
    token = installation.token()
    mine = _asset(installation, token, "N-5", 47.7)
    page.goto(f"/assets/{mine}/")
    page.wait_for_selector("#live:not([hidden]):not(.off)")
    page.evaluate("window.sameDocument = true")
    page.context.set_offline(True)
    _change(installation, token, mine, name="Renamed in the night")
    page.wait_for_timeout(1500)

    page.context.set_offline(False)

    page.locator("#assetbody", has_text="Renamed in the night").wait_for(timeout=45_000)
    assert page.evaluate("window.sameDocument") is True


def test_going_back_shows_what_happened_meanwhile(page: Any, installation: Installation) -> None:
    token = installation.token()
    mine = _asset(installation, token, "N-6", 47.9)
    page.goto(f"/assets/{mine}/")
    page.wait_for_selector("#live:not([hidden]):not(.off)")
    page.goto("/account/")
    _change(installation, token, mine, name="Renamed meanwhile")

    page.go_back()

    page.locator("#assetbody", has_text="Renamed meanwhile").wait_for(timeout=30_000)


def test_an_alert_rings_the_bell_of_every_page(
    page: Any, installation: Installation, photos: list[Path]
) -> None:
    token = installation.token()
    asset = _asset(installation, token, "N-7", 48.1)
    visit = installation.api(
        "POST", "/api/v1/inspections/", {"asset": asset, "kind": "walk"}, token
    )["id"]
    other = page.context.new_page()
    other.goto("/account/")
    other.wait_for_selector("#live:not([hidden]):not(.off)")
    page.goto(f"/inspections/{visit}/")
    page.set_input_files("#upload-files", str(photos[2]))

    other.locator("#toasts .toast", has_text="Bridge N-7").wait_for(timeout=90_000)
    assert other.locator("#bell .count").count() == 1
