"""Real servers on this machine, and a resolver with answers that a test chooses."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Answer = Callable[[BaseHTTPRequestHandler], None]


class Server(ThreadingHTTPServer):
    """Counts what reached it."""

    daemon_threads = True

    def __init__(self, answer: Answer, host: str = "127.0.0.1") -> None:
        self.seen: list[tuple[str, str, dict[str, str]]] = []
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                server.seen.append((self.command, self.path, dict(self.headers)))
                answer(self)

            do_POST = do_GET  # noqa: N815  named by the library

            def log_message(self, *args: Any) -> None:
                pass

        if ":" in host:
            self.address_family = socket.AF_INET6
        super().__init__((host, 0), Handler)

    @property
    def port(self) -> int:
        return self.server_address[1]


@contextmanager
def serving(answer: Answer, host: str = "127.0.0.1", wrap: Any = None) -> Iterator[Server]:
    """A server while the block lasts."""
    server = Server(answer, host)
    if wrap is not None:
        server.socket = wrap(server.socket)
    thread = threading.Thread(target=server.serve_forever, args=[0.05], daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


def says(text: str, status: int = 200, **headers: str) -> Answer:
    """Answers always the same."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        body = text.encode()
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return answer


def points_to(address: str, status: int = 302) -> Answer:
    """Redirects there."""
    return says("", status, Location=address)


def answering(*answers: list[str]) -> Callable[..., list[Any]]:
    """A resolver: the first list at the first look-up, the last one from then on."""
    left = list(answers)

    def resolve(host: str, port: int, **kwargs: Any) -> list[Any]:
        texts = left.pop(0) if len(left) > 1 else left[0]
        return [
            (
                socket.AF_INET6 if ":" in text else socket.AF_INET,
                socket.SOCK_STREAM,
                6,
                "",
                (text, port, 0, 0) if ":" in text else (text, port),
            )
            for text in texts
        ]

    return resolve
