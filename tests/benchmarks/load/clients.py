"""Keep-alive clients that ask for pages as fast as they get them; they cost little themselves."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

PATIENCE_S = 60.0
HOST = "127.0.0.1"


@dataclass
class Tally:
    """What came back."""

    statuses: Counter[int] = field(default_factory=Counter)
    broken: int = 0  # connections that ended without an answer
    seconds: float = 0.0

    @property
    def asked(self) -> int:
        """Requests in all."""
        return sum(self.statuses.values()) + self.broken

    @property
    def good_a_second(self) -> float:
        """Answers with status 200 a second."""
        return self.statuses[200] / self.seconds

    def share(self, *statuses: int) -> float:
        """Part of the requests that were answered with one of ``statuses``."""
        return sum(self.statuses[s] for s in statuses) / max(1, self.asked)

    @property
    def failed_share(self) -> float:
        """Part of the requests that brought no page: any status but 200, or no answer."""
        return 1 - self.statuses[200] / max(1, self.asked)


class Connection:
    """One keep-alive connection of one person; opened again where the server closed it."""

    def __init__(self, port: int, session: str) -> None:
        self.port, self.session = port, session
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def get(self, path: str) -> int:
        """The status of the answer, read to its end.

        Raises:
            OSError, EOFError: the connection broke.
        """
        try:
            return await asyncio.wait_for(self._get(path), PATIENCE_S)
        except BaseException:
            self.close()
            raise

    async def _get(self, path: str) -> int:
        if self._streams is None:
            self._streams = await asyncio.open_connection(HOST, self.port, limit=2**20)
        reader, writer = self._streams
        writer.write(
            f"GET {path} HTTP/1.1\r\nHost: localhost\r\nCookie: sessionid={self.session}\r\n"
            "Accept: text/html,application/json\r\nAccept-Encoding: gzip\r\n\r\n".encode()
        )
        head = await reader.readuntil(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        headers = {
            n.strip().lower(): v.strip() for n, _, v in (one.partition(":") for one in lines)
        }
        if "content-length" in headers:
            await reader.readexactly(int(headers["content-length"]))
        else:
            while size := int(await reader.readline(), 16):
                await reader.readexactly(size + 2)
            await reader.readline()
        if headers.get("connection") == "close":
            self.close()
        return int(lines[0].split()[1])

    def close(self) -> None:
        """Hangs up."""
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None


async def _ask_until(
    end: float, connection: Connection, paths: Sequence[str], first: int, tally: Tally
) -> None:
    turn = first
    while time.monotonic() < end:
        try:
            tally.statuses[await connection.get(paths[turn % len(paths)])] += 1
        except (OSError, EOFError, asyncio.LimitOverrunError):
            tally.broken += 1
            await asyncio.sleep(0.05)
        turn += 1
    connection.close()


async def _crowd(port: int, sessions: Sequence[str], paths: Sequence[str], seconds: float) -> Tally:
    tally, started = Tally(), time.monotonic()
    connections = [Connection(port, session) for session in sessions]
    await asyncio.gather(
        *(
            _ask_until(started + seconds, one, paths, turn, tally)
            for turn, one in enumerate(connections)
        )
    )
    tally.seconds = time.monotonic() - started
    return tally


def crowd(port: int, sessions: Sequence[str], paths: Sequence[str], seconds: float) -> Tally:
    """One client a session, all at once, each asking for one path after the other.

    ``seconds`` is when they stop asking; the rate counts the time until the last answer.
    """
    return asyncio.run(_crowd(port, sessions, paths, seconds))


async def _one_after_the_other(port: int, session: str, path: str, count: int) -> None:
    connection = Connection(port, session)
    for _ in range(count):
        status = await connection.get(path)
        assert status == 200, f"{path} answered {status}"
    connection.close()


def one_after_the_other(port: int, session: str, path: str, count: int) -> None:
    """One client asks for the same page again and again; AssertionError for any but 200."""
    asyncio.run(_one_after_the_other(port, session, path, count))
