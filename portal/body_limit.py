"""The outermost ASGI layer: too large a body is refused before Django spools a byte of it.

Django writes a whole request body to disk before any view runs, so a limit inside a view comes too
late. Here a body is judged by its announced length first, and counted while it arrives for those
who announce nothing or lie.
"""

from __future__ import annotations

import errno
import json
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

# What multipart borders and the other fields of an upload add to the file itself.
FORM_OVERHEAD_BYTES = 256 * 1024
MEBIBYTE = 1024 * 1024
DISK_IS_FULL = (errno.ENOSPC, errno.EDQUOT)


class BodyLimit:
    """Passes requests on to ``application`` while their bodies hold at most ``max_file_bytes``.

    Answers 413 otherwise, and 507 where the body could not be spooled because the disk is full:
    a problem object below ``/api/``, a sentence elsewhere.
    """

    def __init__(self, application: Application, *, max_file_bytes: int) -> None:
        self.application = application
        self.max_file_bytes = max_file_bytes
        self.max_body_bytes = max_file_bytes + FORM_OVERHEAD_BYTES

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.application(scope, receive, send)
            return
        if _announced_bytes(scope) > self.max_body_bytes:
            await self._refuse_too_large(scope, send)
            return
        await self._count(scope, receive, send)

    async def _count(self, scope: Scope, receive: Receive, send: Send) -> None:
        received_bytes = 0
        too_large = response_started = False

        async def counted_receive() -> Message:
            nonlocal received_bytes, too_large
            message = await receive()
            if message["type"] == "http.request":
                received_bytes += len(message.get("body", b""))
                if received_bytes > self.max_body_bytes:
                    too_large = True
                    # Django then drops what it has spooled, as for a client who went away.
                    return {"type": "http.disconnect"}
            return message

        async def watched_send(message: Message) -> None:
            nonlocal response_started
            response_started = True
            await send(message)

        try:
            await self.application(scope, counted_receive, watched_send)
        except OSError as error:
            if error.errno not in DISK_IS_FULL or response_started:
                raise
            await _refuse(
                scope,
                send,
                status=507,
                code="disk_full",
                sentence="The server's disk is full, so nothing was stored.",
                hint="Tell whoever runs the server to make room, then send it again.",
            )
            return
        if too_large and not response_started:
            await self._refuse_too_large(scope, send)

    async def _refuse_too_large(self, scope: Scope, send: Send) -> None:
        limit_mb = self.max_file_bytes / MEBIBYTE
        await _refuse(
            scope,
            send,
            status=413,
            code="too_large",
            sentence=f"This file is larger than {limit_mb:g} MB, the limit for one photo.",
            hint="Export it smaller or as JPEG, or ask the administrator for a higher limit.",
        )


def _announced_bytes(scope: Scope) -> int:
    """The Content-Length of a request; 0 where there is none that can be read."""
    for name, value in scope["headers"]:
        if name.lower() == b"content-length":
            return int(value) if value.strip().isdigit() else 0
    return 0


async def _refuse(
    scope: Scope, send: Send, *, status: int, code: str, sentence: str, hint: str
) -> None:
    if scope["path"].startswith("/api/"):
        kind = b"application/problem+json"
        body = json.dumps(
            {
                "type": "about:blank",
                "status": status,
                "code": code,
                "title": sentence,
                "detail": sentence,
                "hint": hint,
            }
        ).encode()
    else:
        kind = b"text/plain; charset=utf-8"
        body = f"{sentence}\n{hint}\n".encode()
    headers = [
        (b"content-type", kind),
        (b"content-length", str(len(body)).encode()),
        (b"x-content-type-options", b"nosniff"),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
