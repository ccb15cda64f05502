"""A name is looked up once, vetted whole, and the socket goes to what was vetted."""

from __future__ import annotations

import socket
import time

import pytest

from assets.errors import DomainError
from assets.outgoing import Guard, OutgoingRefused, open_vetted_socket, vetted_addresses
from assets.outgoing.allow_list import AllowList
from tests.assets.outgoing.servers import answering, says, serving


def guard(*allowed: str, **more) -> Guard:
    return Guard(AllowList.parse(allowed), **more)


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1", "localhost", "LOCALHOST", "127.1", "0x7f000001", "2130706433", "0", "0.0.0.0",
        "::1", "[::1]", "::ffff:127.0.0.1", "[::ffff:7f00:1]", "0:0:0:0:0:0:0:1", "::",
        "169.254.169.254", "fd00:ec2::254", "fe80::1", "10.0.0.1",
    ],
)  # fmt: skip
def test_nothing_of_this_machine_or_network_is_open(settings, host):
    settings.OUTGOING_ALLOW = []
    with pytest.raises(OutgoingRefused) as refused:
        vetted_addresses(host, 80)
    assert refused.value.code == "outgoing_refused"
    assert "OUTGOING_ALLOW" in refused.value.hint
    with pytest.raises(OutgoingRefused):
        open_vetted_socket(host, 80)


def test_what_the_operator_names_is_open_and_its_neighbour_is_not(settings):
    with serving(says("hello")) as server, serving(says("hidden")) as neighbour:
        settings.OUTGOING_ALLOW = [f"127.0.0.1:{server.port}"]
        link = open_vetted_socket("127.0.0.1", server.port, 2)
        with link:
            assert link.getpeername() == ("127.0.0.1", server.port)
            assert link.gettimeout() == 2
        with pytest.raises(OutgoingRefused):
            open_vetted_socket("127.0.0.1", neighbour.port)
        with pytest.raises(OutgoingRefused):
            open_vetted_socket("127.0.0.2", server.port)


def test_a_public_address_needs_no_list():
    found = guard(resolve=answering(["8.8.8.8", "2606:4700::1111"])).vetted_addresses("a.org", 443)
    assert [one.sockaddr[:2] for one in found] == [("8.8.8.8", 443), ("2606:4700::1111", 443)]


@pytest.mark.parametrize("answers", [["8.8.8.8", "127.0.0.1"], ["127.0.0.1", "8.8.8.8"]])
def test_a_name_is_not_half_trusted(answers):
    with pytest.raises(OutgoingRefused):
        guard(resolve=answering(answers)).vetted_addresses("a.org", 80)


def test_a_name_that_answers_differently_the_second_time_is_asked_once():
    """The first answer is vetted and connected to; the second one would be the neighbour."""
    with serving(says("meant"), "127.0.0.2") as meant:
        asked = []

        def resolve(host, port, **kwargs):
            asked.append(host)
            number = "127.0.0.2" if len(asked) == 1 else "127.0.0.1"
            return answering([number])(host, port)

        link = guard("127.0.0.2", resolve=resolve).open_socket("rebinding.example.org", meant.port)
        with link:
            assert link.getpeername()[0] == "127.0.0.2"
        assert asked == ["rebinding.example.org"]
        with pytest.raises(OutgoingRefused):
            guard("127.0.0.2", resolve=resolve).open_socket("rebinding.example.org", meant.port)


def test_the_next_address_is_tried_within_the_same_time():
    with serving(says("x")) as server:
        closed = answering(["127.0.0.3", "127.0.0.1"])
        link = guard("127.0.0.0/8", resolve=closed).open_socket("a.org", server.port, 3)
        with link:
            assert link.getpeername()[0] == "127.0.0.1"


def test_nobody_there_is_no_refusal():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        with pytest.raises(OSError, match="refused"):
            guard("127.0.0.1").open_socket("127.0.0.1", port, 2)


@pytest.mark.parametrize("name", ["a..b", "x" * 300, "no such name", "a\0b", "", "[", "é" * 80])
def test_a_name_that_is_none(name):
    with pytest.raises((OSError, DomainError)):
        guard().vetted_addresses(name, 80, within_s=3)


@pytest.mark.parametrize("port", [0, -1, 65536])
def test_a_port_that_is_none(port):
    with pytest.raises(OutgoingRefused):
        guard(resolve=answering(["8.8.8.8"])).vetted_addresses("a.org", port)


def test_a_resolver_that_hangs_is_not_waited_for():
    def resolve(*args, **kwargs):
        time.sleep(5)

    began = time.monotonic()
    with pytest.raises(TimeoutError):
        guard(resolve=resolve).vetted_addresses("a.org", 80, within_s=0.2)
    assert time.monotonic() - began < 2


def test_a_refusal_says_nothing_of_what_the_name_stands_for():
    with pytest.raises(OutgoingRefused) as refused:
        guard(resolve=answering(["10.77.66.55"])).vetted_addresses("inner.example.org", 443)
    told = f"{refused.value.message} {refused.value.hint}"
    assert "inner.example.org:443" in told
    assert "10.77" not in told


def test_a_list_that_cannot_be_read_opens_nothing(settings):
    settings.OUTGOING_ALLOW = ["http://nas"]
    with pytest.raises(DomainError) as refused:
        open_vetted_socket("8.8.8.8", 443)
    assert refused.value.code == "outgoing_list_unreadable"
