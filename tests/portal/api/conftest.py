"""Programs that speak to the API as one of the cast."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core.cache import cache
from rest_framework.test import APIClient

from portal.api.authentication import issue_token


@pytest.fixture(autouse=True)
def _nobody_tried_before() -> None:
    """Counts of tries live in the cache; each test begins without any."""
    cache.clear()


@pytest.fixture
def program() -> Callable[[Any], APIClient]:
    """A client that signs in with a real token of the person given."""

    def build(user: Any) -> APIClient:
        client = APIClient()
        if user is not None:
            key, _token = issue_token(user=user)
            client.credentials(HTTP_AUTHORIZATION=f"Token {key}")
        return client

    return build
