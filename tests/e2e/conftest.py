"""A whole installation with a worker, and a real browser in front of it.

Nothing here touches the ORM: the browser and the API are the only ways in, as for a person.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.processes import ROOT, free_port

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
DESK = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}


@pytest.fixture(autouse=True)
def _media_of_its_own() -> None:
    """Overrides the fixture that needs Django's settings: files live with the installation."""


@dataclass(frozen=True)
class Installation:
    """A running site with its worker, and the account of its administrator."""

    base: str
    email: str
    password: str

    def api(self, method: str, path: str, data: Any = None, token: str = "") -> Any:
        """One JSON call."""
        headers = {"Content-Type": "application/json"}
        if token:
            headers["Authorization"] = f"Token {token}"
        body = None if data is None else json.dumps(data).encode()
        request = urllib.request.Request(self.base + path, body, headers, method=method)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.loads(answer.read())

    def token(self) -> str:
        """A fresh token of the administrator."""
        sign_in = {"username": self.email, "password": self.password}
        return self.api("POST", "/api/v1/auth/token/", sign_in)["token"]


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=2) as answer:
            return answer.status == 200
    except OSError:
        return False


@pytest.fixture(scope="session")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """One installation for all browser tests of the run."""
    folder = tmp_path_factory.mktemp("installation")
    email, password = "ada@example.org", secrets.token_urlsafe(12)
    env = {
        **{k: v for k, v in os.environ.items() if k not in ("DATABASE_URL", "REDIS_URL")},
        "DATA_DIR": str(folder),
        "DJANGO_SETTINGS_MODULE": "portal.settings",
        "LOG_LEVEL": "WARNING",
    }
    env.pop("SECRET_KEY", None)
    manage = [sys.executable, str(ROOT / "manage.py")]
    subprocess.run([*manage, "migrate", "--verbosity", "0"], env=env, check=True)
    subprocess.run(
        [*manage, "setup", "--organisation", "Northmoor", "--email", email, "--password-stdin"],
        env=env, input=password, text=True, check=True, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    port = free_port()
    log = (folder / "serve.log").open("w")
    process = subprocess.Popen(
        [*manage, "serve", "--port", str(port)],
        env=env, stdout=log, stderr=subprocess.STDOUT, start_new_session=True,
    )  # fmt: skip
    base = f"http://127.0.0.1:{port}"
    try:
        deadline = time.monotonic() + 60
        while not _answers(f"{base}/readyz"):
            assert process.poll() is None, (folder / "serve.log").read_text()
            assert time.monotonic() < deadline, (folder / "serve.log").read_text()
            time.sleep(0.3)
        yield Installation(base, email, password)
    finally:
        os.killpg(process.pid, signal.SIGINT)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
        log.close()


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Chromium. Without one the tests skip and say so; CI sets REQUIRE_BROWSER."""
    path = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    if path is None:
        if os.environ.get("REQUIRE_BROWSER"):
            pytest.fail("No browser was found, and REQUIRE_BROWSER is set. Install chromium.")
        pytest.skip("No browser was found. Install chromium to run the page tests.")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=path,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        yield chromium
        chromium.close()


class Watch:
    """Collects what a page complains of: policy reports, script errors, failed requests."""

    def __init__(self, page: Any, base: str) -> None:
        self.complaints: list[str] = []
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.complaints.append(f"script error: {error}"))
        page.on("request", lambda request: self._request(request.url, base))

    def _console(self, message: Any) -> None:
        # A refused sign-in or upload is an answer, not a defect of the page.
        if message.type in ("error", "warning") and "Failed to load resource" not in message.text:
            self.complaints.append(f"{message.type}: {message.text}")

    def _request(self, url: str, base: str) -> None:
        if not url.startswith((base, base.replace("http", "ws"), "data:", "blob:")):
            self.complaints.append(f"asked another host: {url}")


@pytest.fixture
def page(browser: Any, installation: Installation, request: pytest.FixtureRequest) -> Iterator[Any]:
    """A signed-in page at desk size; mark with ``@pytest.mark.parametrize`` "view" for others.

    The test fails where the console complains.
    """
    options = getattr(request, "param", {})
    context = browser.new_context(
        viewport=options.get("viewport", DESK),
        color_scheme=options.get("color_scheme", "light"),
        base_url=installation.base,
        locale="en-GB",
    )
    tab = context.new_page()
    tab.set_default_timeout(20_000)
    watch = Watch(tab, installation.base)
    sign_in(tab, installation.email, installation.password)
    yield tab
    context.close()
    assert not watch.complaints, "\n".join(watch.complaints)


def sign_in(tab: Any, email: str, password: str) -> None:
    """Through the sign-in page, as a person does."""
    tab.goto("/accounts/login/")
    tab.fill('input[name="login"]', email)
    tab.fill('input[name="password"]', password)
    tab.press('input[name="password"]', "Enter")
    tab.wait_for_url(lambda url: "/accounts/login" not in url)


@pytest.fixture(scope="session")
def photos(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Three rendered photos of cracked concrete, with one wide crack each, 0.5 mm/px."""
    folder = tmp_path_factory.mktemp("photos")
    subprocess.run(
        [sys.executable, "-m", "inference", "render", "--out", str(folder), "--count", "3",
         "--seed", "11", "--size", "900x700", "--gsd-mm-per-px", "0.5", "--cracks", "2"],
        cwd=ROOT, check=True, capture_output=True,
    )  # fmt: skip
    found = sorted(folder.glob("*.jpg"))
    assert len(found) == 3
    return found


@pytest.fixture(scope="session")
def measured(installation: Installation, photos: list[Path]) -> int:
    """Id of an analysed photo with cracks and without a scale; 900 × 700 pixels."""
    token = installation.token()
    asset = {"code": "SC-1", "name": "Scale Wall", "kind": "retaining_wall"}
    where = {"latitude": 50.0, "longitude": 7.0}
    wall = installation.api("POST", "/api/v1/assets/", {**asset, **where}, token)["id"]
    visit = installation.api(
        "POST", "/api/v1/inspections/", {"asset": wall, "kind": "walk"}, token
    )["id"]
    sent = subprocess.run(
        ["curl", "-sf", "-H", f"Authorization: Token {token}", "-F", f"file=@{photos[0]}",
         f"{installation.base}/api/v1/inspections/{visit}/photos/"],
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    photo = json.loads(sent.stdout)["id"]
    done = wait_done(installation, token, photo)
    assert done["analysis"]["cracks"]
    assert done["scale"]["source"] == "none"
    return photo


def wait_done(installation: Installation, token: str, photo: int) -> dict[str, Any]:
    deadline = time.monotonic() + 180
    while True:
        body = installation.api("GET", f"/api/v1/photos/{photo}/", token=token)
        if body["state"] == "done":
            return body
        assert body["state"] in ("queued", "processing"), body["reason"]
        assert time.monotonic() < deadline, "no worker answered"
        time.sleep(1)
