"""The Celery application: settings only. Tasks are in ``inference.tasks``, for workers alone."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")

app = Celery("hairline")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.set_default()
