"""Watches the ledgers for all sockets of a process: one database query a round.

The sockets read all news from the database. A channel layer, if there is one, only makes the next
round come sooner; without it, or when it fails, a round comes every ``LIVE_POLL_S``.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
import weakref
from collections import defaultdict
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any, TypeVar

import structlog
from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.conf import settings
from django.contrib.auth import get_user
from django.db import Error as DatabaseError
from django.db import connection, transaction
from django.http import HttpRequest

from assets.models import LedgerHead, Membership

log = structlog.get_logger(__name__)

GROUP = "ledger"
SESSIONS_CHECKED_EVERY_S = 30.0
ROUNDS_APART_S = 0.05  # a burst of rings is one round
RING_PATIENCE_S = 2.0  # a layer that is away must not hold up who wrote the entry
SIGNED_OUT = 4401
NOT_A_MEMBER = 4403

Answer = TypeVar("Answer")


@dataclass(eq=False)
class Subscription:
    """One open socket. Holds only the newest number: a slow reader misses none that matters."""

    user_id: int
    session_key: str
    seq: int | None = None
    close_code: int | None = None
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    def tell(self, seq: int) -> None:
        """Remembers the newest number for the socket to send."""
        if seq != self.seq:
            self.seq = seq
            self._changed.set()

    def end(self, code: int) -> None:
        """Has the socket closed with ``code``."""
        self.close_code = code
        self._changed.set()

    async def change(self) -> None:
        """Returns when there is a new number or the socket is to be closed."""
        await self._changed.wait()
        self._changed.clear()


class LedgerWatch:
    """The poller of one event loop. It runs while there is somebody to tell."""

    def __init__(self) -> None:
        self._subscriptions: set[Subscription] = set()
        self._tasks: list[asyncio.Task[None]] = []
        self._ring = asyncio.Event()
        self._thread: ThreadPoolExecutor | None = None

    def subscribe(self, *, user_id: int, session_key: str) -> Subscription:
        """Starts telling somebody; the first number comes at once."""
        subscription = Subscription(user_id=user_id, session_key=session_key)
        self._subscriptions.add(subscription)
        if self._tasks:
            self._ring.set()
        else:
            # A thread of its own: consumers share one, and a slow page there must not delay alerts.
            self._thread = ThreadPoolExecutor(1, thread_name_prefix="ledger-watch")
            self._tasks = [asyncio.create_task(self._poll())]
            if get_channel_layer() is not None:
                self._tasks.append(asyncio.create_task(self._listen()))
        return subscription

    async def unsubscribe(self, subscription: Subscription) -> None:
        """Stops telling somebody; the last one out closes the database connection."""
        self._subscriptions.discard(subscription)
        if self._subscriptions or not self._tasks:
            return
        tasks, thread = self._tasks, self._thread
        self._tasks, self._thread = [], None
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if thread is not None:
            await asyncio.get_running_loop().run_in_executor(thread, _hang_up)
            thread.shutdown(wait=False)

    async def _poll(self) -> None:
        sessions_checked_at = time.monotonic()
        while True:
            self._ring.clear()
            try:
                await self._tell_all()
                if time.monotonic() - sessions_checked_at > SESSIONS_CHECKED_EVERY_S:
                    sessions_checked_at = time.monotonic()
                    await self._end_who_may_not()
            except DatabaseError as error:
                # The next round asks again; what was committed meanwhile is still there.
                log.warning("ledger_watch_waits", error=str(error))
            except Exception:  # a watch that died would leave every page silent
                log.exception("ledger_watch_failed")
            await asyncio.sleep(ROUNDS_APART_S)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._ring.wait(), settings.LIVE_POLL_S - ROUNDS_APART_S)

    async def _tell_all(self) -> None:
        subscriptions = list(self._subscriptions)
        newest = await self._ask(newest_numbers, {s.user_id for s in subscriptions})
        for subscription in subscriptions:
            if subscription.user_id in newest:
                subscription.tell(newest[subscription.user_id])
            else:
                subscription.end(NOT_A_MEMBER)

    async def _end_who_may_not(self) -> None:
        for subscription in list(self._subscriptions):
            code = await self._ask(why_closed, subscription.user_id, subscription.session_key)
            if code is not None:
                subscription.end(code)

    async def _listen(self) -> None:
        """Hears the other processes' rings. A lost layer costs the time until the next round."""
        layer = get_channel_layer()
        while True:
            try:
                channel = await layer.new_channel()
                await layer.group_add(GROUP, channel)
                while True:
                    await layer.receive(channel)
                    self._ring.set()
            except Exception as error:  # noqa: BLE001  each layer fails its own way; polling goes on
                log.warning("channel_layer_lost", error=str(error))
            await asyncio.sleep(5)

    async def _ask(self, question: Callable[..., Answer], *args: Any) -> Answer:
        assert self._thread is not None
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, _answer, question, *args)


def _answer(question: Callable[..., Answer], *args: Any) -> Answer:
    """Runs in the watch's thread, whose connection stays open between rounds."""
    try:
        return question(*args)
    except DatabaseError:
        connection.close()
        raise


def _hang_up() -> None:
    """Closes the connection of the thread that runs this (``connection`` is one a thread)."""
    connection.close()


def newest_numbers(user_ids: Iterable[int]) -> dict[int, int]:
    """The sum of the newest entry numbers of each user's organisations, for users who have any.

    A sum of numbers that only grow: it changes when, and only when, one of them has something new.
    """
    rows = Membership.objects.active().filter(user_id__in=list(user_ids)).order_by()
    numbers: dict[int, int] = defaultdict(int)
    for user_id, seq in rows.values_list("user_id", "organisation__ledger_head__news_seq"):
        numbers[user_id] += seq or 0
    return dict(numbers)


def why_closed(user_id: int, session_key: str) -> int | None:
    """The code with which to close a socket; None if the session goes on.

    ``SIGNED_OUT`` if the session is no longer that person's, ``NOT_A_MEMBER`` if the person lacks a
    second factor that an organisation requires.
    """
    user = _user_of_session(session_key)
    if user is None or user.pk != user_id:
        return SIGNED_OUT
    return NOT_A_MEMBER if user.lacks_factor else None


def person_of_session(session_key: str) -> int | None:
    """The user of a session; None if it has ended or expired, or if the password has changed."""
    user = _user_of_session(session_key)
    return None if user is None else user.pk


def _user_of_session(session_key: str) -> Any:
    request = HttpRequest()
    request.session = import_module(settings.SESSION_ENGINE).SessionStore(session_key)
    user = get_user(request)
    return user if user.is_authenticated else None


_watches: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, LedgerWatch] = (
    weakref.WeakKeyDictionary()
)


def ledger_watch() -> LedgerWatch:
    """The watch of the running event loop."""
    return _watches.setdefault(asyncio.get_running_loop(), LedgerWatch())


def ring_pages(*, instance: LedgerHead, **_: Any) -> None:
    """After commit of a ledger entry: the other processes need not wait for their next round."""
    if instance.news_seq == instance.seq and get_channel_layer() is not None:
        transaction.on_commit(_ring_group, robust=True)


def _ring_group() -> None:
    try:
        async_to_sync(_send_ring)()
    except Exception as error:  # noqa: BLE001  each layer fails its own way; polling goes on
        log.warning("ring_of_pages_lost", error=str(error))


async def _send_ring() -> None:
    layer = get_channel_layer()
    message = {"type": "ledger.grew"}
    await asyncio.wait_for(layer.group_send(GROUP, message), RING_PATIENCE_S)
