"""``/healthz`` and ``/readyz``: whether the site is alive, and whether it is ready.

``/healthz`` touches nothing. ``/readyz`` says 503 where a page could not be served or a photo not
be kept (database, migrations, storage). A missing worker or broker is a warning only, because the
database holds all work, and a late ring costs seconds, never data.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Lock
from typing import Any
from urllib.parse import urlsplit

import structlog
from celery import current_app
from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, override
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from assets.models.worker import OFFICE
from assets.selectors.ledger import broken_ledgers, unfinished_checks
from assets.services.heartbeat import workers_alive

log = structlog.get_logger(__name__)
BROKER_PATIENCE_S = 1.0
KEPT_S = 2.0  # how long one look answers all who ask
NOT_KNOWN = gettext_lazy("Not known while the database does not answer.")


@never_cache
@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """The process answers."""
    return JsonResponse({"status": "ok"})


def _database() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError as error:
        log.error("database_unreachable", error=str(error))
        return _("The database does not answer. Check DATABASE_URL and that it runs.")
    return ""


def _migrations() -> str:
    """Names every migration that the code has and the database does not."""
    try:
        executor = MigrationExecutor(connection)
        plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError:
        return _("The migrations cannot be read while the database does not answer.")
    if not plan:
        return ""
    names = ", ".join(f"{migration.app_label}.{migration.name}" for migration, _back in plan)
    return _("Not applied yet: %(names)s. Run: python manage.py migrate.") % {"names": names}


def _storage() -> str:
    """Writes, reads and removes a small file where photos are kept."""
    name = ""
    try:
        name = default_storage.save("readyz/probe", ContentFile(b"probe"))
        with default_storage.open(name) as probe:
            if probe.read() != b"probe":
                return _("The photo storage gives back something else than was put in.")
    except Exception as error:  # noqa: BLE001  a remote storage raises its own kinds
        log.error("storage_unusable", error=str(error))
        return _("Photos cannot be stored. Check the free space and the rights of the data folder.")
    finally:
        if name:
            default_storage.delete(name)
    return ""


def _worker() -> str:
    if workers_alive():
        return ""
    return _("No analysis worker is running; photos wait in the queue until one is started.")


def _office() -> str:
    if workers_alive(room=OFFICE):
        return ""
    return _("No office worker is running; ledgers are not checked until one is started.")


def _ledger() -> str:
    """Anybody may ask, so it says how many, and not whose."""
    if broken := broken_ledgers().count():
        return ngettext(
            "The ledger of %(n)d organisation does not fit. Ask: python manage.py doctor.",
            "The ledgers of %(n)d organisations do not fit. Ask: python manage.py doctor.",
            broken,
        ) % {"n": broken}
    if failed := unfinished_checks().count():
        return ngettext(
            "%(n)d check of a ledger failed three times; Retry is on the page Organisation.",
            "%(n)d checks of a ledger failed three times; Retry is on the page Organisation.",
            failed,
        ) % {"n": failed}
    return ""


def _broker() -> str:
    """Asks the broker for a connection; files on this machine need none."""
    if settings.EMBEDDED_QUEUE:
        return "" if settings.QUEUE_FOLDER.is_dir() else _("The queue folder is missing.")
    try:
        with current_app.connection_for_write(connect_timeout=BROKER_PATIENCE_S) as link:
            link.ensure_connection(max_retries=0, timeout=BROKER_PATIENCE_S)
    except Exception as error:  # noqa: BLE001  each transport raises its own kinds
        log.warning("broker_unreachable", error=str(error))
        kind = urlsplit(settings.BROKER_URL).scheme
        return _(
            "The broker (%(kind)s) does not answer; photos are picked up by the sweeper instead."
        ) % {"kind": kind}
    return ""


# What the database must tell; each would wait for it anew.
IN_DATABASE = {"migrations", "worker", "office", "ledger"}
NEEDED: dict[str, Callable[[], str]] = {
    "database": _database,
    "migrations": _migrations,
    "storage": _storage,
}
WANTED: dict[str, Callable[[], str]] = {
    "worker": _worker,
    "office": _office,
    "ledger": _ledger,
    "broker": _broker,
}


def _warning(name: str, check: Callable[[], str], database_is_away: bool) -> str:
    if database_is_away and name in IN_DATABASE:
        return str(NOT_KNOWN)
    try:
        return check()
    except DatabaseError:
        return str(NOT_KNOWN)


class _Kept:
    """The last look, and until when it answers on the clock of ``time.monotonic``."""

    looking = Lock()
    body: dict[str, Any] = {}
    until_s = 0.0

    @classmethod
    def answer(cls) -> dict[str, Any]:
        """Looks anew where it is time to; whoever asks meanwhile gets what was seen last."""
        if time.monotonic() < cls.until_s or not cls.looking.acquire(blocking=not cls.body):
            return cls.body
        try:
            if time.monotonic() >= cls.until_s:
                with override(settings.LANGUAGE_CODE):  # one look answers people of any language
                    cls.body = _look()
                cls.until_s = time.monotonic() + KEPT_S
            return cls.body
        finally:
            cls.looking.release()


@never_cache
@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """200 where pages can be served and photos kept, else 503; the body says what is wrong.

    Anybody may ask, and a look costs a file written and perhaps a second of waiting for a broker:
    one at a time, and all who ask within ``KEPT_S`` get the same.
    """
    body = _Kept.answer()
    return JsonResponse(body, status=503 if body["problems"] else 200)


def _look() -> dict[str, Any]:
    problems: dict[str, str] = {}
    for name, check in NEEDED.items():
        if "database" in problems and name in IN_DATABASE:
            problems[name] = str(NOT_KNOWN)
        elif sentence := check():
            problems[name] = sentence
    warnings = {
        name: said
        for name, check in WANTED.items()
        if (said := _warning(name, check, "database" in problems))
    }
    return {
        "status": "not ready" if problems else "ready",
        "checks": {name: "failed" if name in problems else "ok" for name in NEEDED},
        "problems": problems,
        "warnings": warnings,
    }
