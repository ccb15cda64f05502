"""The Celery application: settings only. Tasks live in ``inference.tasks``; only workers import it."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")

app = Celery("hairline")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.set_default()
