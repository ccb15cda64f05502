"""``manage.py sweep``: runs one round of the sweeper, for a cron job."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy, ngettext

from assets.work.sweep import sweep
from portal.management.speaking import SpeakingCommand


class Command(SpeakingCommand):
    """Rings for work that nobody holds."""

    help = gettext_lazy(
        "Calls workers for work that waits, and marks work as failed after its last attempt."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        rings = sweep()
        self.stdout.write(ngettext("Rang %(n)d time.", "Rang %(n)d times.", rings) % {"n": rings})
