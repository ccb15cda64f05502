"""``manage.py doctor``: checks an installation and says what to mend."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from celery import current_app
from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import DatabaseError, connection

from assets.errors import DomainError
from assets.models import Photo, PhotoState
from assets.models.worker import OFFICE
from assets.selectors.ledger import broken_ledgers, unfinished_checks
from assets.services import heartbeat, secret_keys, secret_store
from portal.first_run import CannotStart, require_folder, require_room, unapplied_migrations
from portal.sign_in.openid.discovery import discover
from portal.sign_in.openid.provider import is_configured, issuer, organisation_app

MODEL_PATIENCE_S = 60


class Command(BaseCommand):
    """One line a check; exit status 1 where something must be mended."""

    help = (
        "Checks data folder, disk, database, secrets, broker, model and workers; says what to mend."
    )
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        ill = 0
        for name, check in CHECKS:
            try:
                self.stdout.write(f"  ok    {name}: {check()}")
            except CannotStart as reason:
                ill += 1
                self.stdout.write(f"  mend  {name}: {reason}")
            except DatabaseError:
                ill += 1
                self.stdout.write(f"  mend  {name}: not known while the database is not ready.")
        if ill:
            raise SystemExit(f"{ill} of {len(CHECKS)} checks ask for something.")
        self.stdout.write("Everything is as it should be.")


def _folder() -> str:
    require_folder(settings.DATA_DIR)
    return f"{settings.DATA_DIR} can be written"


def _room() -> str:
    require_room(settings.DATA_DIR)
    return "1 GB or more is free"


def _database() -> str:
    if missing := unapplied_migrations():
        raise CannotStart(
            f"{len(missing)} migrations are missing ({', '.join(missing[:3])} …). "
            "Run: python manage.py migrate"
        )
    return f"{connection.vendor} answers, every migration is applied"


def _secrets() -> str:
    try:
        rows = list(secret_store.standings())
        known = secret_keys.all_keys()
    except DomainError as error:
        raise CannotStart(f"{error.message} {error.hint}") from error
    shut = [row for row in rows if row.trouble]
    if shut:
        raise CannotStart(f"{len(shut)} of {len(rows)} do not open. {shut[0].trouble}")
    return f"{len(rows)} stored, all open with the key {known[0].id}" if rows else "none is stored"


def _openid() -> str:
    if not is_configured():
        return "by password only"
    try:
        discover()
        secret = organisation_app().secret
    except DomainError as error:
        raise CannotStart(f"{error.message} {error.hint}") from error
    return f"{issuer()} answers" + ("" if secret else "; it has no client secret")


def _broker() -> str:
    scheme = urlsplit(settings.BROKER_URL).scheme
    if settings.EMBEDDED_QUEUE:
        require_folder(settings.QUEUE_FOLDER)
        return "a folder of this machine"
    try:
        with current_app.connection_for_write(connect_timeout=3) as link:
            link.ensure_connection(max_retries=1, timeout=3)
    except Exception as error:  # each transport raises its own kinds
        place = urlsplit(settings.BROKER_URL)
        raise CannotStart(
            f"{scheme} does not answer at {place.hostname}:{place.port or 'its usual port'} "
            f"({error}). Check BROKER_URL or REDIS_URL, and that it runs. Photos wait meanwhile."
        ) from error
    return f"{scheme} answers"


def _model() -> str:
    """Asks the instrument in a process of its own: the site never imports it."""
    command = [sys.executable, "-m", "inference", "models", "--shipped", "--json"]
    try:
        answer = subprocess.run(
            command,
            cwd=settings.BASE_DIR,
            capture_output=True,
            text=True,
            timeout=MODEL_PATIENCE_S,
            check=True,
        )
        models = json.loads(answer.stdout)["models"]
    except (subprocess.SubprocessError, json.JSONDecodeError) as error:
        said = getattr(error, "stderr", "") or str(error)
        raise CannotStart(f"The models cannot be listed: {said.strip()[-300:]}") from error
    names = [model["name"] for model in models]
    wanted = settings.HAIRLINE_MODEL
    if not names or (wanted and wanted not in names):
        raise CannotStart(
            f"The model {wanted or '(default)'} is not there; known: {', '.join(names) or 'none'}. "
            "Set HAIRLINE_MODEL to one of them, or restore inference/weights from the release."
        )
    return f"{wanted or 'the default'} of {', '.join(names)}"


def _worker() -> str:
    alive = heartbeat.workers_alive()
    if not alive:
        waiting = Photo.objects.filter(state=PhotoState.QUEUED).count()
        raise CannotStart(
            f"No analysis worker was heard of in the last 30 s; {waiting} photos wait. Start one: "
            "python manage.py serve, or celery --app portal.celery worker --queues cpu "
            "--concurrency 1"
        )
    return ", ".join(f"{worker.name} ({worker.device})" for worker in alive)


def _office() -> str:
    alive = heartbeat.workers_alive(room=OFFICE)
    if not alive:
        raise CannotStart(
            "No office worker was heard of in the last 30 s; ledgers are not checked. Start one: "
            "python manage.py serve, or celery --app portal.celery:office worker --queues office "
            "--pool threads --concurrency 1"
        )
    return ", ".join(worker.name for worker in alive)


def _ledgers() -> str:
    if names := [str(organisation) for organisation in broken_ledgers()]:
        raise CannotStart(
            f"The ledger of {', '.join(names)} does not fit together. Keep the database as it is, "
            "compare it with a backup; the page Organisation names the entries."
        )
    if failed := unfinished_checks().count():
        raise CannotStart(
            f"{failed} checks failed three times. Press Retry on the page Organisation, or read "
            "the office worker's log."
        )
    return "every ledger that was checked fits together"


CHECKS: list[tuple[str, Callable[[], str]]] = [
    ("data folder", _folder),
    ("disk", _room),
    ("database", _database),
    ("secrets", _secrets),
    ("sign-in", _openid),
    ("broker", _broker),
    ("model", _model),
    ("worker", _worker),
    ("office", _office),
    ("ledgers", _ledgers),
]
