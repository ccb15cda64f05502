"""Limits on slow clients: time for a request, and connections at a time.

uvicorn waits for ever for the rest of a header, for the next byte of a body and for a reader that
does not read. Here a task looks once a second at all connections of the process and ends those that
have used up their time, with 408 if nothing was answered yet. Time in which *we* do not read (the
body waits for a place, or the page for a thread) is not counted.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass
from typing import Any, cast

from django.utils.translation import gettext_lazy as _
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol
from uvicorn.server import ServerState

from portal.serving.plain_answers import Receive, Scope, Send, answer_plainly
from portal.site_errors import WAIT, SiteError

LOOK_EVERY_S = 1.0
MAX_HEAD_BYTES = 64 * 1024  # request line and header; also what may come between pieces of a body
FLOOR_AFTER_S = 60.0  # a slow start is no slow client
LINGER_S, LINGER_SILENT_S = 30.0, 5.0  # reading on after an early answer, so that it is heard
THIS_MACHINE = {"", "127.0.0.1", "::1", "::ffff:127.0.0.1"}  # "": a socket that is a file

SLOW_HEAD = _("The request did not arrive in time. Check the connection and send it again.")
SLOW_BODY = _(
    "What was sent stopped arriving, so nothing was stored. Check the connection and send it again."
)
LARGE_HEAD = _(
    "The header of this request is too large. Clear the cookies of this site and reload."
)


@dataclass(frozen=True, slots=True)
class Patience:
    """The limits: seconds that a client may take, and number of clients.

    Attributes:
        body_floor_bytes_per_s: what a body must bring on average, after a minute.
        per_address: connections of one address, other than this machine; 0 = as many as there are.
    """

    headers_s: float
    keep_alive_s: float
    body_stall_s: float
    body_s: float
    body_floor_bytes_per_s: int
    answer_stall_s: float
    connections: int
    per_address: int


class Doorkeeper:
    """Makes the connections of one server process and looks after them."""

    def __init__(self, patience: Patience) -> None:
        self.patience = patience
        self._here: set[PatientConnection] = set()
        self._of_address: Counter[str] = Counter()
        self._next_look: asyncio.TimerHandle | None = None

    def connection(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> PatientConnection:
        """What uvicorn calls for each client that connects."""
        return PatientConnection(self, config, server_state, app_state, _loop)

    def enter(self, one: PatientConnection, open_connections: int) -> bool:
        """Takes a connection under watch; whether it is served or turned away."""
        self._here.add(one)
        address = one.address
        self._of_address[address] += 1
        if self._next_look is None:
            self._next_look = one.loop.call_later(LOOK_EVERY_S, self._look, one.loop)
        share = self.patience.per_address
        if share and address not in THIS_MACHINE and self._of_address[address] > share:
            return False
        return open_connections <= self.patience.connections

    def leave(self, one: PatientConnection) -> None:
        """The connection has ended."""
        self._here.discard(one)
        self.forget_address(one.address)

    def unwatch(self, one: PatientConnection) -> None:
        """It has become a socket, which looks after itself; it still counts for its address."""
        self._here.discard(one)

    def forget_address(self, address: str) -> None:
        """One connection fewer from there."""
        self._of_address[address] -= 1
        if self._of_address[address] <= 0:
            del self._of_address[address]

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        again = loop.call_later(LOOK_EVERY_S, self._look, loop) if self._here else None
        self._next_look = again
        for one in list(self._here):
            one.look(LOOK_EVERY_S)


class PatientConnection(HttpToolsProtocol):
    """One client of the site, with the clocks that end it."""

    def __init__(
        self,
        keeper: Doorkeeper,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self.keeper = keeper
        self.patience = keeper.patience
        self.address = ""
        # Which of the clocks runs follows from these and from uvicorn's own state.
        self._head_begun = True  # a connection begins with the wait for its first byte
        self._heard_anything = False
        self._bare_bytes = 0  # since the last piece of a body, or the last header's end
        self._ended = False  # nothing more is read from this client
        # Clocks, seconds.
        self._head_s = self._idle_s = 0.0
        self._body_s = self._silent_s = self._linger_s = 0.0
        self._unread_s = 0.0
        self._body_bytes = 0
        self._unsent_bytes = 0

    # What happens on the connection

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(cast(asyncio.Transport, transport))
        self.address = self.client[0] if self.client else ""
        if self.keeper.enter(self, len(self.connections)):
            return
        if len(self.connections) > 2 * self.patience.connections:
            self.transport.abort()
        else:
            self.app = _busy

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self.keeper.leave(self)

    def data_received(self, data: bytes) -> None:
        self._silent_s = self._idle_s = 0.0
        if self._ended:
            return
        self._heard_anything = True
        if self._is_idle():
            self._head_begun = True
        self._bare_bytes += len(data)
        super().data_received(data)
        if self._bare_bytes > MAX_HEAD_BYTES and not self._ended:
            self._end(431, LARGE_HEAD)

    def eof_received(self) -> None:
        self._ended = True

    def on_message_begin(self) -> None:
        self._head_begun = True
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self._head_begun = False
        self._head_s = 0.0
        self._bare_bytes = 0
        before = self.cycle
        super().on_headers_complete()
        if self.cycle is not before:
            self.cycle.transport = cast(asyncio.Transport, _Closing(self))
            self._body_s = self._silent_s = self._linger_s = 0.0
            self._body_bytes = 0

    def on_body(self, body: bytes) -> None:
        self._bare_bytes = 0
        self._body_bytes += len(body)
        super().on_body(body)

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._idle_s = self._linger_s = self._silent_s = 0.0

    def resume_writing(self) -> None:
        self._unread_s = 0.0
        super().resume_writing()

    def _should_upgrade(self) -> bool:
        return self.app != _busy and super()._should_upgrade()

    def handle_websocket_upgrade(self) -> None:
        self.keeper.unwatch(self)
        super().handle_websocket_upgrade()
        socket = self.transport.get_protocol()
        if socket is not self:
            _tell_when_lost(socket, lambda: self.keeper.forget_address(self.address))

    # What the look of each second does

    def look(self, passed_s: float) -> None:
        """Ends the connection where a clock has run out."""
        if self._unread_too_long(passed_s):
            self.transport.abort()
        elif self.transport.is_closing():
            return
        elif self._ended or (self._is_answered() and self.cycle.more_body):
            self._linger(passed_s)
        elif self._head_begun and not self.flow.read_paused:
            self._head_s += passed_s
            if self._head_s > self.patience.headers_s:
                self._end(408, SLOW_HEAD)
        elif self._is_idle():
            self._idle_s += passed_s
            if self._idle_s > self.patience.keep_alive_s:
                self.transport.close()
        elif self.cycle is not None and self.cycle.more_body:
            self._wait_for_body(passed_s)

    def close_heard(self) -> None:
        """Closes after the last byte of an answer, so that a client that still sends hears it.

        Closing at once with unread bytes resets the connection, and the answer with it.
        """
        if self._ended or self.transport.is_closing():
            return
        if self.cycle is not None and self.cycle.more_body and self.transport.can_write_eof():
            self._ended = True
            self.transport.write_eof()
            self.flow.resume_reading()
        else:
            self.transport.close()

    def _is_answered(self) -> bool:
        return self.cycle is not None and self.cycle.response_complete

    def _is_idle(self) -> bool:
        return self.cycle is None or (self.cycle.response_complete and not self.cycle.more_body)

    def _linger(self, passed_s: float) -> None:
        self._linger_s += passed_s
        self._silent_s += passed_s
        if self._linger_s > LINGER_S or self._silent_s > LINGER_SILENT_S:
            self.transport.close()

    def _wait_for_body(self, passed_s: float) -> None:
        cycle = self.cycle
        if self.flow.read_paused or cycle.waiting_for_100_continue:
            self._silent_s = 0.0  # it is our turn
            return
        self._body_s += passed_s
        self._silent_s += passed_s
        owed = self._body_s * self.patience.body_floor_bytes_per_s
        too_slow = self._body_s > FLOOR_AFTER_S and self._body_bytes < owed
        stalled = self._silent_s > self.patience.body_stall_s
        if stalled or too_slow or self._body_s > self.patience.body_s:
            self._end(408, SLOW_BODY)

    def _unread_too_long(self, passed_s: float) -> bool:
        """Whether the client has read nothing of what is ready for it for too long."""
        unsent = self.transport.get_write_buffer_size()
        if unsent == 0 or unsent < self._unsent_bytes:
            self._unread_s = 0.0
        else:
            self._unread_s += passed_s
        self._unsent_bytes = unsent
        return self._unread_s > self.patience.answer_stall_s

    def _end(self, status: int, sentence: str) -> None:
        """Says why where nothing was answered yet, and closes."""
        cycle = self.cycle
        running = cycle is not None and not cycle.response_complete
        if running:
            cycle.disconnected = True  # the application hears that the client has left
            cycle.message_event.set()
        if self._heard_anything and not (running and cycle.response_started):
            body = f"{sentence}\n".encode()
            head = [
                STATUS_LINE[status],
                b"content-type: text/plain; charset=utf-8\r\n",
                b"content-length: " + str(len(body)).encode() + b"\r\n",
                b"connection: close\r\n\r\n",
            ]
            self.transport.write(b"".join(head) + body)
        self._ended = True
        self.transport.close()


class _Closing:
    """The transport as an answer sees it: closing it leaves time to hear the answer."""

    def __init__(self, connection: PatientConnection) -> None:
        self._connection = connection
        self._transport = connection.transport
        self.write = connection.transport.write
        self.is_closing = connection.transport.is_closing

    def close(self) -> None:
        self._connection.close_heard()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)


def _tell_when_lost(protocol: Any, call: Any) -> None:
    lost = protocol.connection_lost

    def connection_lost(exc: Exception | None) -> None:
        lost(exc)
        call()

    protocol.connection_lost = connection_lost


async def _busy(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers who came when all places were taken."""
    sentence = _("Too many people or programs are connected just now.")
    hint = _("Wait a few seconds and try again.")
    full = SiteError("too_many_connections", sentence, hint, 503, WAIT)
    await answer_plainly(scope, send, full)
