"""Sorts addresses: on the internet, inside a network, or never to be reached.

Written out after the IANA registries of special-purpose addresses: what Python calls global has
changed between its releases.
"""

from __future__ import annotations

import enum
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

Address = IPv4Address | IPv6Address


class Reach(enum.Enum):
    """The range in which an address lies."""

    PUBLIC = "on the internet"
    INSIDE = "inside a network"  # this machine, and private networks
    CLOSED = "of no ordinary host"  # metadata services, link-local, multicast, reserved


INSIDE_4 = [
    IPv4Network(text)
    for text in ("10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")
]
CLOSED_4 = [
    IPv4Network(text)
    for text in (
        "0.0.0.0/8",  # this network; the unspecified address reaches this machine
        "100.100.100.200/32",  # metadata, Alibaba Cloud
        "168.63.129.16/32",  # machine agent, Azure: public by its number only
        "169.254.0.0/16",  # link-local, metadata at 169.254.169.254
        "192.0.0.0/24",  # protocol assignments, metadata at 192.0.0.192
        "192.0.2.0/24",  # documentation
        "192.88.99.0/24",  # 6to4 relays
        "198.18.0.0/15",  # benchmarks
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/3",  # multicast, reserved, broadcast
    )
]
GLOBAL_6 = IPv6Network("2000::/3")
INSIDE_6 = [IPv6Network("::1/128"), IPv6Network("fc00::/7")]
CLOSED_6 = [
    IPv6Network(text)
    for text in (
        "2001::/23",  # protocol assignments, Teredo
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4: any IPv4 address may hide in it
        "3fff::/20",  # documentation
        "fd00:ec2::/32",  # services of the machine, metadata at fd00:ec2::254, Amazon
        "fd20:ce::254/128",  # metadata, Google Cloud
    )
]
NAT64 = IPv6Network("64:ff9b::/96")


def plain(text: str) -> Address:
    """The address of ``text`` without its zone (``%eth0``).

    Raises:
        ValueError: it is none.
    """
    return ip_address(text.partition("%")[0])


def hidden_in(address: Address) -> IPv4Address | None:
    """The IPv4 address that a connection to this IPv6 address ends at, where there is one."""
    if isinstance(address, IPv4Address):
        return None
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address in NAT64:
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    return None


def reach_of(address: Address) -> Reach:
    """The reach of a connection to ``address``: public, inside a network, or closed."""
    hidden = hidden_in(address)
    if hidden is not None:
        address = hidden
    if isinstance(address, IPv4Address):
        if any(address in network for network in CLOSED_4):
            return Reach.CLOSED
        return Reach.INSIDE if any(address in network for network in INSIDE_4) else Reach.PUBLIC
    if any(address in network for network in CLOSED_6):
        return Reach.CLOSED
    if any(address in network for network in INSIDE_6):
        return Reach.INSIDE
    return Reach.PUBLIC if address in GLOBAL_6 else Reach.CLOSED
