"""Refused addresses, and what the operator's list can allow."""

from __future__ import annotations

import pytest

from assets.errors import DomainError
from assets.outgoing.allow_list import AllowList
from assets.outgoing.ranges import Reach, plain, reach_of

INSIDE = [
    "127.0.0.1", "127.255.255.254", "10.0.0.1", "10.255.255.255", "172.16.0.1", "172.31.255.255",
    "192.168.1.1", "100.64.0.1", "100.127.255.255", "::1", "fc00::1", "fd12:3456::1",
    "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "64:ff9b::10.0.0.1",
]  # fmt: skip
CLOSED = [
    "0.0.0.0", "0.1.2.3", "169.254.169.254", "169.254.0.1", "168.63.129.16", "100.100.100.200",
    "192.0.0.192", "192.0.2.1", "192.88.99.1", "198.18.0.1", "198.51.100.7", "203.0.113.9",
    "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255", "::", "::7f00:1",
    "::127.0.0.1", "fe80::1", "fe80::1%eth0", "fec0::1", "ff02::1", "fd00:ec2::254",
    "fd20:ce::254", "2001::1", "2001:db8::1", "2002:7f00:1::", "2002:a00:1::", "3fff::1",
    "64:ff9b:1::1", "100::1", "5f00::1", "4000::1", "::ffff:169.254.169.254", "::ffff:0.0.0.0",
    "64:ff9b::a9fe:a9fe",
]  # fmt: skip
PUBLIC = [
    "1.1.1.1", "8.8.8.8", "172.15.255.255", "172.32.0.1", "100.63.255.255", "100.128.0.1",
    "169.253.1.1", "11.0.0.1", "223.255.255.255", "2606:4700::1111", "2a00:1450::1",
    "::ffff:8.8.8.8", "64:ff9b::808:808",
]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "reach"),
    [
        *((text, Reach.INSIDE) for text in INSIDE),
        *((text, Reach.CLOSED) for text in CLOSED),
        *((text, Reach.PUBLIC) for text in PUBLIC),
    ],
)
def test_where_an_address_lies(text, reach):
    assert reach_of(plain(text)) is reach


@pytest.mark.parametrize(
    ("entry", "host", "address", "port", "opens"),
    [
        ("nas.example.org", "nas.example.org", "10.0.0.5", 443, True),
        ("NAS.Example.org.", "nas.example.org", "10.0.0.5", 443, True),
        ("nas.example.org:8080", "nas.example.org", "10.0.0.5", 8080, True),
        ("nas.example.org:8080", "nas.example.org", "10.0.0.5", 443, False),
        ("nas.example.org", "evil.example.org", "10.0.0.5", 443, False),
        ("nas.example.org", "x.nas.example.org", "10.0.0.5", 443, False),
        ("nas.example.org", "nas.example.org", "169.254.169.254", 80, False),
        ("nas.example.org", "nas.example.org", "::ffff:169.254.169.254", 80, False),
        ("nas.example.org", "nas.example.org", "0.0.0.0", 80, False),
        ("brücke.example", "xn--brcke-lva.example", "10.0.0.5", 80, True),
        ("my_service", "my_service", "172.18.0.3", 80, True),
        ("10.0.0.5", "anything.example.org", "10.0.0.5", 1, True),
        ("10.0.0.5", "10.0.0.6", "10.0.0.6", 1, False),
        ("10.0.0.5:8080", "x", "10.0.0.5", 8080, True),
        ("10.0.0.5:8080", "x", "10.0.0.5", 8081, False),
        ("10.0.0.5", "x", "::ffff:10.0.0.5", 80, True),
        ("10.2.0.0/16", "x", "10.2.255.1", 80, True),
        ("10.2.0.0/16:443", "x", "10.2.255.1", 443, True),
        ("10.2.0.0/16:443", "x", "10.2.255.1", 80, False),
        ("10.2.0.0/16", "x", "10.3.0.1", 80, False),
        ("169.254.169.254", "x", "169.254.169.254", 80, True),
        ("::1", "x", "::1", 80, True),
        ("::1", "x", "127.0.0.1", 80, False),
        ("[::1]:8080", "x", "::1", 8080, True),
        ("[::1]:8080", "x", "::1", 80, False),
        ("[fd12::/48]:443", "x", "fd12::9", 443, True),
        ("fd12::/48", "x", "fd12:0:0:1::9", 443, True),
        ("fd12::/48", "x", "fd13::9", 443, False),
    ],
)
def test_what_an_entry_opens(entry, host, address, port, opens):
    assert AllowList.parse([entry]).permits(host, plain(address), port) is opens


@pytest.mark.parametrize(
    "entry",
    [
        "http://nas.example.org", "nas.example.org/path", "*.example.org", "*", "a b",
        "nas.example.org:", "nas.example.org:0", "nas.example.org:65536", "nas.example.org:http",
        "nas.example.org:٣", "10.0.0.1/8", "10.0.0.0/33", "10.0.0.256", "127.1", "[::1",
        "[::1]8080", "[::1]:", "::1/129", "-x.example.org", "user@nas.example.org", "a..b", ":80",
    ],
)  # fmt: skip
def test_an_entry_that_cannot_be_read_is_a_sentence(entry):
    with pytest.raises(DomainError) as refused:
        AllowList.parse(["fine.example.org", entry])
    assert refused.value.code == "outgoing_list_unreadable"
    assert entry in refused.value.message
    assert "10.2.0.5:8080" in refused.value.hint


def test_blanks_are_nothing_and_everything_is_noticed():
    assert AllowList.parse(["", "  "]).entries == ()
    assert not AllowList.parse(["10.0.0.0/8", "::1"]).opens_everything()
    for all_of_it in ("0.0.0.0/0", "::/0", "128.0.0.0/1"):
        assert AllowList.parse([all_of_it]).opens_everything()
