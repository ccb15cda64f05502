"""One process of the site: ``python -m portal.serving.web_server --port 8000``.

uvicorn with our own patience, pool and limits. Several of them share one port (``manage.py serve
--workers``); each then gets its listening socket from whoever starts it.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import socket
import sys
from collections.abc import Sequence

import uvicorn

from portal.serving.listening import listening_socket

FILES_OF_ONE_CONNECTION = 2  # the connection, and what it spools or is sent
OTHER_FILES = 200  # database, logs, libraries
NEVER_STARTED = 3


def main(arguments: Sequence[str] | None = None) -> None:
    """Serves until SIGTERM or SIGINT."""
    parser = argparse.ArgumentParser(prog="portal.serving.web_server", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1", help="address (default: this machine only)")
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--fd", type=int, help="number of an inherited listening socket")
    options = parser.parse_args(arguments)

    # Before the settings are read: only such a process keeps a pool of database connections.
    os.environ["HAIRLINE_PROCESS"] = "web"
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    if options.fd is None:
        listener = listening_socket(options.host, options.port)
    else:
        listener = socket.socket(fileno=options.fd)
    server = uvicorn.Server(_config())
    with contextlib.suppress(KeyboardInterrupt):
        server.run(sockets=[listener])
    if not server.started:
        sys.exit(NEVER_STARTED)


def _config() -> uvicorn.Config:
    from django.conf import settings

    from portal.serving.slow_clients import Doorkeeper, Patience

    proxied = bool(settings.NUM_PROXIES)
    keeper = Doorkeeper(
        Patience(
            headers_s=settings.HEADERS_WITHIN_S,
            keep_alive_s=settings.KEEP_ALIVE_S,
            body_stall_s=settings.BODY_STALL_S,
            body_s=settings.BODY_WITHIN_S,
            body_floor_bytes_per_s=settings.BODY_FLOOR_BYTES_PER_S,
            answer_stall_s=settings.ANSWER_STALL_S,
            connections=_connections(settings.WEB_CONNECTIONS),
            per_address=0 if proxied else settings.WEB_CONNECTIONS_PER_ADDRESS,
        )
    )
    return uvicorn.Config(
        "portal.asgi:application",
        http=keeper.connection,  # type: ignore[arg-type]  # uvicorn calls it as it would a class
        ws_max_size=4096,
        lifespan="off",
        log_level="warning",
        access_log=False,
        server_header=False,
        # uvicorn believes the forwarding headers of whoever connects from this machine. How many
        # proxies are ours is said by NUM_PROXIES and BEHIND_HTTPS, and read where it matters.
        proxy_headers=False,
        timeout_keep_alive=max(1, round(settings.KEEP_ALIVE_S)),
        timeout_graceful_shutdown=3,
    )


def _connections(wanted: int) -> int:
    """As many as wanted, or as many as this process may have files open for."""
    try:
        import resource
    except ImportError:
        return wanted
    needed = wanted * FILES_OF_ONE_CONNECTION + OTHER_FILES
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY or soft >= needed:
        return wanted
    may = needed if hard == resource.RLIM_INFINITY else min(hard, needed)
    with contextlib.suppress(OSError, ValueError):  # macOS has a lower limit than it says
        resource.setrlimit(resource.RLIMIT_NOFILE, (may, hard))
    soft, _hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    return max(1, min(wanted, (soft - OTHER_FILES) // FILES_OF_ONE_CONNECTION))


if __name__ == "__main__":
    main()
