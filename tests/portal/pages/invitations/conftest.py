"""No mail, no tries made before, and a picture of what is written."""

from __future__ import annotations

import pytest
from django.core.cache import cache

from tests.portal.pages.invitations.picture import Picture, take

NOWHERE = "django.core.mail.backends.console.EmailBackend"


@pytest.fixture(autouse=True)
def _no_mail_and_no_tries(settings: object) -> None:
    settings.EMAIL_BACKEND = NOWHERE  # type: ignore[attr-defined]
    cache.clear()


@pytest.fixture
def picture(db: None) -> Picture:
    """Everything that inviting and accepting writes, to see that a refusal wrote nothing."""
    return take
