"""HTTP by the guard: each connection and each redirect is vetted; time and size are bounded."""

from __future__ import annotations

import datetime as dt
import gzip
import ssl
import time

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from assets.outgoing import (
    AnswerTooLarge,
    Guard,
    OutgoingFailed,
    OutgoingRefused,
    outgoing_session,
)
from assets.outgoing.allow_list import AllowList
from tests.assets.outgoing.servers import answering, points_to, says, serving


def session(*allowed: str, total_s: float = 5, most_bytes: int = 100_000, **more):
    """One by a list of its own."""
    found = Guard(AllowList.parse(allowed), **more)
    return outgoing_session(guard=found, total_s=total_s, most_bytes=most_bytes)


def test_refused_by_default_and_open_when_listed(settings):
    with serving(says("hello")) as server:
        address = f"http://127.0.0.1:{server.port}/here"
        settings.OUTGOING_ALLOW = []
        with outgoing_session() as shut, pytest.raises(OutgoingRefused):
            shut.get(address)
        assert server.seen == []

        settings.OUTGOING_ALLOW = [f"127.0.0.1:{server.port}"]
        with outgoing_session() as opened:
            assert opened.get(address).text == "hello"
        (request,) = server.seen
        assert request[:2] == ("GET", "/here")
        assert request[2]["Host"] == f"127.0.0.1:{server.port}"


@pytest.mark.parametrize("host", ["localhost", "127.1", "[::ffff:127.0.0.1]", "0x7f.1", "[::1]"])
def test_other_ways_to_write_this_machine(host):
    with serving(says("hidden")) as server:
        with session("127.0.0.1:1") as one, pytest.raises((OutgoingRefused, OutgoingFailed)):
            one.get(f"http://{host}:{server.port}/")
        assert server.seen == []


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_to_where_it_may_not_is_refused(status):
    with serving(says("hidden")) as hidden:
        target = f"http://127.0.0.1:{hidden.port}/admin"
        with serving(points_to(target, status)) as door:
            with session(f"127.0.0.1:{door.port}") as one, pytest.raises(OutgoingRefused):
                one.post(f"http://127.0.0.1:{door.port}/", data={"secret": "x"})
            assert len(door.seen) == 1
        assert hidden.seen == []


def test_a_redirect_to_where_it_may_is_followed():
    with (
        serving(says("there")) as second,
        serving(points_to(f"http://127.0.0.1:{second.port}/")) as door,
        session(f"127.0.0.1:{door.port}", f"127.0.0.1:{second.port}") as one,
    ):
        assert one.get(f"http://127.0.0.1:{door.port}/").text == "there"


@pytest.mark.parametrize("target", ["file:///etc/hostname", "gopher://127.0.0.1/", "ftp://a.org/"])
def test_a_redirect_to_another_scheme_is_refused(target):
    with serving(points_to(target)) as door, session(f"127.0.0.1:{door.port}") as one:
        with pytest.raises(OutgoingRefused):
            one.get(f"http://127.0.0.1:{door.port}/")
        with pytest.raises(OutgoingFailed):
            one.get(target)


def test_redirects_without_end():
    with serving(points_to("/again")) as door, session(f"127.0.0.1:{door.port}") as one:
        with pytest.raises(OutgoingFailed):
            one.get(f"http://127.0.0.1:{door.port}/")
        assert len(door.seen) == 4


def test_a_name_is_looked_up_for_each_connection_and_never_in_between():
    """Public at first, this machine later: the second connection is vetted like the first."""
    with serving(says("x")) as server:
        resolve = answering(["127.0.0.9"], ["127.0.0.1"])
        with session("127.0.0.9", total_s=2, resolve=resolve) as one:
            with pytest.raises(OutgoingFailed):  # nobody listens at 127.0.0.9
                one.get(f"http://rebinding.example.org:{server.port}/")
            with pytest.raises(OutgoingRefused):
                one.get(f"http://rebinding.example.org:{server.port}/")
        assert server.seen == []


def test_a_connection_is_not_kept_for_the_next_request():
    with serving(says("x")) as server, session(f"127.0.0.1:{server.port}") as one:
        one.get(f"http://127.0.0.1:{server.port}/")
        one._guarded._guard = Guard(AllowList())
        with pytest.raises(OutgoingRefused):
            one.get(f"http://127.0.0.1:{server.port}/")


def test_proxies_are_not_asked(monkeypatch):
    with serving(says("by proxy")) as proxy, serving(says("straight")) as server:
        for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY", "all_proxy", "https_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        with session(f"127.0.0.1:{server.port}") as one:
            assert one.get(f"http://127.0.0.1:{server.port}/").text == "straight"
            given = {"http": f"http://127.0.0.1:{proxy.port}"}
            assert one.get(f"http://127.0.0.1:{server.port}/", proxies=given).text == "straight"
        assert proxy.seen == []


def test_a_large_answer_is_not_read():
    big = "x" * 200_000
    with (
        serving(says(big)) as server,
        session(f"127.0.0.1:{server.port}") as one,
        pytest.raises(AnswerTooLarge),
    ):
        one.get(f"http://127.0.0.1:{server.port}/")


def test_an_answer_that_grows_when_unpacked():
    packed = gzip.compress(b"0" * 5_000_000)
    assert len(packed) < 50_000

    def bomb(handler):
        handler.send_response(200)
        handler.send_header("Content-Encoding", "gzip")
        handler.send_header("Content-Length", str(len(packed)))
        handler.end_headers()
        handler.wfile.write(packed)

    with (
        serving(bomb) as server,
        session(f"127.0.0.1:{server.port}") as one,
        pytest.raises(AnswerTooLarge),
    ):
        one.get(f"http://127.0.0.1:{server.port}/")


def test_a_body_without_end_behind_a_redirect():
    def endless(handler):
        handler.send_response(302)
        handler.send_header("Location", "/")
        handler.end_headers()
        try:
            while True:
                handler.wfile.write(b"x" * 10_000)
        except OSError:
            handler.close_connection = True

    with (
        serving(endless) as server,
        session(f"127.0.0.1:{server.port}") as one,
        pytest.raises(AnswerTooLarge),
    ):
        one.get(f"http://127.0.0.1:{server.port}/")


@pytest.mark.parametrize("part", ["headers", "body", "nothing"])
def test_what_drips_is_cut_off(part):
    """A byte now and then renews the time-out of a read; the time of the whole is kept."""

    def drip(handler):
        try:
            if part == "nothing":
                time.sleep(4)
            if part == "body":
                handler.send_response(200)
                handler.end_headers()
            else:
                handler.wfile.write(b"HTTP/1.1 200 OK\r\nX: ")
            for _ in range(40):
                handler.wfile.write(b"x")
                handler.wfile.flush()
                time.sleep(0.1)
        except OSError:
            pass
        handler.close_connection = True

    with serving(drip) as server, session(f"127.0.0.1:{server.port}", total_s=0.8) as one:
        began = time.monotonic()
        with pytest.raises(requests.Timeout):
            one.get(f"http://127.0.0.1:{server.port}/")
        assert time.monotonic() - began < 2.5


def test_nobody_answers():
    with session("127.0.0.1") as one, pytest.raises(OutgoingFailed):
        one.get("http://127.0.0.1:1/")
    with session() as one, pytest.raises(OutgoingFailed):
        one.get("http://no-such-name.invalid/")


@pytest.fixture
def certificate(tmp_path):
    """For ``login.example.org``, signed by itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "login.example.org")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("login.example.org")]), False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path / "login.pem"
    path.write_bytes(
        made.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return path


def test_https_keeps_the_name_for_host_certificate_and_sni(settings, certificate):
    asked = []
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    context.sni_callback = lambda link, name, _context: asked.append(name)
    wrap = lambda link: context.wrap_socket(link, server_side=True)  # noqa: E731
    here = answering(["127.0.0.1"])
    with serving(says("safe"), wrap=wrap) as server:
        entry = f"login.example.org:{server.port}"
        address = f"https://{entry}/"
        with session(entry, resolve=here) as one, pytest.raises(requests.exceptions.SSLError):
            one.get(address)
        settings.OUTGOING_CA_FILE = str(certificate)
        with session(entry, resolve=here) as one:
            assert one.get(address).text == "safe"
        assert server.seen[-1][2]["Host"] == entry
        other = f"other.example.org:{server.port}"
        with session(other, resolve=here) as one, pytest.raises(requests.exceptions.SSLError):
            one.get(f"https://{other}/")
    assert set(asked) == {"login.example.org", "other.example.org"}


def test_from_https_to_less_is_refused(settings, certificate):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    wrap = lambda link: context.wrap_socket(link, server_side=True)  # noqa: E731
    settings.OUTGOING_CA_FILE = str(certificate)
    with serving(says("clear")) as clear:
        with serving(points_to(f"http://127.0.0.1:{clear.port}/"), wrap=wrap) as server:
            entry = f"login.example.org:{server.port}"
            one = session(entry, "127.0.0.1", resolve=answering(["127.0.0.1"]))
            with one, pytest.raises(OutgoingRefused, match="not HTTPS"):
                one.get(f"https://{entry}/")
        assert clear.seen == []
