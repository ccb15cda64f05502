"""HTTP through the guard: a ``requests`` session that connects only to checked addresses.

Every connection is vetted, so redirects are too. What an answer may cost is bounded: its time from
the first look-up to the last byte over all redirects, its size after unpacking, the redirects.
"""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests
from django.conf import settings
from django.utils.translation import gettext as _
from requests.adapters import HTTPAdapter
from urllib3 import PoolManager
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import (
    ConnectTimeoutError,
    NameResolutionError,
    NewConnectionError,
)
from urllib3.util.ssl_ import create_urllib3_context

from assets.outgoing.guard import Guard, OutgoingRefused, guard_of_installation

TOTAL_S = 10.0
MOST_BYTES = 1_000_000
MOST_REDIRECTS = 3
CHUNK_BYTES = 64 * 1024

# Nobody answered, too late, or what came was no answer: the other of the two ways to fail.
OutgoingFailed = requests.RequestException
Open = Callable[[str, int], socket.socket]


class AnswerTooLarge(OutgoingFailed):
    """The answer has more bytes than its reader has use for."""


class OutgoingSession(requests.Session):
    """One thread's session; each of its requests has ``total_s`` with all redirects together.

    Raises, from any request:
        OutgoingRefused: an address, also of a redirect, may not be asked.
        OutgoingFailed: nobody answers, too late, or too much (:class:`AnswerTooLarge`).
    """

    def __init__(self, guard: Guard, *, total_s: float, most_bytes: int) -> None:
        super().__init__()
        self.trust_env = False  # neither proxies nor .netrc of whoever started the process
        self.max_redirects = MOST_REDIRECTS
        self.headers["User-Agent"] = "Hairline"
        self._total_s = total_s
        self._guarded = GuardedAdapter(guard, most_bytes)
        self.adapters.clear()
        self.mount("http://", self._guarded)
        self.mount("https://", self._guarded)

    def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:
        """One request with its redirects, which come through here again."""
        if self._guarded.deadline is not None:
            return super().send(request, **kwargs)
        self._guarded.deadline = time.monotonic() + self._total_s
        try:
            return super().send(request, **kwargs)
        finally:
            self._guarded.deadline = None

    def get_redirect_target(self, resp: requests.Response) -> str | None:
        """The address of a redirect; never from HTTPS to HTTP."""
        target = super().get_redirect_target(resp)
        if target is not None:
            scheme = urlsplit(urljoin(resp.url, target)).scheme.lower()
            if scheme not in ("http", "https") or (
                scheme == "http" and resp.url.lower().startswith("https:")
            ):
                raise OutgoingRefused(
                    "outgoing_refused",
                    _("%(host)s points to an address that is not HTTPS.")
                    % {"host": urlsplit(resp.url).hostname},
                    _("Give the address that it should end at, and check that server."),
                )
        return target


class GuardedAdapter(HTTPAdapter):
    """Opens sockets by the guard, and reads answers whole within their bounds."""

    def __init__(self, guard: Guard, most_bytes: int) -> None:
        self.deadline: float | None = None
        self._guard = guard
        self._most_bytes = most_bytes
        self._links: list[socket.socket] = []
        self._late = False
        super().__init__(max_retries=0)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """A manager whose connections all come from :meth:`_open`."""
        context = create_urllib3_context()
        if settings.OUTGOING_CA_FILE:
            context.load_verify_locations(settings.OUTGOING_CA_FILE)
        self.poolmanager = PoolManager(num_pools=4, maxsize=1, ssl_context=context)
        self.poolmanager.pool_classes_by_scheme = _guarded_pools(self._open)

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        """There is no way around the guard."""
        raise requests.exceptions.ProxyError(_("Hairline asks no proxy."))

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,
        timeout: Any = None,
        verify: Any = True,
        cert: Any = None,
        proxies: Any = None,
    ) -> requests.Response:
        """One answer, read to its end. ``stream``, ``timeout`` and ``proxies`` are not heard."""
        left_s = TOTAL_S if self.deadline is None else self.deadline - time.monotonic()
        if left_s <= 0:
            raise requests.Timeout(_("There was no time left."), request=request)
        with self._cut_off_after(left_s):
            try:
                answer = super().send(
                    request, stream=True, timeout=left_s, verify=verify, cert=cert
                )
                self._read(answer)
            except (requests.RequestException, OSError) as error:
                if self._late:
                    raise _too_long(request) from error
                raise
        if self._late:
            raise _too_long(request)
        return answer

    def _read(self, answer: requests.Response) -> None:
        announced = answer.headers.get("Content-Length", "")
        parts, size = [], int(announced) if announced.isascii() and announced.isdigit() else 0
        if size <= self._most_bytes:
            size = 0
            for part in answer.iter_content(CHUNK_BYTES):
                size += len(part)
                if size > self._most_bytes:
                    break
                parts.append(part)
        if size > self._most_bytes:
            answer.close()
            raise AnswerTooLarge(
                _("The answer has more than %(most)d bytes.") % {"most": self._most_bytes},
                response=answer,
            )
        answer._content = b"".join(parts)
        answer._content_consumed = True

    @contextlib.contextmanager
    def _cut_off_after(self, left_s: float) -> Iterator[None]:
        """Ends what is not over by then: a time-out of one read is renewed by each byte."""
        self._late = False
        clock = threading.Timer(left_s, self._cut_off)
        clock.daemon = True
        clock.start()
        try:
            yield
        finally:
            clock.cancel()
            while self._links:
                self._links.pop().close()
            self.poolmanager.clear()  # the next request is vetted anew

    def _cut_off(self) -> None:
        self._late = True
        for link in list(self._links):
            with contextlib.suppress(OSError):
                link.shutdown(socket.SHUT_RDWR)

    def _open(self, host: str, port: int) -> socket.socket:
        left_s = TOTAL_S if self.deadline is None else self.deadline - time.monotonic()
        link = self._guard.open_socket(host, port, max(0.01, left_s))
        # A second handle on the same connection: TLS takes the first one over.
        self._links.append(link.dup())
        return link


def _too_long(request: requests.PreparedRequest) -> requests.Timeout:
    return requests.Timeout(_("The answer took too long."), request=request)


def _guarded_pools(open_socket: Open) -> dict[str, Any]:
    """urllib3's pools, with connections whose sockets come from ``open_socket``."""

    class Guarded:
        """Name, certificate and Host stay those of the address; only the socket is given."""

        def _new_conn(self: Any) -> socket.socket:
            try:
                return open_socket(self._dns_host, self.port)
            except socket.gaierror as error:
                raise NameResolutionError(self.host, self, error) from error
            except TimeoutError as error:
                late = _("%(host)s did not answer in time.") % {"host": self.host}
                raise ConnectTimeoutError(self, late) from error
            except OSError as error:
                away = _("%(host)s cannot be reached: %(error)s") % {
                    "host": self.host,
                    "error": error,
                }
                raise NewConnectionError(self, away) from error

    class GuardedHTTPConnection(Guarded, HTTPConnection):
        pass

    class GuardedHTTPSConnection(Guarded, HTTPSConnection):
        pass

    class GuardedHTTPPool(HTTPConnectionPool):
        ConnectionCls = GuardedHTTPConnection

    class GuardedHTTPSPool(HTTPSConnectionPool):
        ConnectionCls = GuardedHTTPSConnection

    return {"http": GuardedHTTPPool, "https": GuardedHTTPSPool}


def outgoing_session(
    *,
    total_s: float = TOTAL_S,
    most_bytes: int = MOST_BYTES,
    guard: Guard | None = None,
) -> OutgoingSession:
    """A session by the list of this installation; close it, or use it in a ``with``.

    Raises:
        DomainError: ``outgoing_list_unreadable``.
    """
    return OutgoingSession(guard or guard_of_installation(), total_s=total_s, most_bytes=most_bytes)
