"""``OUTGOING_ALLOW``: the operator's list of inside addresses that may be reached.

Entries are ``host``, ``host:port``, an address or range ``10.2.0.0/16`` with or without ``:port``;
IPv6 with a port in brackets: ``[fd12::/48]:8080``. A host opens what it resolves to inside the
network; metadata services, link-local and other special addresses open only as an address.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_network

from django.utils.translation import gettext as _

from assets.errors import DomainError
from assets.outgoing.ranges import Address, Reach, hidden_in, reach_of

HOST = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*\Z")
LAST_PORT = 65535
FEWEST_BITS = 3  # a range that holds more than this is the whole internet


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that is allowed: a host or a range; port None = every port."""

    host: str
    network: IPv4Network | IPv6Network | None
    port: int | None

    def permits(self, host: str, address: Address, port: int) -> bool:
        """Whether a connection to ``address``, which ``host`` resolved to, is meant."""
        if self.port is not None and self.port != port:
            return False
        if self.network is None:
            return host == self.host and reach_of(address) is not Reach.CLOSED
        return any(
            one is not None and one.version == self.network.version and one in self.network
            for one in (address, hidden_in(address))
        )


@dataclass(frozen=True, slots=True)
class AllowList:
    """The operator's list. Empty: no address inside any network is allowed."""

    entries: tuple[Entry, ...] = ()

    @classmethod
    def parse(cls, texts: Iterable[str]) -> AllowList:
        """Reads the entries.

        Raises:
            DomainError: ``outgoing_list_unreadable``, with the entry and how to write it.
        """
        return cls(tuple(_entry(text.strip()) for text in texts if text.strip()))

    def permits(self, host: str, address: Address, port: int) -> bool:
        """Whether one of the entries does."""
        return any(entry.permits(host, address, port) for entry in self.entries)

    def opens_everything(self) -> bool:
        """Whether a range leaves no address out, metadata services included."""
        return any(
            entry.network is not None and entry.network.prefixlen < FEWEST_BITS
            for entry in self.entries
        )


def same_host(host: str) -> str:
    """A host as it is compared: small letters, no last point, no brackets, ASCII."""
    host = host.strip().removeprefix("[").removesuffix("]").rstrip(".").lower()
    try:
        return host if host.isascii() else host.encode("idna").decode()
    except UnicodeError:
        return host


def _entry(text: str) -> Entry:
    place, port = _parted(text)
    if port is not None and not (port.isascii() and port.isdigit() and len(port) <= 5):
        raise _unreadable(text)
    number = None if port is None else int(port)
    if number is not None and not 1 <= number <= LAST_PORT:
        raise _unreadable(text)
    try:
        return Entry("", ip_network(place), number)
    except ValueError:
        pass
    host = same_host(place)
    if "/" in place or not HOST.match(host) or host.rpartition(".")[2].isdigit():
        raise _unreadable(text)
    return Entry(host, None, number)


def _parted(text: str) -> tuple[str, str | None]:
    """Place and port; IPv6 has a port only behind brackets."""
    if text.startswith("["):
        place, bracket, rest = text[1:].partition("]")
        if not bracket or (rest and not rest.startswith(":")):
            raise _unreadable(text)
        return place, rest[1:] if rest else None
    if text.count(":") > 1:
        return text, None
    place, colon, port = text.partition(":")
    return place, port if colon else None


def _unreadable(text: str) -> DomainError:
    return DomainError(
        "outgoing_list_unreadable",
        _("OUTGOING_ALLOW has an entry that cannot be read: %(entry)s.") % {"entry": text},
        _(
            "Write hosts and ranges with commas between them, such as "
            "nas.example.org, 10.2.0.5:8080, 10.2.0.0/16, [fd12::/48]:443; no http:// and no *."
        ),
    )
