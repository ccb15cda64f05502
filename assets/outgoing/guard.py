"""Looks up a host once, checks its addresses, and connects to exactly the checked address.

Addresses come from people (webhooks, cameras) and from other systems (redirects, OpenID
discovery). A name is looked up once for a connection and the socket goes to a number that passed,
so that a name which answers differently the second time gains nothing.
"""

from __future__ import annotations

import queue
import socket
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import structlog
from django.conf import settings
from django.utils.translation import gettext as _

from assets.errors import DomainError
from assets.outgoing.allow_list import LAST_PORT, AllowList, same_host
from assets.outgoing.ranges import Reach, plain, reach_of

log = structlog.get_logger(__name__)

RESOLVE_WITHIN_S = 5.0
CONNECT_WITHIN_S = 10.0
Resolve = Callable[..., Sequence[Any]]  # as socket.getaddrinfo


class OutgoingRefused(DomainError):  # noqa: N818  a refusal with its remedy
    """Code ``outgoing_refused``: nothing was sent, and nothing of the place is told."""


@dataclass(frozen=True, slots=True)
class Vetted:
    """A number that a socket may be connected to: family and socket address."""

    family: int
    sockaddr: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Guard:
    """Decides by the operator's list.

    Attributes:
        resolve: looks names up, as ``socket.getaddrinfo`` does.
    """

    allowed: AllowList
    resolve: Resolve = socket.getaddrinfo

    def vetted_addresses(
        self, host: str, port: int, within_s: float = RESOLVE_WITHIN_S
    ) -> list[Vetted]:
        """Every address of ``host``, each of them allowed, in the order to try them.

        Raises:
            OutgoingRefused: one of them is not; a name is not half trusted.
            OSError: the name is not known, or was not answered within ``within_s``.
        """
        if not 1 <= port <= LAST_PORT:
            raise _refusal(host, port, Reach.CLOSED)
        vetted = []
        for family, _kind, _protocol, _name, sockaddr in self._looked_up(host, port, within_s):
            address = plain(str(sockaddr[0]))
            reach = reach_of(address)
            if reach is not Reach.PUBLIC and not self.allowed.permits(
                same_host(host), address, port
            ):
                log.warning("outgoing_refused", host=host, port=port, address=str(address))
                raise _refusal(host, port, reach)
            vetted.append(Vetted(family, tuple(sockaddr)))
        if not vetted:
            raise socket.gaierror(socket.EAI_NONAME, _("The name has no address."))
        return vetted

    def open_socket(
        self, host: str, port: int, timeout_s: float = CONNECT_WITHIN_S
    ) -> socket.socket:
        """A TCP connection to one of the vetted addresses; its time-out stays ``timeout_s``.

        Raises:
            OutgoingRefused: as :meth:`vetted_addresses`.
            OSError: nobody answered within ``timeout_s``, all tries together.
        """
        deadline = time.monotonic() + timeout_s
        trouble: OSError = TimeoutError(_("There was no time left to connect."))
        for one in self.vetted_addresses(host, port, min(timeout_s, RESOLVE_WITHIN_S)):
            left_s = deadline - time.monotonic()
            if left_s <= 0:
                break
            link = socket.socket(one.family, socket.SOCK_STREAM)
            try:
                link.settimeout(left_s)
                link.connect(one.sockaddr)
                link.settimeout(timeout_s)
            except OSError as error:
                link.close()
                trouble = error
            else:
                return link
        raise trouble

    def _looked_up(self, host: str, port: int, within_s: float) -> Sequence[Any]:
        """The system's answer; it knows no time-out of its own, so it is waited for outside."""
        answers: queue.SimpleQueue[Any] = queue.SimpleQueue()

        def ask() -> None:
            try:
                name = host.strip().removeprefix("[").removesuffix("]")
                answers.put(self.resolve(name, port, type=socket.SOCK_STREAM))
            except (OSError, UnicodeError, ValueError) as error:
                answers.put(error)

        threading.Thread(target=ask, name="resolver", daemon=True).start()
        try:
            answer = answers.get(timeout=max(0.0, within_s))
        except queue.Empty:
            raise TimeoutError(
                _("The name was not looked up within %(seconds)s s.")
                % {"seconds": f"{within_s:.0f}"}
            ) from None
        if isinstance(answer, OSError):
            raise answer
        if isinstance(answer, Exception):
            raise socket.gaierror(socket.EAI_NONAME, _("That is no name.")) from answer
        return answer


def _refusal(host: str, port: int, reach: Reach) -> OutgoingRefused:
    place = f"[{host.strip('[]')}]:{port}" if ":" in host else f"{host}:{port}"
    if reach is Reach.INSIDE:
        hint = _("If it is meant, ask whoever runs this installation to add %(place)s to %(list)s.")
    else:
        hint = _(
            "It belongs to no ordinary server. If it is meant, whoever runs this installation "
            "has to add its number, not its name, to %(list)s."
        )
    return OutgoingRefused(
        "outgoing_refused",
        _("Hairline does not connect to %(place)s: it is not on the internet.") % {"place": place},
        hint % {"place": place, "list": "OUTGOING_ALLOW"},
    )


def guard_of_installation() -> Guard:
    """The guard that goes by ``OUTGOING_ALLOW``.

    Raises:
        DomainError: ``outgoing_list_unreadable``: then nothing is sent at all.
    """
    return _guard(tuple(settings.OUTGOING_ALLOW))


@lru_cache(maxsize=8)
def _guard(texts: tuple[str, ...]) -> Guard:
    return Guard(AllowList.parse(texts))


def vetted_addresses(host: str, port: int) -> list[Vetted]:
    """As :meth:`Guard.vetted_addresses`, by the list of this installation."""
    return guard_of_installation().vetted_addresses(host, port)


def open_vetted_socket(host: str, port: int, timeout_s: float = CONNECT_WITHIN_S) -> socket.socket:
    """As :meth:`Guard.open_socket`, by the list of this installation."""
    return guard_of_installation().open_socket(host, port, timeout_s)
