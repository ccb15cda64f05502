"""Answers that are given before Django sees a request: a problem object or a sentence."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]


async def answer_plainly(
    scope: Scope,
    send: Send,
    *,
    status: int,
    code: str,
    sentence: str,
    hint: str,
    headers: tuple[tuple[bytes, bytes], ...] = (),
) -> None:
    """Refuses a request: a problem object below ``/api/``, a sentence elsewhere.

    The connection ends with the answer, because the rest of the request was not read.
    """
    kind, body = _body(scope["path"], status, code, sentence, hint)
    head = [
        (b"content-type", kind),
        (b"content-length", str(len(body)).encode()),
        (b"x-content-type-options", b"nosniff"),
        (b"cache-control", b"no-store"),
        (b"connection", b"close"),
        *headers,
    ]
    await send({"type": "http.response.start", "status": status, "headers": head})
    await send({"type": "http.response.body", "body": body})


def _body(path: str, status: int, code: str, sentence: str, hint: str) -> tuple[bytes, bytes]:
    if not path.startswith("/api/"):
        return b"text/plain; charset=utf-8", f"{sentence}\n{hint}\n".encode()
    problem = {
        "type": "about:blank",
        "status": status,
        "code": code,
        "title": sentence,
        "detail": sentence,
        "hint": hint,
    }
    return b"application/problem+json", json.dumps(problem).encode()
