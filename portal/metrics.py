"""Metrics for Prometheus: length and age of the queue, workers, alerts. Counts only, no names.

``/metrics`` answers this machine, whoever sends ``METRICS_TOKEN``, and administrators of the
installation. The counts span all organisations, so a membership is not enough.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterator

from django.conf import settings
from django.db.models import Count, Min
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.registry import Collector

from assets.models import Alert, Photo, PhotoState, Priority
from assets.services.heartbeat import workers_alive
from portal.api.problems import problem_response
from portal.site_errors import SiteError

LOOPBACK = {"127.0.0.1", "::1"}
FORWARDED = ("X-Forwarded-For", "Forwarded", "X-Real-Ip")


class RegisterCollector(Collector):
    """Reads the register at each scrape: four queries, no state between scrapes."""

    def collect(self) -> Iterator[Metric]:
        states = dict.fromkeys(PhotoState.values, 0)
        states.update(Photo.objects.order_by().values_list("state").annotate(Count("pk")))
        photos = GaugeMetricFamily(
            "hairline_photos", "Number of photos in each state.", labels=["state"]
        )
        for state, count in states.items():
            photos.add_metric([state], count)
        yield photos

        waiting = Photo.objects.filter(state=PhotoState.QUEUED).order_by()
        rows = waiting.values("priority").annotate(count=Count("pk"), oldest=Min("queued_at"))
        by_priority = {row["priority"]: row for row in rows}
        length = GaugeMetricFamily(
            "hairline_queue_length",
            "Number of photos that wait for analysis, by priority.",
            labels=["priority"],
        )
        age = GaugeMetricFamily(
            "hairline_queue_oldest_seconds",
            "Age in seconds of the oldest waiting photo, by priority; 0 if no photo waits.",
            labels=["priority"],
        )
        now = timezone.now()
        for priority in list(Priority):
            row = by_priority.get(priority.value)
            length.add_metric([priority.name.lower()], row["count"] if row else 0)
            waited_s = (now - row["oldest"]).total_seconds() if row else 0.0
            age.add_metric([priority.name.lower()], max(0.0, waited_s))
        yield length
        yield age

        workers = GaugeMetricFamily(
            "hairline_workers_alive", "Number of analysis workers with a recent heartbeat."
        )
        workers.add_metric([], len(workers_alive()))
        yield workers

        alerts = GaugeMetricFamily(
            "hairline_alerts_unacknowledged",
            "Number of open alerts that nobody has acknowledged.",
        )
        opened = Alert.objects.filter(resolved_at__isnull=True, acknowledged_at__isnull=True)
        alerts.add_metric([], opened.count())
        yield alerts


def _from_this_machine(request: HttpRequest) -> bool:
    """Whether this machine sent the request itself. Behind a proxy every peer looks local."""
    if any(name in request.headers for name in FORWARDED):
        return False
    return request.META.get("REMOTE_ADDR") in LOOPBACK


def _may_read(request: HttpRequest) -> bool:
    header = request.headers.get("Authorization", "")
    if settings.METRICS_TOKEN and header.startswith("Bearer "):
        return hmac.compare_digest(header[7:].encode(), settings.METRICS_TOKEN.encode())
    user = request.user
    if user.is_authenticated and user.is_active and (user.is_staff or user.is_superuser):
        return True
    return _from_this_machine(request)


@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """The metrics in Prometheus' text format."""
    if not _may_read(request):
        sentence = _("The figures of this installation are not open to you.")
        hint = _("Scrape from the machine itself, or set METRICS_TOKEN and send it as Bearer.")
        return problem_response(SiteError("metrics_closed", sentence, hint, 403))
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    registry.register(RegisterCollector())
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)
