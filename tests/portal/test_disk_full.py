"""A disk without a byte left: what would change something is answered 507, reading goes on."""

from __future__ import annotations

import os
import sqlite3
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from django.db import connection
from django.test import Client

from assets.models import Asset
from portal.api.authentication import issue_token
from tests import factories
from tests.portal.test_access_table import world  # noqa: F401
from tests.processes import running_site

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small disk needs root")


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 24 MB that is nobody else's."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", str(place)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("mounting is not allowed here")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


def _fill(disk: Path) -> Path:
    """Takes every byte that is left."""
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file:
        size = 1 << 20
        while size:
            try:
                file.write(b"\1" * size)
            except OSError:
                size //= 2
    return filler


@pytest.mark.django_db(transaction=True)
def test_no_byte_left(disk: Path, world: dict[str, Any], ada: Any) -> None:  # noqa: F811
    if connection.vendor != "sqlite":
        pytest.skip("Another machine's disk: PostgreSQL says the same words.")
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(ada)
    browser.get("/account/")
    cookies = {name: morsel.value for name, morsel in browser.cookies.items()}
    token = {"Authorization": f"Token {issue_token(user=ada)[0]}"}
    here, there = sqlite3.connect(connection.settings_dict["NAME"]), sqlite3.connect(disk / "db")
    here.backup(there)
    there.close()
    environment = {"DATABASE_URL": f"sqlite:///{disk / 'db'}", "DATA_DIR": str(disk)}
    with running_site(**environment, TMPDIR=str(disk)) as site:

        def page(path: str) -> requests.Response:
            return requests.get(site.base + path.format(**world), cookies=cookies, timeout=60)

        def rename(name: str) -> requests.Response:
            form = {
                "name": name,
                "code": "BR-0417",
                "kind": "bridge",
                "latitude": "50.9",
                "longitude": "6.9",
                "time_zone": "UTC",
                "csrfmiddlewaretoken": cookies["csrftoken"],
            }
            address = f"{site.base}/assets/{world['bridge']}/edit/"
            return requests.post(address, form, cookies=cookies, timeout=60, allow_redirects=False)

        def send(data: bytes) -> requests.Response:
            address = f"{site.base}/api/v1/inspections/{world['visit']}/photos/"
            return requests.post(address, files={"file": data}, headers=token, timeout=60)

        assert rename("Before").status_code == 302
        assert send(factories.picture_bytes(seed=101)).status_code == 201
        filler = _fill(disk)

        long = "A name that takes room " * 6
        answer = rename(long)
        assert answer.status_code == 507, answer.text[:500]
        assert "disk is full" in answer.text
        small = send(factories.picture_bytes(seed=102))
        large = send(factories.picture_bytes(seed=103, size=(3000, 2000), quality=98))
        for refused in (small, large):
            assert refused.status_code == 507, refused.text[:500]
            assert refused.json()["code"] == "disk_full"
        for path in ("/", "/assets/{bridge}/", "/photos/{photo}/", "/inspections/{visit}/"):
            assert page(path).status_code == 200, path
        listed = requests.get(f"{site.base}/api/v1/assets/", headers=token, timeout=60)
        assert listed.status_code == 200

        filler.unlink()
        assert rename("After").status_code == 302
        assert send(factories.picture_bytes(seed=102)).status_code == 201
    left = sqlite3.connect(disk / "db")
    name = left.execute(f"SELECT name FROM {Asset._meta.db_table} WHERE id = {world['bridge']}")
    assert name.fetchone() == ("After",)
    assert left.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    left.close()
