"""The request as the site reads it: always in UTF-8.

Django takes any codec that Python knows for a charset, ``rot13`` too, and fails while it builds the
request: no middleware and no error page is reached then. Ours is read as UTF-8; one that says
something else is refused by the gate in a sentence.
"""

from __future__ import annotations

from typing import Any

from django.core.handlers.asgi import ASGIRequest
from django.utils.http import parse_header_parameters


class Utf8Request(ASGIRequest):
    """Never decodes by what ``Content-Type`` says."""

    def _set_content_type_params(self, meta: dict[str, Any]) -> None:
        self.content_type, self.content_params = parse_header_parameters(
            meta.get("CONTENT_TYPE", "")
        )
