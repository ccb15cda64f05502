"""Runs every request's synchronous part on one of a bounded number of long-lived threads.

Django's own ASGI handler makes a thread for each request and crosses between it and the event loop
at every middleware; a hundred people at once are a hundred threads, each with a database connection
of its own. Here the whole chain of middleware and view is one call on a thread that stays, and so
does its connection. Bodies are still read, and files still sent, by the event loop, so that a slow
client holds no thread.

When all threads are busy, a request waits; one that has waited too long is answered 503.
"""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Awaitable, Callable, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from typing import Any

from django.core import signals
from django.core.exceptions import RequestAborted
from django.core.handlers.asgi import ASGIHandler, ASGIRequest, get_script_prefix
from django.http import HttpResponse, HttpResponseBase
from django.urls import set_script_prefix

from portal.serving.asgi_request import Utf8Request

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


class RequestThreads(ASGIHandler):
    """An ASGI handler of plain HTTP.

    Args:
        threads: how many requests are worked on at once; each thread keeps a database connection.
        patience_s: how long a request may wait for a thread before it is answered 503.
        overloaded: makes that answer; runs on the event loop, so it must not touch the database.
    """

    request_class = Utf8Request

    def __init__(
        self,
        *,
        threads: int,
        patience_s: float,
        overloaded: Callable[[ASGIRequest], HttpResponse],
    ) -> None:
        super(ASGIHandler, self).__init__()
        self.load_middleware(is_async=False)
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="request")
        self._free = asyncio.Semaphore(threads)
        self._patience_s = patience_s
        self._overloaded = overloaded

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            raise ValueError(f"Only HTTP is served here, not {scope['type']}.")
        try:
            body = await self.read_body(receive)
        except RequestAborted:
            return
        try:
            request, refusal = self.create_request(scope, body)
            response = refusal or await self._answer(scope, request)
            await self._send_watching(response, receive, send)
        finally:
            body.close()

    async def _answer(self, scope: Any, request: ASGIRequest) -> HttpResponseBase:
        """The response, from a thread as soon as one is free.

        The work is not cut off when the client goes away: half of it may be written already.
        """
        try:
            if self._free.locked():
                await asyncio.wait_for(self._free.acquire(), self._patience_s)
            else:
                await self._free.acquire()
        except TimeoutError:
            return self._overloaded(request)
        work = partial(self._work, scope, request)
        task = asyncio.get_running_loop().run_in_executor(
            self._threads, contextvars.copy_context().run, work
        )
        task.add_done_callback(lambda _done: self._free.release())
        return await asyncio.shield(task)

    def _work(self, scope: Any, request: ASGIRequest) -> HttpResponseBase:
        """All that Django does for a request, on the thread that runs this."""
        set_script_prefix(get_script_prefix(scope))
        signals.request_started.send(sender=self.__class__, scope=scope)
        response: HttpResponseBase = self.get_response(request)
        response._handler_class = self.__class__
        if not response.streaming:
            # Sends request_finished, which gives the connection back; the content stays readable.
            response.close()
        else:
            signals.request_finished.send(sender=self.__class__)
        return response

    async def _send_watching(
        self, response: HttpResponseBase, receive: Receive, send: Send
    ) -> None:
        """Sends the answer, and stops reading a file for a client who has gone."""
        if not response.streaming:
            await self.send_response(response, send)
            return
        sending = asyncio.ensure_future(self.send_response(response, send))
        leaving = asyncio.ensure_future(self._until_gone(receive))
        try:
            await asyncio.wait({sending, leaving}, return_when=asyncio.FIRST_COMPLETED)
            if not sending.done():
                sending.cancel()
            with suppress(asyncio.CancelledError):
                await sending
        finally:
            leaving.cancel()
            for closer in response._resource_closers:
                closer()

    @staticmethod
    async def _until_gone(receive: Receive) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
