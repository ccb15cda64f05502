"""Which analysis workers are alive: one row a worker process, touched while it breathes."""

from __future__ import annotations

from django.db import models


class WorkerHeartbeat(models.Model):
    """Belongs to the installation, not to an organisation."""

    name = models.CharField(max_length=120, unique=True)
    device = models.CharField(max_length=120)
    started_at = models.DateTimeField()
    seen_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name
