"""The port of the site, at which one process or several listen."""

from __future__ import annotations

import socket
import sys

# Here the kernel shares connections out between sockets that are bound to one port. Elsewhere the
# last one bound would get them all, so there all processes listen at one and the same socket.
KERNEL_SHARES_OUT = sys.platform.startswith("linux")


def listening_socket(host: str, port: int, *, shared: bool = False) -> socket.socket:
    """A socket bound to an address.

    Args:
        shared: other processes of this user may bind to it too.

    Raises:
        OSError: the address is in use, or not one of this machine.
    """
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if shared:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        listener.bind((host, port))
    except OSError:
        listener.close()
        raise
    return listener


class SharedPort:
    """Gives each process of the site a socket to listen at; one that dies takes its own along."""

    def __init__(self, host: str, port: int) -> None:
        self.host = host
        self.port = port
        self._one: socket.socket | None = None

    def listener(self) -> socket.socket:
        """A socket for one more process; whoever calls hands it down and closes it.

        Raises:
            OSError: as :func:`listening_socket` does.
        """
        if KERNEL_SHARES_OUT:
            return listening_socket(self.host, self.port, shared=True)
        if self._one is None:
            self._one = listening_socket(self.host, self.port)
        return self._one.dup()
