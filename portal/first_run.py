"""Conditions for starting the site; each failure is a sentence with its remedy."""

from __future__ import annotations

import errno
import os
import secrets
import shutil
import socket
import sqlite3
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from contextlib import suppress
from decimal import Decimal
from pathlib import Path

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from assets.full_disk import is_disk_full

NEEDED_BYTES = 1_000_000_000
PORTS_LOOKED_AT = 50


class CannotStart(Exception):  # noqa: N818  a sentence for a person, never a traceback
    """Why the site cannot start here, and what to do about it."""


def prepare() -> None:
    """Makes what every process of an installation needs: the data folder, its key, its queue.

    Importing the settings writes nothing; whatever starts (``manage.py``, the ASGI application, a
    worker) calls this first. Where all is there it does nothing.

    Raises:
        ImproperlyConfigured: the folder cannot be written; with the remedy.
    """
    try:
        settings.DATA_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)  # not for others
        if settings.EMBEDDED_QUEUE:
            (settings.QUEUE_FOLDER / "messages").mkdir(parents=True, exist_ok=True)
        if not _has_key():
            settings.SECRET_KEY = _make_key(settings.SECRET_KEY_FILE)
    except OSError as error:
        # In English: nothing is set up yet, no catalogue either.
        raise ImproperlyConfigured(
            f"The data folder {settings.DATA_DIR} cannot be written ({error.strerror}). "
            "Give another with DATA_DIR=/some/folder."
        ) from error


def _has_key() -> bool:
    try:
        return bool(settings.SECRET_KEY)
    except ImproperlyConfigured:  # what Django says of an empty one
        return False


def _make_key(path: Path) -> str:
    """The key of the installation, made once and readable by its owner only.

    Two processes that start together get the same one: it is written whole, then linked.
    """
    descriptor, draft = tempfile.mkstemp(dir=path.parent, prefix=".secret_key-")  # mode 0600
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(50))
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):
            os.link(draft, path)
    finally:
        os.unlink(draft)
    return path.read_text().strip()


def require_folder(folder: Path) -> None:
    """The data folder can be written.

    Raises:
        CannotStart: it cannot.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)  # not for others
        with tempfile.TemporaryFile(dir=folder) as probe:
            probe.write(b"probe")
    except OSError as error:
        if is_disk_full(error):
            raise CannotStart(
                _(
                    "The disk that holds %(folder)s is full. Make room, or give a folder on "
                    "another disk: DATA_DIR=/some/folder."
                )
                % {"folder": folder}
            ) from error
        raise CannotStart(
            _(
                "The data folder %(folder)s cannot be written (%(error)s). Give another: "
                "DATA_DIR=/some/folder, or change its owner."
            )
            % {"folder": folder, "error": error.strerror}
        ) from error


def require_room(folder: Path, needed_bytes: int = NEEDED_BYTES) -> None:
    """There is room for photos and what is made from them.

    Raises:
        CannotStart: there is less than ``needed_bytes``.
    """
    free = shutil.disk_usage(folder).free
    if free < needed_bytes:
        raise CannotStart(
            _(
                "Only %(free)s GB are free on the disk that holds %(folder)s; %(needed)s GB are "
                "needed. Make room, or give a folder on another disk: DATA_DIR=/some/folder."
            )
            % {
                "free": number_format(Decimal(f"{free / 1e9:.1f}")),
                "folder": folder,
                "needed": f"{needed_bytes / 1e9:.0f}",
            }
        )


def require_port(host: str, port: int) -> None:
    """Nobody listens on the port, and we may.

    Raises:
        CannotStart: naming a port that is free.
    """
    if not 1 <= port <= 65535:
        raise CannotStart(
            _("A port is a number from 1 to 65535, not %(port)s. Give PORT=8000.") % {"port": port}
        )
    problem = _cannot_bind(host, port)
    if problem is None:
        return
    if problem.errno in (errno.EADDRINUSE, errno.EACCES, errno.EPERM):
        begin = max(port, 1024) + 1
        candidates = range(begin, min(begin + PORTS_LOOKED_AT, 65536))
        free = next((one for one in candidates if _cannot_bind(host, one) is None), 0)
        in_use = _("Port %(port)s is in use. Give another, such as PORT=%(free)s.")
        not_yours = _("Port %(port)s may not be used by you. Give another, such as PORT=%(free)s.")
        words = in_use if problem.errno == errno.EADDRINUSE else not_yours
        raise CannotStart(words % {"port": port, "free": free})
    raise CannotStart(
        _("The address %(host)s cannot be used here (%(error)s).")
        % {"host": host, "error": problem.strerror}
    )


def _cannot_bind(host: str, port: int) -> OSError | None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        # As the web server does: connections that linger from the last run are no obstacle.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            return error
    return None


def unapplied_migrations() -> list[str]:
    """Names of the migrations that the code has and the database does not.

    Raises:
        CannotStart: the database does not answer.
    """
    try:
        executor = MigrationExecutor(connection)
        plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except (DatabaseError, sqlite3.Error) as error:
        raise CannotStart(
            _(
                "The database does not answer (%(error)s). Check DATABASE_URL, that the database "
                "server runs, and that its file or account may be written."
            )
            % {"error": _first_line(error)}
        ) from error
    return [f"{migration.app_label}.{migration.name}" for migration, _backwards in plan]


def require_migrations() -> None:
    """The database is as the code wants it.

    Raises:
        CannotStart: it lacks migrations, or does not answer.
    """
    if missing := unapplied_migrations():
        raise CannotStart(
            ngettext(
                "The database lacks %(n)d migration. Run: python manage.py migrate",
                "The database lacks %(n)d migrations. Run: python manage.py migrate",
                len(missing),
            )
            % {"n": len(missing)}
        )


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]


def wait_until_answering(address: str, *, gone: Callable[[], bool], within_s: float = 60) -> bool:
    """Whether pages answer at ``address`` before ``within_s`` are over or ``gone`` says stop."""
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline and not gone():
        try:
            urllib.request.urlopen(f"{address}/healthz", timeout=2).close()  # noqa: S310  our own
        except urllib.error.HTTPError:
            return True
        except OSError:
            time.sleep(0.1)
        else:
            return True
    return False


def require_all(host: str, port: int) -> None:
    """Folder, room and port, in that order.

    Raises:
        CannotStart: as they do.
    """
    require_folder(settings.DATA_DIR)
    require_room(settings.DATA_DIR)
    require_port(host, port)
