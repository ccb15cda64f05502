"""Two browsers, and tries that nobody made before."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.core.cache import cache
from django.test import Client

from assets.models import Membership, Organisation, Role, User
from tests.sign_in import FIREFOX, SAFARI


@pytest.fixture(autouse=True)
def _nobody_tried_before() -> Iterator[None]:
    """Counts of tries live in the cache; each test begins, and leaves the next one, without any."""
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def desk() -> Client:
    return Client(headers={"User-Agent": FIREFOX})


@pytest.fixture
def phone() -> Client:
    return Client(headers={"User-Agent": SAFARI}, REMOTE_ADDR="192.0.2.7")


@pytest.fixture
def nora(organisation: Organisation, other_organisation: Organisation, ines: User) -> User:
    """Ines, who inspects for the other organisation too."""
    Membership.objects.create(user=ines, organisation=other_organisation, role=Role.INSPECTOR)
    return ines


@pytest.fixture
def no_mail(settings: object) -> None:
    """An installation that sends no mail."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"  # type: ignore[attr-defined]
