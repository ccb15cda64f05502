"""``manage.py sweep``: one round of the sweeper, for a clock of one's own."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from assets.services import queue


class Command(BaseCommand):
    """Rings for photos that nobody holds."""

    help = "Rings once for photos that wait, and gives up those whose attempts are spent."

    def handle(self, *args: Any, **options: Any) -> None:
        rung = queue.sweep()
        self.stdout.write(f"Rang for {len(rung)} photos.")
