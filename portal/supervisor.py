"""The supervisor: one process that starts web servers, workers and sweeper and keeps them running.

It starts a child process again when it ends, after a pause that doubles up to 30 s. When the
supervisor is stopped or killed, no child stays behind. This is the embedded mode; in production
each part is a service of its own.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import FrameType
from typing import IO

import structlog
from django.conf import settings
from django.db import Error as DatabaseError
from django.db import connection
from django.utils.translation import gettext as _

from assets.work.sweep import sweep
from portal.serving.listening import SharedPort

log = structlog.get_logger(__name__)

LOOK_EVERY_S = 0.2
FIRST_PAUSE_S, LONGEST_PAUSE_S = 1.0, 30.0
STEADY_AFTER_S = 60.0  # after a child ran this long, its pauses are short again
STOP_WITHIN_S = 4.0
PR_SET_PDEATHSIG = 1
# Celery's warning is hidden: among the first lines it would hide what a newcomer must read.
CELERY_ON_ROOT = "You're running the worker with superuser privileges"


@dataclass
class Part:
    """One child process.

    Attributes:
        name: what messages call it, such as ``web server``.
        command: program and arguments.
        stop_signal: signal that makes the process end at once and in good order.
        hushed: beginnings of output lines to drop.
        listen: makes the socket at which the process listens. The process gets its number as
            ``--fd``. None: it listens at no socket.
        environment: variables for the process, besides those of the supervisor.
    """

    name: str
    command: Sequence[str]
    stop_signal: signal.Signals = signal.SIGTERM
    hushed: tuple[str, ...] = ()
    listen: Callable[[], socket.socket] | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = field(default=None, init=False)
    started_at: float = field(default=0.0, init=False)
    start_again_at: float = field(default=0.0, init=False)
    pause_s: float = field(default=FIRST_PAUSE_S, init=False)

    def start(self) -> None:
        """Starts the process in a session of its own: Ctrl-C reaches the supervisor only.

        Raises:
            OSError: the process cannot be started, or its port is taken or not allowed.
        """
        if self.listen is None:
            self._start(self.command)
            return
        with self.listen() as listener:
            handed = listener.fileno()
            self._start([*self.command, "--fd", str(handed)], handed_down=(handed,))

    def _start(self, command: Sequence[str], handed_down: tuple[int, ...] = ()) -> None:
        self.process = subprocess.Popen(
            command,
            env={**os.environ, **self.environment},
            pass_fds=handed_down,
            cwd=settings.BASE_DIR,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE if self.hushed else None,
            stderr=subprocess.STDOUT if self.hushed else None,
            start_new_session=True,
            preexec_fn=_dying_with_parent(),
        )
        self.started_at = time.monotonic()
        if self.process.stdout is not None:
            arguments = (self.process.stdout, self.hushed)
            threading.Thread(target=_pass_on, args=arguments, daemon=True).start()

    def signal_group(self, number: signal.Signals) -> None:
        """Sends a signal to the process and to all processes that it started."""
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, number)


class Supervisor:
    """Runs parts until Ctrl-C, SIGTERM, SIGHUP or :meth:`stop`.

    Args:
        parts: the child processes.
        say: prints a sentence for the person who started the command.
        sweeps: whether a thread of this process runs the sweeper.
    """

    def __init__(
        self, parts: Sequence[Part], *, say: Callable[[str], None], sweeps: bool = True
    ) -> None:
        self.parts = list(parts)
        self.say = say
        self.sweeps = sweeps
        self.stopping = False
        self._over = threading.Event()

    def run(self) -> None:
        """Starts the parts, and returns when all have stopped. Call it from the main thread."""
        handled = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        before = {number: signal.signal(number, self._hear) for number in handled}
        sweeper = threading.Thread(target=self._sweep, name="sweeper", daemon=True)
        try:
            for part in self.parts:
                part.start()
            if self.sweeps:
                sweeper.start()
            while not self.stopping:
                for part in self.parts:
                    self._look_after(part)
                time.sleep(LOOK_EVERY_S)
        finally:
            self._over.set()
            self._stop_all()
            for number, handler in before.items():
                signal.signal(number, handler)

    def stop(self) -> None:
        """Makes :meth:`run` stop all parts and return. Any thread may call it."""
        self.stopping = True

    def _hear(self, number: int, frame: FrameType | None) -> None:
        self.stopping = True

    def _look_after(self, part: Part) -> None:
        if part.process is None:
            if time.monotonic() >= part.start_again_at:
                self._start_again(part)
            return
        status = part.process.poll()
        if status is None:
            return
        part.signal_group(signal.SIGKILL)  # ends the processes that it left behind
        lived_s = time.monotonic() - part.started_at
        if lived_s > STEADY_AFTER_S:
            part.pause_s = FIRST_PAUSE_S
        part.process = None
        self._pause(
            part,
            _("The %(part)s ended (%(why)s); starting it again in %(seconds)s s."),
            _in_words(status),
        )

    def _start_again(self, part: Part) -> None:
        try:
            part.start()
        except OSError as error:  # no port, or no memory for one more process
            sentence = _("The %(part)s cannot be started (%(why)s); trying again in %(seconds)s s.")
            self._pause(part, sentence, error.strerror or str(error))

    def _pause(self, part: Part, sentence: str, why: str) -> None:
        self.say(sentence % {"part": part.name, "why": why, "seconds": f"{part.pause_s:.0f}"})
        part.start_again_at = time.monotonic() + part.pause_s
        part.pause_s = min(LONGEST_PAUSE_S, part.pause_s * 2)

    def _stop_all(self) -> None:
        running = [part for part in self.parts if part.process is not None]
        for part in running:
            assert part.process is not None
            with contextlib.suppress(ProcessLookupError):
                part.process.send_signal(part.stop_signal)
        deadline = time.monotonic() + STOP_WITHIN_S
        for part in running:
            assert part.process is not None
            with contextlib.suppress(subprocess.TimeoutExpired):
                part.process.wait(max(0.1, deadline - time.monotonic()))
            part.signal_group(signal.SIGKILL)
            part.process.wait()

    def _sweep(self) -> None:
        """Runs the sweeper at intervals; in production Celery's beat does it."""
        while not self._over.wait(settings.SWEEP_EVERY_S):
            try:
                sweep()
            except DatabaseError as error:  # the next round tries again
                log.warning("sweep_waits", error=str(error))
            finally:
                connection.close()


def _pass_on(lines: IO[bytes], hushed: tuple[str, ...]) -> None:
    """Copies a child's output lines to standard error, without blank and ``hushed`` lines."""
    for line in lines:
        text = line.decode(errors="replace")
        if text.strip() and not text.startswith(hushed):
            sys.stderr.write(text)
            sys.stderr.flush()


def _in_words(status: int) -> str:
    if status < 0:
        return _("signal %(name)s") % {"name": signal.Signals(-status).name}
    return _("status %(number)s") % {"number": status}


def _dying_with_parent() -> Callable[[], None] | None:
    """A function that a child runs at its start, so that it dies with a killed supervisor.

    Linux only; None elsewhere. The kernel sends SIGKILL: a child that is asked to end in good order
    may hang on the broken pipe to the supervisor. The lease of its photo runs out anyway.
    """
    if not sys.platform.startswith("linux"):
        return None
    prctl = ctypes.CDLL(None).prctl
    return lambda: prctl(PR_SET_PDEATHSIG, int(signal.SIGKILL))


def web_servers(*, host: str, port: int, count: int, beside_worker: bool = True) -> list[Part]:
    """``count`` web server processes at one port; each serves pages, API and sockets.

    Args:
        beside_worker: whether the worker runs on the same machine or in the same container, so
            that its memory limit is known here.
    """
    shared = SharedPort(host, port)
    memory = {"WORKER_MEMORY_BYTES": str(settings.WORKER_MEMORY_BYTES)} if beside_worker else {}
    return [
        Part(
            _("web server")
            if count == 1
            else _("web server %(number)d of %(count)d") % {"number": number, "count": count},
            [sys.executable, "-m", "portal.serving.web_server"],
            listen=shared.listener,
            environment=memory,
        )
        for number in range(1, count + 1)
    ]


def workers() -> list[Part]:
    """The workers: the analysis worker for photos, the office worker for work without pixels."""
    return [worker(), office()]


def worker() -> Part:
    """The analysis worker: one process, which computes on all cores."""
    return Part(
        _("analysis worker"),
        [
            *(sys.executable, "-W", f"ignore:{CELERY_ON_ROOT}", "-m", "celery"),
            *("--app", "portal.celery", "--quiet", "worker"),
            *("--pool", "prefork", "--concurrency", "1", "--queues", "cpu"),
            *("--hostname", f"hairline-{os.getpid()}@%h", "--loglevel", "WARNING"),
            *("--without-gossip", "--without-mingle", "--without-heartbeat"),
        ],
        stop_signal=signal.SIGQUIT,  # Celery's cold shutdown: SIGTERM would finish the photo first
        hushed=("worker: ",),  # Celery's lines at the end
    )


def office() -> Part:
    """The office worker: one process with threads; see :mod:`portal.office`."""
    return Part(
        _("office worker"),
        [
            *(sys.executable, "-W", f"ignore:{CELERY_ON_ROOT}", "-m", "celery"),
            *("--app", "portal.celery:office", "--quiet", "worker"),
            *("--pool", "threads", "--concurrency", "1", "--queues", "office"),
            *("--hostname", f"office-{os.getpid()}@%h", "--loglevel", "WARNING"),
            *("--without-gossip", "--without-mingle", "--without-heartbeat"),
        ],
        stop_signal=signal.SIGQUIT,
        hushed=("worker: ",),
    )
