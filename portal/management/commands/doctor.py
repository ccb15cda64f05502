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
from django.db import DatabaseError, connection
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from assets.errors import DomainError
from assets.models import Photo, PhotoState
from assets.models.worker import OFFICE
from assets.selectors.ledger import broken_ledgers, unfinished_checks
from assets.services import heartbeat, secret_keys, secret_store
from portal.first_run import CannotStart, require_folder, require_room, unapplied_migrations
from portal.management.speaking import SpeakingCommand
from portal.sign_in.openid.discovery import discover
from portal.sign_in.openid.provider import is_configured, issuer, organisation_app

MODEL_PATIENCE_S = 60


class Command(SpeakingCommand):
    """One line a check; exit status 1 where something must be mended."""

    help = gettext_lazy(
        "Checks data folder, disk, database, secrets, broker, model and workers; says what to mend."
    )
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        ill = 0
        for name, check in CHECKS:
            try:
                self._line(_("ok"), name, check())
            except CannotStart as reason:
                ill += 1
                self._line(_("mend"), name, str(reason))
            except DatabaseError:
                ill += 1
                self._line(_("mend"), name, _("not known while the database is not ready."))
        if ill:
            words = ngettext(
                "%(n)d of %(all)d checks asks for something.",
                "%(n)d of %(all)d checks ask for something.",
                ill,
            )
            raise SystemExit(words % {"n": ill, "all": len(CHECKS)})
        self.stdout.write(_("Everything is as it should be."))

    def _line(self, standing: str, name: Any, words: str) -> None:
        self.stdout.write(f"  {standing:<5} {name}: {words}")


def _folder() -> str:
    require_folder(settings.DATA_DIR)
    return _("%(folder)s can be written") % {"folder": settings.DATA_DIR}


def _room() -> str:
    require_room(settings.DATA_DIR)
    return _("1 GB or more is free")


def _database() -> str:
    if missing := unapplied_migrations():
        raise CannotStart(
            ngettext(
                "%(n)d migration is missing (%(names)s …). Run: python manage.py migrate",
                "%(n)d migrations are missing (%(names)s …). Run: python manage.py migrate",
                len(missing),
            )
            % {"n": len(missing), "names": ", ".join(missing[:3])}
        )
    return _("%(database)s answers, every migration is applied") % {"database": connection.vendor}


def _secrets() -> str:
    try:
        rows = list(secret_store.standings())
        known = secret_keys.all_keys()
    except DomainError as error:
        raise CannotStart(f"{error.message} {error.hint}") from error
    shut = [row for row in rows if row.trouble]
    if shut:
        words = ngettext(
            "%(n)d of %(all)d does not open.", "%(n)d of %(all)d do not open.", len(shut)
        ) % {"n": len(shut), "all": len(rows)}
        raise CannotStart(f"{words} {shut[0].trouble}")
    if not rows:
        return _("none is stored")
    return ngettext(
        "%(n)d stored, which opens with the key %(key)s",
        "%(n)d stored, all open with the key %(key)s",
        len(rows),
    ) % {"n": len(rows), "key": known[0].id}


def _openid() -> str:
    if not is_configured():
        return _("by password only")
    try:
        discover()
        secret = organisation_app().secret
    except DomainError as error:
        raise CannotStart(f"{error.message} {error.hint}") from error
    answers = _("%(server)s answers")
    without = _("%(server)s answers; it has no client secret")
    return (answers if secret else without) % {"server": issuer()}


def _broker() -> str:
    scheme = urlsplit(settings.BROKER_URL).scheme
    if settings.EMBEDDED_QUEUE:
        require_folder(settings.QUEUE_FOLDER)
        return _("a folder of this machine")
    try:
        with current_app.connection_for_write(connect_timeout=3) as link:
            link.ensure_connection(max_retries=1, timeout=3)
    except Exception as error:  # each transport raises its own kinds
        place = urlsplit(settings.BROKER_URL)
        raise CannotStart(
            _(
                "%(server)s does not answer at %(place)s (%(error)s). Check BROKER_URL or "
                "REDIS_URL, and that it runs. Photos wait meanwhile."
            )
            % {
                "server": scheme,
                "place": f"{place.hostname}:{place.port or _('its usual port')}",
                "error": error,
            }
        ) from error
    return _("%(server)s answers") % {"server": scheme}


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
        raise CannotStart(
            _("The models cannot be listed: %(error)s") % {"error": said.strip()[-300:]}
        ) from error
    names = [model["name"] for model in models]
    wanted = settings.HAIRLINE_MODEL
    if not names or (wanted and wanted not in names):
        raise CannotStart(
            _(
                "The model %(model)s is not there; known: %(names)s. Set HAIRLINE_MODEL to one of "
                "them, or restore inference/weights from the release."
            )
            % {"model": wanted or _("(default)"), "names": ", ".join(names) or _("none")}
        )
    return _("%(model)s of %(names)s") % {
        "model": wanted or _("the default"),
        "names": ", ".join(names),
    }


def _worker() -> str:
    alive = heartbeat.workers_alive()
    if not alive:
        waiting = Photo.objects.filter(state=PhotoState.QUEUED).count()
        raise CannotStart(
            ngettext(
                "No analysis worker was heard of in the last 30 s; %(n)d photo waits. Start one: "
                "%(one_way)s, or %(another)s",
                "No analysis worker was heard of in the last 30 s; %(n)d photos wait. Start one: "
                "%(one_way)s, or %(another)s",
                waiting,
            )
            % {
                "n": waiting,
                "one_way": "python manage.py serve",
                "another": "celery --app portal.celery worker --queues cpu --concurrency 1",
            }
        )
    return ", ".join(f"{worker.name} ({worker.device})" for worker in alive)


def _office() -> str:
    alive = heartbeat.workers_alive(room=OFFICE)
    if not alive:
        raise CannotStart(
            _(
                "No office worker was heard of in the last 30 s; ledgers are not checked. Start "
                "one: %(one_way)s, or %(another)s"
            )
            % {
                "one_way": "python manage.py serve",
                "another": "celery --app portal.celery:office worker --queues office --pool "
                "threads --concurrency 1",
            }
        )
    return ", ".join(worker.name for worker in alive)


def _ledgers() -> str:
    if names := [str(organisation) for organisation in broken_ledgers()]:
        raise CannotStart(
            _(
                "The ledger of %(names)s does not fit together. Keep the database as it is, "
                "compare it with a backup; the page Organisation names the entries."
            )
            % {"names": ", ".join(names)}
        )
    if failed := unfinished_checks().count():
        raise CannotStart(
            ngettext(
                "%(n)d check failed three times. Press Retry on the page Organisation, or read the "
                "office worker's log.",
                "%(n)d checks failed three times. Press Retry on the page Organisation, or read "
                "the office worker's log.",
                failed,
            )
            % {"n": failed}
        )
    return _("every ledger that was checked fits together")


CHECKS: list[tuple[str | Promise, Callable[[], str]]] = [
    (gettext_lazy("data folder"), _folder),
    (gettext_lazy("disk"), _room),
    (gettext_lazy("database"), _database),
    (gettext_lazy("secrets"), _secrets),
    (gettext_lazy("sign-in"), _openid),
    (gettext_lazy("broker"), _broker),
    (gettext_lazy("model"), _model),
    (gettext_lazy("worker"), _worker),
    (gettext_lazy("office"), _office),
    (gettext_lazy("ledgers"), _ledgers),
]
