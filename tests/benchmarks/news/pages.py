"""Open pages without a browser: clients that ask for what the scripts of a page would ask for.

They speak both to this release, whose pages ask ``/news/`` first, and to the one before, whose
pages fetched everything they show at each ring; which one it is they see from the page itself.
"""

from __future__ import annotations

import http.client
import json
import math
import re
import threading
import time
from dataclasses import dataclass, field
from typing import Any

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from assets.cells import tile_range

HOST = "127.0.0.1"
BURST_S = 0.15  # as in static/js/news.js and in live.js of before
SCREEN_PX = (1440, 900)
PANEL_PX = 440  # of the map, below the list: static/js/portfolio.js looks beside it


@dataclass(frozen=True)
class Asked:
    """One request of a page and the size of the body that came back."""

    path: str
    body_bytes: int


@dataclass(frozen=True)
class View:
    """What a map shows."""

    latitude: float
    longitude: float
    zoom: int

    def _corners(self, shrink_px: int = 0, pad: float = 0.0) -> tuple[float, float, float, float]:
        """West, north, east, south in pixels of the whole world at this zoom."""
        size = 256 * 2**self.zoom
        x = (self.longitude + 180) / 360 * size
        y = (1 - math.asinh(math.tan(math.radians(self.latitude))) / math.pi) / 2 * size
        wide, high = (edge * (0.5 + pad) for edge in SCREEN_PX)
        return x - wide + shrink_px, y - high, x + wide, y + high

    def tiles(self) -> list[str]:
        """The tiles that the map asks for: one zoom lower, a tenth of the view around it."""
        zoom = self.zoom - 1
        west, north, east, south = (int(edge / 2 // 256) for edge in self._corners(pad=0.1))
        return [f"{zoom}/{x}/{y}" for x in range(west, east + 1) for y in range(north, south + 1)]

    def box(self) -> tuple[float, float, float, float]:
        """West, south, east, north of what the panel leaves to be seen, degrees."""
        west, north, east, south = self._corners(shrink_px=PANEL_PX)
        size = 256 * 2**self.zoom

        def latitude(y: float) -> float:
            return math.degrees(math.atan(math.sinh(math.pi * (1 - 2 * y / size))))

        return west / size * 360 - 180, latitude(south), east / size * 360 - 180, latitude(north)

    def holds(self, cell: int) -> bool:
        """Whether a map cell is in view (to the tile of zoom 20 around it)."""
        west, north, east, south = self._corners(shrink_px=PANEL_PX)
        scale = 2 ** (20 - self.zoom) * 256 / 256
        columns = range(int(west / 256 * scale), int(east / 256 * scale) + 1)
        rows = range(int(north / 256 * scale), int(south / 256 * scale) + 1)
        x, y = _tile_of(cell, 20)
        return x in columns and y in rows


def _tile_of(cell: int, zoom: int) -> tuple[int, int]:
    x = y = 0
    for level in range(1, zoom + 1):
        digit = cell >> 2 * (24 - level) & 3
        x, y = 2 * x + (digit & 1), 2 * y + (digit >> 1)
    return x, y


def _holds(tile: str, cell: int) -> bool:
    first, end = tile_range(*(int(part) for part in tile.split("/")))
    return first <= cell < end


@dataclass
class OpenPage:
    """A page that stays open: a map (with its view), or the page of an asset."""

    port: int
    session: str
    path: str
    view: View | None = None
    asked: list[Asked] = field(default_factory=list)
    _etags: dict[str, str] = field(default_factory=dict)
    _stop: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def open(self) -> None:
        """Loads the page as a browser does and listens from then on."""
        html = self._get(self.path).decode()
        found = re.search(r'<span class="live" id="live"[^>]*>', html)
        assert found, f"{self.path} is no page of a signed-in person"
        self._live = dict(re.findall(r'data-([a-z-]+)="([^"]*)"', found[0]))
        body = re.search(r'data-body="([^"]*)"', html)
        self._body = body[1] if body else ""
        self._asset = int(self.path.split("/")[2]) if self._body else 0
        if self.view is not None:
            self._fetch_map(self.view.tiles(), list_too=True)
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stops listening."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(20)

    def _listen(self) -> None:
        known = int(self._live["number"]) if "number" in self._live else None
        headers = {"Cookie": f"sessionid={self.session}"}
        origin = f"http://localhost:{self.port}"
        address = f"ws://localhost:{self.port}/ws/live/"
        with connect(address, additional_headers=headers, origin=origin) as socket:  # type: ignore[arg-type]
            while not self._stop.is_set():
                try:
                    said = json.loads(socket.recv(timeout=0.3))["seq"]
                except TimeoutError:
                    continue
                except ConnectionClosed:
                    return
                if said == known:
                    continue
                known = said
                time.sleep(BURST_S)
                if "since" in self._live:
                    self._ask_what_is_new()
                else:
                    self._fetch_everything()

    def _fetch_everything(self) -> None:
        """As the pages of the release before did."""
        self._get(self._live["news"])
        if self.view is not None:
            self._fetch_map(self.view.tiles(), list_too=True)
        elif self._body:
            self._get(self._body)

    def _ask_what_is_new(self) -> None:
        """As static/js/news.js, portfolio.js and asset.js."""
        news = json.loads(self._get(f"{self._live['news']}?since={self._live['since']}"))
        self._live["since"] = news["cursor"]
        touched = {asset["id"] for asset in news["assets"]}
        if self._body and (news["everything"] or self._asset in touched):
            self._get(self._body)
        if self.view is not None:
            self._map_news(self.view, news)

    def _map_news(self, view: View, news: dict[str, Any]) -> None:
        shown = [asset for asset in news["assets"] if asset["on_map"]]
        cells = [cell for asset in shown for cell in asset["map_cells"]]
        tiles = [
            tile
            for tile in view.tiles()
            if news["everything"] or any(_holds(tile, cell) for cell in cells)
        ]
        concerned = news["everything"] or any(view.holds(cell) for cell in cells)
        self._fetch_map(tiles, list_too=concerned)

    def _fetch_map(self, tiles: list[str], *, list_too: bool) -> None:
        for tile in tiles:
            self._get(f"/api/v1/map/{tile}/?")
        if list_too and self.view is not None:
            box = ",".join(f"{edge:.5f}" for edge in self.view.box())
            self._get(f"/portfolio/list/?box={box}")

    def _get(self, path: str) -> bytes:
        """The body, counted; what a browser has in its cache it asks for with its mark."""
        headers = {"Cookie": f"sessionid={self.session}", "Host": f"localhost:{self.port}"}
        if path in self._etags:
            headers["If-None-Match"] = self._etags[path]
        link = http.client.HTTPConnection(HOST, self.port, timeout=60)
        try:
            link.request("GET", path, headers=headers)
            answer = link.getresponse()
            body = answer.read()
            assert answer.status in (200, 304), f"{path}: {answer.status}"
            if mark := answer.headers.get("ETag"):
                self._etags[path] = mark
        finally:
            link.close()
        self.asked.append(Asked(path, len(body)))
        return body
