"""Who is answered before Django sees the request reads the language that the request accepts."""

from __future__ import annotations

from typing import Any

import pytest

from portal.serving.plain_answers import language_of


@pytest.mark.parametrize(
    ("accepted", "language"),
    [("de-AT,de;q=0.9,en;q=0.5", "de"), ("fr", "en"), ("", "en"), ("*", "en"), ("\xff\xfe", "en")],
)
def test_the_first_accepted_language_that_the_site_has(
    accepted: str, language: str, settings: Any
) -> None:
    settings.LANGUAGES = [("en", "English"), ("de", "German")]
    head = [(b"accept-language", accepted.encode("latin-1"))] if accepted else []
    assert language_of({"headers": head}) == language
