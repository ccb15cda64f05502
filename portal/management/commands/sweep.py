"""``manage.py sweep``: one round of the sweeper, for a clock of one's own."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from assets.work.sweep import sweep


class Command(BaseCommand):
    """Rings for work that nobody holds."""

    help = "Rings once for work that waits, and gives up what spent its attempts."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"Rang {sweep()} times.")
