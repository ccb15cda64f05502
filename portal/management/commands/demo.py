"""``manage.py demo``: runs the whole site with a demo organisation."""

from __future__ import annotations

import argparse
import os
import sys
import threading
import time
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.db import DatabaseError, connection
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from portal.demo.loading import DemoLoader, missing_photos
from portal.demo.organisation import ACCOUNTS, OUTSIDER, DemoOrganisation, ensure_demo
from portal.first_run import CannotStart, require_all, wait_until_answering
from portal.management.commands.serve import processes
from portal.management.speaking import SpeakingCommand
from portal.settings.environment import env
from portal.supervisor import Supervisor, web_servers, workers

READY_WITHIN_S = 60
LOG_LINE_EVERY_S = 15
CLEAR_LINE = "\r\033[K"


class Command(SpeakingCommand):
    """Database, demo organisation, web server, worker, pictures; until Ctrl-C."""

    help = gettext_lazy(
        "Runs the site with a demo organisation until Ctrl-C. The data stays for the next time."
    )
    requires_system_checks: list[str] = []
    requires_migrations_checks = False
    _next_line_at = 0.0

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument(
            "--host", default="127.0.0.1", help=_("address (default: this machine only)")
        )
        parser.add_argument("--port", type=int, default=8000, help=_("port (default: 8000)"))
        parser.add_argument(
            "--workers", type=processes, default=1, help=_("number of web processes (default: 1)")
        )

    def handle(self, *args: Any, **options: Any) -> None:
        host, port = options["host"], options["port"]
        try:
            require_all(host, port)
            demo = self._prepare()
        except CannotStart as reason:
            raise SystemExit(str(reason)) from None
        # The parts of the demo may ask each other; nothing else on this machine is opened.
        os.environ["OUTGOING_ALLOW"] = f"127.0.0.1:{port}"
        parts = web_servers(host=host, port=port, count=options["workers"])
        supervisor = Supervisor([*parts, *workers()], say=self._say)
        loader = DemoLoader(demo, say=self._say, show=self._show)
        threading.Thread(
            target=self._when_ready, args=[supervisor, loader, demo, port], daemon=True
        ).start()
        self._say(_("Starting the web server and the analysis worker …"))
        supervisor.run()
        loader.stop()
        self._say(_("Stopped. The data stays; make demo goes on with it."))

    def _prepare(self) -> DemoOrganisation:
        """Database and organisation.

        Raises:
            CannotStart: the database cannot be made or read.
        """
        try:
            self._say(_("Preparing the database in %(folder)s …") % {"folder": settings.DATA_DIR})
            call_command("migrate", verbosity=0, interactive=False)
            demo = ensure_demo(password=env.str("DEMO_PASSWORD", default=""))
        except DatabaseError as error:
            raise CannotStart(
                _(
                    "The database cannot be used (%(error)s). Check DATABASE_URL, or start with an "
                    "empty folder: DATA_DIR=/some/folder."
                )
                % {"error": error}
            ) from error
        connection.close()
        return demo

    def _when_ready(
        self, supervisor: Supervisor, loader: DemoLoader, demo: DemoOrganisation, port: int
    ) -> None:
        address = f"http://127.0.0.1:{port}"
        answers = wait_until_answering(
            address, gone=lambda: supervisor.stopping, within_s=READY_WITHIN_S
        )
        if supervisor.stopping:
            return
        if not answers:
            self._say(
                _("The web server has not answered within %(seconds)d s; still trying …")
                % {"seconds": READY_WITHIN_S}
            )
        self._say(_welcome(address, demo))
        loader.start()

    def _say(self, sentence: str) -> None:
        sys.stdout.write(f"{CLEAR_LINE if sys.stdout.isatty() else ''}{sentence}\n")
        sys.stdout.flush()

    def _show(self, progress: str) -> None:
        """On a terminal one line that renews itself; in a log a line now and then."""
        if sys.stdout.isatty():
            sys.stdout.write(f"{CLEAR_LINE}{progress}")
            sys.stdout.flush()
        elif time.monotonic() >= self._next_line_at:
            self._next_line_at = time.monotonic() + LOG_LINE_EVERY_S
            self._say(progress)


def _welcome(address: str, demo: DemoOrganisation) -> str:
    accounts = [
        *(f"    {email:<24} {role.label}" for email, _, role in ACCOUNTS),
        f"    {OUTSIDER[0]:<24} {_('of another organisation: sees nothing of the demo')}",
    ]
    if demo.password is None:
        sign_in = _("Password: as before. A new one: make demo DEMO_PASSWORD=…")
    else:
        sign_in = _("Password of all: %(password)s   (shown only now)") % {
            "password": demo.password
        }
    to_come = len(missing_photos(demo))
    connection.close()
    pictures = ngettext(
        "%(n)d picture is being rendered and analysed meanwhile.",
        "%(n)d pictures are being rendered and analysed meanwhile.",
        to_come,
    ) % {"n": to_come}
    lines = [
        "  " + _("Open %(address)s") % {"address": address},
        *accounts,
        f"  {sign_in}",
        *([f"  {pictures}"] if to_come else []),
        "  " + _("Ctrl-C stops everything."),
    ]
    return "\n".join(["", *lines, ""])
