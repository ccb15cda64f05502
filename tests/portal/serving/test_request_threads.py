"""Requests run on a bounded number of threads that stay; the rest wait, and not for ever."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator

import pytest
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.urls import path

from portal.errors import overloaded
from portal.serving.request_threads import RequestThreads

THREADS = 2
seen: list[str] = []
go_on = threading.Event()
finished = threading.Event()
closed = threading.Event()


def who(request: HttpRequest) -> HttpResponse:
    seen.append(threading.current_thread().name)
    return HttpResponse("here")


def slow(request: HttpRequest) -> HttpResponse:
    seen.append("slow began")
    assert go_on.wait(10)
    finished.set()
    return HttpResponse("at last")


def sent_back(request: HttpRequest) -> HttpResponse:
    return HttpResponse(request.body[::-1])


def endless(request: HttpRequest) -> StreamingHttpResponse:
    async def chunks() -> AsyncIterator[bytes]:
        try:
            while True:
                yield b"x" * 1000
                await asyncio.sleep(0.01)
        finally:
            closed.set()

    return StreamingHttpResponse(chunks())


urlpatterns = [
    path("who/", who),
    path("slow/", slow),
    path("back/", sent_back),
    path("endless/", endless),
]


@pytest.fixture
def threads(settings) -> RequestThreads:
    settings.ROOT_URLCONF = __name__
    settings.MIDDLEWARE = []
    settings.ALLOWED_HOSTS = ["testserver"]
    for event in (go_on, finished, closed):
        event.clear()
    seen.clear()
    return RequestThreads(threads=THREADS, patience_s=0.5, overloaded=overloaded)


class Browser:
    """One request over ASGI."""

    def __init__(self, address: str, body: bytes = b"", accept: bytes = b"text/html") -> None:
        self.scope = {
            "type": "http",
            "method": "POST" if body else "GET",
            "path": address,
            "query_string": b"",
            "headers": [(b"host", b"testserver"), (b"accept", accept)],
        }
        self.sent: list[dict] = []
        self.gone = asyncio.Event()
        self._parts = [body[:3], body[3:]]

    async def receive(self) -> dict:
        if self._parts:
            part = self._parts.pop(0)
            return {"type": "http.request", "body": part, "more_body": bool(self._parts)}
        await self.gone.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: dict) -> None:
        self.sent.append(message)

    async def asks(self, application: RequestThreads) -> Browser:
        await application(self.scope, self.receive, self.send)
        return self

    @property
    def status(self) -> int:
        return self.sent[0]["status"]

    @property
    def headers(self) -> dict[str, str]:
        return {n.decode().lower(): v.decode() for n, v in self.sent[0]["headers"]}

    @property
    def body(self) -> bytes:
        return b"".join(message.get("body", b"") for message in self.sent)


async def test_many_requests_share_few_threads(threads):
    answers = await asyncio.gather(*(Browser("/who/").asks(threads) for _ in range(40)))

    assert {answer.status for answer in answers} == {200}
    assert len(seen) == 40 and len(set(seen)) <= THREADS


async def test_a_body_arrives_whole(threads):
    answer = await Browser("/back/", body=b"abcdefgh").asks(threads)

    assert (answer.status, answer.body) == (200, b"hgfedcba")


@pytest.mark.parametrize(
    ("accept", "kind"),
    [(b"text/html", "text/html"), (b"application/json", "application/problem+json")],
)
async def test_who_waited_too_long_is_told_when_to_come_back(threads, accept, kind):
    busy = [asyncio.create_task(Browser("/slow/").asks(threads)) for _ in range(THREADS)]
    while len(seen) < THREADS:
        await asyncio.sleep(0.01)

    late = await Browser("/who/", accept=accept).asks(threads)

    assert late.status == 503 and int(late.headers["retry-after"]) > 0
    assert late.headers["content-type"].startswith(kind)
    assert b"Too many people" in late.body
    go_on.set()
    assert [(await one).status for one in busy] == [200] * THREADS
    assert (await Browser("/who/").asks(threads)).status == 200


async def test_what_was_begun_is_finished_though_the_client_left(threads):
    request = asyncio.create_task(Browser("/slow/").asks(threads))
    while not seen:
        await asyncio.sleep(0.01)

    request.cancel()
    await asyncio.gather(request, return_exceptions=True)
    go_on.set()

    assert await asyncio.to_thread(finished.wait, 10)
    answers = await asyncio.gather(*(Browser("/who/").asks(threads) for _ in range(10)))
    assert {answer.status for answer in answers} == {200}, "its thread is free again"


async def test_a_file_is_no_longer_read_when_its_client_has_gone(threads):
    browser = Browser("/endless/")
    request = asyncio.create_task(browser.asks(threads))
    while len(browser.sent) < 5:
        await asyncio.sleep(0.01)

    browser.gone.set()
    await asyncio.wait_for(request, 10)

    assert closed.is_set()
    answers = await asyncio.gather(*(Browser("/who/").asks(threads) for _ in range(10)))
    assert {answer.status for answer in answers} == {200}, "sending holds no thread"
