"""Workers that are alive: one row for each process, updated by its heartbeat."""

from __future__ import annotations

from django.db import models

ANALYSIS, OFFICE = "analysis", "office"  # rooms: with the instrument, and without pixels


class WorkerHeartbeat(models.Model):
    """Belongs to the installation, not to an organisation. ``room`` says what work it does."""

    name = models.CharField(max_length=120, unique=True)
    room = models.CharField(max_length=20, default=ANALYSIS)
    device = models.CharField(max_length=120)
    started_at = models.DateTimeField()
    seen_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name
