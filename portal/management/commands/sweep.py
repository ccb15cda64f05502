"""``manage.py sweep``: runs one round of the sweeper, for a cron job."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from assets.work.sweep import sweep


class Command(BaseCommand):
    """Rings for work that nobody holds."""

    help = "Calls workers for work that waits, and marks work as failed after its last attempt."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"Rang {sweep()} times.")
