"""Answers from before Django sees a request: a problem object or a sentence."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from django.conf import settings
from django.utils.translation import get_supported_language_variant, override
from django.utils.translation.trans_real import parse_accept_lang_header

from portal.site_errors import SiteError

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]


def language_of(scope: Scope) -> str:
    """The first language that the request accepts and the site has; else the site's own."""
    accepted = dict(scope["headers"]).get(b"accept-language", b"").decode("latin-1")
    for language, _preference in parse_accept_lang_header(accepted):
        try:
            return get_supported_language_variant(language)
        except LookupError:
            continue
    return settings.LANGUAGE_CODE


async def answer_plainly(scope: Scope, send: Send, error: SiteError) -> None:
    """Refuses a request: a problem object below ``/api/``, a sentence elsewhere.

    The connection ends with the answer, because the rest of the request was not read.
    """
    with override(language_of(scope)):  # no middleware has chosen one yet
        if scope["path"].startswith("/api/"):
            kind, body = b"application/problem+json", json.dumps(error.as_problem()).encode()
        else:
            kind, body = b"text/plain; charset=utf-8", error.as_text().encode()
    head = [
        (b"content-type", kind),
        (b"content-length", str(len(body)).encode()),
        (b"x-content-type-options", b"nosniff"),
        (b"cache-control", b"no-store"),
        (b"connection", b"close"),
        *((name.lower().encode(), value.encode()) for name, value in error.headers.items()),
    ]
    await send({"type": "http.response.start", "status": error.status, "headers": head})
    await send({"type": "http.response.body", "body": body})
