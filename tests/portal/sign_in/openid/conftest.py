"""A provider that answers properly, and a secret store without secrets."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.portal.sign_in.openid.browser import configure
from tests.portal.sign_in.provider import Provider, providing


@pytest.fixture(autouse=True)
def _secret_store_of_its_own(settings, tmp_path) -> None:
    settings.DATA_DIR = tmp_path / "data"
    settings.SECRET_STORE_KEYS = []


@pytest.fixture
def provider(settings) -> Iterator[Provider]:
    with providing() as running:
        configure(settings, running.base)
        yield running
