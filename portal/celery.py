"""The Celery applications: settings only; tasks are in ``inference.tasks``, ``portal.office``."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")

app = Celery("hairline")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.set_default()

# The office's: the same settings, and only the tasks without pixels; its worker never imports the
# instrument. ``celery --app portal.celery:office worker --queues office``
office = Celery("hairline-office", set_as_current=False, changes={"imports": ["portal.office"]})
office.config_from_object("django.conf:settings", namespace="CELERY")
