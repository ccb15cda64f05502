"""The Celery application: settings only. Tasks are in ``inference.tasks``, for workers alone."""

import os
from typing import Any

from celery import Celery, signals

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")

app = Celery("hairline")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.set_default()


@signals.celeryd_init.connect
@signals.beat_init.connect
def _prepare(**_: Any) -> None:
    """A worker or a beat may be the first process of an installation."""
    from portal.first_run import prepare

    prepare()
