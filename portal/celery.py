"""The Celery applications: settings only; tasks are in ``inference.tasks``, ``portal.office``."""

import os
from typing import Any

from celery import Celery, signals

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")

app = Celery("hairline")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.set_default()

# The office's: the same settings, and only the tasks without pixels; its worker never imports the
# instrument. ``celery --app portal.celery:office worker --queues office``
office = Celery("hairline-office", set_as_current=False, changes={"imports": ["portal.office"]})
office.config_from_object("django.conf:settings", namespace="CELERY")


@signals.celeryd_init.connect
@signals.beat_init.connect
def _prepare(**_: Any) -> None:
    """A worker or a beat may be the first process of an installation."""
    from portal.first_run import prepare

    prepare()
