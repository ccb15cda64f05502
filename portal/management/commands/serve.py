"""``manage.py serve``: runs the whole site on one machine."""

from __future__ import annotations

import argparse
import threading
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal.first_run import CannotStart, require_all, require_migrations, wait_until_answering
from portal.management.speaking import SpeakingCommand
from portal.supervisor import Supervisor, web_servers, workers

MOST_PROCESSES = 64


def processes(text: str) -> int:
    """A number of web processes, as an option of a command says it."""
    count = int(text) if text.isascii() and text.isdigit() and len(text) < 4 else 0
    if not 1 <= count <= MOST_PROCESSES:
        raise argparse.ArgumentTypeError(
            _("a number from 1 to %(most)d is needed") % {"most": MOST_PROCESSES}
        )
    return count


class Command(SpeakingCommand):
    """Web servers, the workers and the sweeper, until Ctrl-C."""

    help = gettext_lazy("Runs the whole site until Ctrl-C: web servers, workers and sweeper.")
    requires_migrations_checks = False

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument(
            "--host",
            default="127.0.0.1",
            help=_("address to listen at (default: this machine only)"),
        )
        parser.add_argument("--port", type=int, default=8000, help=_("port (default: 8000)"))
        parser.add_argument(
            "--workers",
            type=processes,
            default=settings.WEB_PROCESSES,
            help=_(
                "number of web processes (default: WEB_PROCESSES, or one for each core, 2 to 4)"
            ),
        )
        parser.add_argument(
            "--web-only",
            action="store_true",
            help=_("start web servers only; workers and sweeper run as services of their own"),
        )

    def handle(self, *args: Any, **options: Any) -> None:
        host, port = options["host"], options["port"]
        try:
            require_all(host, port)
            require_migrations()
        except CannotStart as reason:
            raise SystemExit(str(reason)) from None
        alone = options["web_only"]
        parts = web_servers(host=host, port=port, count=options["workers"], beside_worker=not alone)
        supervisor = Supervisor(
            parts if alone else [*parts, *workers()], say=self._say, sweeps=not alone
        )
        threading.Thread(target=self._announce, args=[supervisor, port], daemon=True).start()
        supervisor.run()
        self._say(_("Stopped."))

    def _announce(self, supervisor: Supervisor, port: int) -> None:
        address = f"http://127.0.0.1:{port}"
        if wait_until_answering(address, gone=lambda: supervisor.stopping):
            self._say(_("Hairline answers at %(address)s. Ctrl-C stops it.") % {"address": address})

    def _say(self, sentence: str) -> None:
        self.stdout.write(sentence)
        self.stdout.flush()
