"""Through the sign-in page to a provider on another origin and back, in a real browser."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

oidc_provider_mock = pytest.importorskip("oidc_provider_mock")

import werkzeug.serving  # noqa: E402

from tests.e2e.conftest import DESK  # noqa: E402
from tests.processes import ROOT, Site, serving_site  # noqa: E402

pytestmark = [
    pytest.mark.browser,
    pytest.mark.filterwarnings("ignore:get_jwt_config:DeprecationWarning"),  # inside the provider
]

EMAIL = "ada@example.org"
USERS = [
    oidc_provider_mock.User(sub="ada", claims={"email": EMAIL, "email_verified": True}),
    oidc_provider_mock.User(sub="eve", claims={"email": "eve@example.org", "email_verified": True}),
]


class Onward:
    """A provider whose authorisation address sends people on to another origin."""

    def __init__(self, app: Any) -> None:
        self.app = app

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        host = environ["HTTP_HOST"]
        first = environ["PATH_INFO"] == "/oauth2/authorize" and host.startswith("127.0.0.1")
        if first and environ["REQUEST_METHOD"] == "GET":
            place = f"http://localhost:{host.partition(':')[2]}/oauth2/authorize"
            start_response("302 Found", [("Location", f"{place}?{environ['QUERY_STRING']}")])
            return [b""]
        return self.app(environ, start_response)


@pytest.fixture(scope="module")
def provider() -> Iterator[str]:
    app = Onward(oidc_provider_mock.app(user_claims=USERS, require_nonce=True))
    server = werkzeug.serving.make_server("127.0.0.1", 0, app, threaded=True)
    threading.Thread(target=server.serve_forever, args=[0.1], daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def site(provider: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """An installation of its own, which knows the provider and may ask it."""
    folder: Path = tmp_path_factory.mktemp("openid")
    env = {
        **{k: v for k, v in os.environ.items() if k not in ("DATABASE_URL", "REDIS_URL")},
        "DATA_DIR": str(folder),
        "DJANGO_SETTINGS_MODULE": "portal.settings",
        "LOG_LEVEL": "WARNING",
        "OIDC_SERVER_URL": provider,
        "OIDC_CLIENT_ID": "hairline",
        "OIDC_NAME": "Northmoor",
        "OUTGOING_ALLOW": provider.removeprefix("http://"),
    }
    env.pop("SECRET_KEY", None)
    manage = [sys.executable, str(ROOT / "manage.py")]
    subprocess.run([*manage, "migrate", "--verbosity", "0"], env=env, check=True)
    for command, typed in (
        (["setup", "--organisation", "Northmoor", "--email", EMAIL, "--password-stdin"],
         secrets.token_urlsafe(12)),
        (["set_secret", "oidc.client_secret"], secrets.token_urlsafe(12)),
    ):  # fmt: skip
        subprocess.run(
            [*manage, *command], env=env, input=typed, text=True, check=True,
            stdout=subprocess.DEVNULL,
        )  # fmt: skip
    with serving_site(env) as running:
        yield running


@pytest.fixture
def tab(browser: Any, site: Site) -> Iterator[Any]:
    """A page at desk size; it fails where our own pages complain."""
    context = browser.new_context(viewport=DESK, base_url=site.base, locale="en-GB")
    page = context.new_page()
    page.set_default_timeout(20_000)
    complaints: list[str] = []

    def hear(message: Any) -> None:
        ours = message.location.get("url", "").startswith(site.base)
        if message.type == "error" and ours and "Failed to load resource" not in message.text:
            complaints.append(message.text)

    page.on("console", hear)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    context.close()
    assert not complaints, "\n".join(complaints)


def test_signing_in_from_end_to_end(tab: Any, site: Site) -> None:
    tab.goto("/members/")
    tab.click("text=Continue with Northmoor")
    tab.wait_for_url("http://localhost:*/**")
    tab.click("button:text-is('ada')")
    tab.wait_for_url(f"{site.base}/members/")
    assert EMAIL in tab.content()


def test_somebody_without_an_account_reads_why(tab: Any, site: Site) -> None:
    tab.goto("/accounts/login/")
    tab.click("text=Continue with Northmoor")
    tab.wait_for_url("http://localhost:*/**")
    tab.click("button:text-is('eve')")
    tab.wait_for_url(f"{site.base}/accounts/oidc/callback/**")
    assert "No account here has the address eve@example.org" in tab.inner_text("h1")
    tab.click("text=To the sign-in page")
    assert tab.inner_text("h1") == "Sign in"
