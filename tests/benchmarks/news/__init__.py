"""Requests of pages that do not show an uploaded photo, now and at an earlier commit.

Twenty open maps and asset pages: eighteen clients that ask what the pages ask, and two real
browsers. Two more pages do show the photo's asset, for comparison.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.benchmarks.load.installation import ROOT, Installation, checkout, running
from tests.benchmarks.news.pages import Asked, OpenPage, View
from tests.benchmarks.table import Row

BEFORE = "b85fed8"  # the last commit whose pages fetched all they show at each entry
TITLE = f"One uploaded photo, 20 open pages that do not show it; peer: commit {BEFORE}"
CLIENTS = 18
MOST_REQUESTS, MOST_BYTES = 2, 1024
CLOSE_UP = 14  # zoom of a map that shows one neighbourhood
SETTLED_S = 4.0
ANALYSED_WITHIN_S = 180.0
EVERY_20_S = "/shell/banner/"  # asked by the clock, whether there is news or not
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


@dataclass
class Call:
    """The API as a person uses it from a page: by session and CSRF token."""

    port: int
    session: str

    def __call__(self, method: str, path: str, data: bytes | None = None, kind: str = "") -> Any:
        token = "a" * 32
        headers = {
            "Cookie": f"sessionid={self.session}; csrftoken={token}",
            "X-CSRFToken": token,
            "Content-Type": kind or "application/json",
            "Host": f"localhost:{self.port}",
        }
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{path}", data, headers, method=method
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.loads(answer.read())

    def send_photo(self, inspection: int, picture: bytes) -> int:
        """Uploads one photo; its id."""
        mark = uuid.uuid4().hex
        parts = (
            f'--{mark}\r\nContent-Disposition: form-data; name="gsd_mm_per_px"\r\n\r\n0.5\r\n'
            f'--{mark}\r\nContent-Disposition: form-data; name="file"; filename="crack.jpg"\r\n'
            "Content-Type: image/jpeg\r\n\r\n"
        )
        body = parts.encode() + picture + f"\r\n--{mark}--\r\n".encode()
        path = f"/api/v1/inspections/{inspection}/photos/"
        return int(self("POST", path, body, f"multipart/form-data; boundary={mark}")["id"])


@contextmanager
def _browser_pages(
    site: Installation, wanted: list[tuple[str, View | None]]
) -> Iterator[list[list[Asked]]]:
    """Real pages, each in a window of its own; what each asks for."""
    path = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    if path is None:
        sys.exit("No browser was found. Install chromium to run this bench.")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=path, args=["--no-sandbox", "--disable-gpu"]
        )
        asked: list[list[Asked]] = []
        tabs = []
        for (address, view), session in zip(wanted, site.sessions[CLIENTS:], strict=False):
            base = f"http://localhost:{site.port}"
            window = chromium.new_context(base_url=base, viewport={"width": 1440, "height": 900})
            window.add_cookies([{"name": "sessionid", "value": session, "url": base}])
            if view is not None:
                place = json.dumps(json.dumps([view.latitude, view.longitude, view.zoom]))
                window.add_init_script(f"sessionStorage.setItem('map-view', {place})")
            tab = window.new_page()
            mine: list[Asked] = []
            tab.on("response", lambda answer, mine=mine: mine.append(_asked(answer)))
            tab.goto(address)
            tab.wait_for_selector("#live:not(.off):not([hidden])")
            asked.append(mine)
            tabs.append(tab)
        tabs[0].wait_for_timeout(1000 * SETTLED_S)
        for mine in asked:
            mine.clear()
        yield asked
        tabs[0].wait_for_timeout(1000 * SETTLED_S)  # Playwright hears of answers while it waits
        chromium.close()


def _asked(answer: Any) -> Asked:
    return Asked(answer.url.split("/", 3)[3], len(answer.body()) if answer.status == 200 else 0)


def _counted(asked: list[Asked]) -> list[Asked]:
    return [one for one in asked if not one.path.endswith(EVERY_20_S.strip("/") + "/")]


@dataclass(frozen=True)
class Found:
    """Requests and bytes of each page: those that do not show the photo, and two that do."""

    elsewhere: dict[str, tuple[int, int]]
    map_there: tuple[int, int]
    asset_there: tuple[int, int]


def _sum(asked: list[Asked]) -> tuple[int, int]:
    counted = _counted(asked)
    return len(counted), sum(one.body_bytes for one in counted)


def _one_photo(site: Installation, picture: bytes) -> Found:
    """Opens the pages, sends the photo, waits until it is analysed and all is quiet again."""
    call = Call(site.port, site.sessions[0])
    photographed, *others = site.assets
    here = _view(call, photographed)
    away = max((_view(call, pk) for pk in others), key=lambda view: _apart(view, here))
    visit = call(
        "POST", "/api/v1/inspections/", json.dumps({"asset": photographed, "kind": "walk"}).encode()
    )["id"]
    sessions = iter(site.sessions)
    maps = [OpenPage(site.port, next(sessions), "/", away) for _ in range(CLIENTS // 2)]
    pages = [
        OpenPage(site.port, next(sessions), f"/assets/{pk}/")
        for pk, _ in zip(others * CLIENTS, range(CLIENTS - len(maps)), strict=False)
    ]
    there = [
        OpenPage(site.port, site.sessions[-1], "/", here),
        OpenPage(site.port, site.sessions[-1], f"/assets/{photographed}/"),
    ]
    every = [*maps, *pages, *there]
    for page in every:
        page.open()
    wanted = [("/", away), (f"/assets/{others[0]}/", None)]
    with _browser_pages(site, wanted) as windows:
        for page in every:
            page.asked.clear()
        photo = call.send_photo(visit, picture)
        _wait_until_done(call, photo)
        time.sleep(SETTLED_S)
    for page in every:
        page.close()
    named = {f"map, client {n + 1}": page.asked for n, page in enumerate(maps)}
    named |= {f"asset page, client {n + 1}": page.asked for n, page in enumerate(pages)}
    named |= {"map, browser": windows[0], "asset page, browser": windows[1]}
    elsewhere = {name: _sum(asked) for name, asked in named.items()}
    return Found(elsewhere, _sum(there[0].asked), _sum(there[1].asked))


def _view(call: Call, pk: int) -> View:
    asset = call("GET", f"/api/v1/assets/{pk}/")
    return View(asset["latitude"], asset["longitude"], CLOSE_UP)


def _apart(a: View, b: View) -> float:
    return abs(a.latitude - b.latitude) + abs(a.longitude - b.longitude)


def _wait_until_done(call: Call, photo: int) -> None:
    deadline = time.monotonic() + ANALYSED_WITHIN_S
    while (state := call("GET", f"/api/v1/photos/{photo}/")["state"]) != "done":
        if state in ("failed", "rejected") or time.monotonic() > deadline:
            sys.exit(f"The photo of the bench is {state}.")
        time.sleep(0.5)


def _picture(folder: Path) -> bytes:
    """A rendered photo of cracked concrete."""
    subprocess.run(
        [sys.executable, "-m", "inference", "render", "--out", str(folder), "--count", "1",
         "--seed", "11", "--size", "900x700", "--gsd-mm-per-px", "0.5", "--cracks", "2"],
        cwd=ROOT, check=True, capture_output=True,
    )  # fmt: skip
    return next(folder.glob("*.jpg")).read_bytes()


def _words(found: tuple[int, int]) -> str:
    return f"{found[0]} requests, {found[1]:,} bytes"


def _worst(found: Found, kind: str) -> tuple[int, int]:
    of_kind = [pair for name, pair in found.elsewhere.items() if name.startswith(kind)]
    return max(pair[0] for pair in of_kind), max(pair[1] for pair in of_kind)


def measure(*, with_peer: bool = True) -> list[Row]:
    """The worst page of each kind, now and before.

    Raises:
        SystemExit: where a page that does not show the photo fetches more than it may.
    """
    with tempfile.TemporaryDirectory(prefix="hairline-bench-") as scratch:
        folder = Path(scratch)
        picture = _picture(folder / "picture")
        people = CLIENTS + 3
        with running("now", ROOT, folder / "now", people=people) as site:
            now = _one_photo(site, picture)
        before = None
        if with_peer:
            with (
                checkout(BEFORE, folder) as tree,
                running("peer", tree, folder / "peer", people=people) as site,
            ):
                before = _one_photo(site, picture)
    rows = []
    for kind in ("map, client", "map, browser", "asset page, client", "asset page, browser"):
        ours = _words(_worst(now, kind))
        peer = _words(_worst(before, kind)) if before else ""
        rows.append(
            Row(f"{kind}, elsewhere", ours, peer, "the worst of its kind; upload, analysis")
        )
    rows += [
        Row("map that shows it", _words(now.map_there),
            _words(before.map_there) if before else "", "for comparison"),
        Row("asset page that shows it", _words(now.asset_there),
            _words(before.asset_there) if before else "", "for comparison"),
    ]  # fmt: skip
    too_much = {
        name: pair
        for name, pair in now.elsewhere.items()
        if pair[0] > MOST_REQUESTS or pair[1] > MOST_BYTES
    }
    if too_much:
        sys.exit(f"More than {MOST_REQUESTS} requests or {MOST_BYTES} bytes: {too_much}")
    return rows
